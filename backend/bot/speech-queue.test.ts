import { describe, expect, it } from 'vitest';
import { SpeechQueue } from './speech-queue.ts';

const FRAME = 160;

function filled(samples: number, value: number): Int16Array {
  return new Int16Array(samples).fill(value);
}

describe('SpeechQueue', () => {
  it('is silent and not finished while the first audio is awaited', () => {
    const queue = new SpeechQueue(1);
    queue.open({ text: 'Hello.', from: 0, to: 6 });
    const out = filled(FRAME, 9);
    expect(queue.speak(out)).toBeNull();
    expect(out).toEqual(filled(FRAME, 0));
    expect(queue.finished).toBe(false);
  });

  it('plays clauses back to back across chunk borders and tags the text they carry', () => {
    const queue = new SpeechQueue(7);
    queue.open({ text: 'Hello.', from: 0, to: 6 });
    queue.push(filled(100, 1));
    queue.push(filled(100, 2));
    queue.open({ text: ' World.', from: 6, to: 13 });
    queue.push(filled(200, 3));
    queue.end();
    const out = new Int16Array(FRAME);
    expect(queue.speak(out)).toMatchObject({ generation: 7, from: 0, to: 5 });
    expect([out[99], out[100], out[159]]).toEqual([1, 2, 2]);
    expect(queue.speak(out)).toMatchObject({ from: 5, to: 10 });
    expect([out[39], out[40]]).toEqual([2, 3]);
    expect(queue.finished).toBe(false);
    expect(queue.speak(out)).toMatchObject({ to: 13 });
    expect([out[79], out[80]]).toEqual([3, 0]);
    expect(queue.finished).toBe(true);
    expect(queue.speak(out)).toBeNull();
    expect(queue.clauses.map(({ played }) => played)).toEqual([200, 200]);
  });

  it('waits inside a clause whose audio is late, without skipping to the next', () => {
    const queue = new SpeechQueue(1);
    queue.open({ text: 'a', from: 0, to: 1 });
    queue.push(filled(FRAME, 1));
    const out = new Int16Array(FRAME);
    queue.speak(out);
    expect(queue.speak(out)).toBeNull();
    queue.push(filled(FRAME, 2));
    expect(queue.speak(out)).not.toBeNull();
    expect(out[0]).toBe(2);
  });

  it('hands out what has not left, across chunks and clauses, and plays on all the same', () => {
    const queue = new SpeechQueue(1);
    expect(queue.unplayed()).toEqual(new Int16Array(0));
    const made = Int16Array.from({ length: 700 }, (_, i) => i + 1);
    queue.open({ text: 'a', from: 0, to: 1 });
    queue.push(made.subarray(0, 100));
    queue.push(made.subarray(100, 300));
    queue.open({ text: 'b', from: 1, to: 2 });
    queue.push(made.subarray(300, 700));
    for (const played of [0, 160, 320, 480, 640]) {
      expect(queue.unplayed()).toEqual(made.subarray(played));
      queue.speak(new Int16Array(FRAME));
    }
    expect(queue.unplayed()).toEqual(new Int16Array(0));
  });

  it('is finished at once when there is nothing to say', () => {
    const queue = new SpeechQueue(1);
    queue.end();
    expect(queue.finished).toBe(true);
  });
});
