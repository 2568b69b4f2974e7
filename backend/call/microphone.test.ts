import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import { Microphone } from './microphone.ts';

function microphone(): { events: CallEventBody[]; line: Microphone } {
  const events: CallEventBody[] = [];
  return { events, line: new Microphone((event) => events.push(event)) };
}

/** Frames and reads each 20 ms over [from, to); returns the loudest that left. */
function speak(line: Microphone, from: number, to: number, frames = true): number {
  const out = new Int16Array(160);
  let loudest = 0;
  for (let now = from; now < to; now += 20) {
    if (frames) line.write(new Int16Array(160).fill(1000), now);
    out.fill(7);
    const tag = line.speak(out, now + 10);
    if (tag !== null) loudest = Math.max(loudest, ...out);
    line.tick(now + 10);
  }
  return loudest;
}

describe('Microphone', () => {
  it('is silent and takes nothing until it is open', () => {
    const { events, line } = microphone();
    expect(speak(line, 0, 5000)).toBe(0);
    expect(line.isOpen).toBe(false);
    line.open(5000);
    expect(speak(line, 5000, 6000)).toBe(1000);
    line.close();
    expect(speak(line, 6000, 7000)).toBe(0);
    expect(events).toEqual([]);
  });

  it('says after a second that it gives no audio, once, and that it does again', () => {
    const { events, line } = microphone();
    line.open(0);
    speak(line, 0, 900, false);
    expect(events).toEqual([]);
    speak(line, 900, 4000, false);
    expect(events).toEqual([
      { type: 'person.microphone', live: false, message: 'the microphone gives no audio' },
    ]);
    expect(speak(line, 4000, 4200)).toBe(1000);
    expect(events.slice(1)).toEqual([{ type: 'person.microphone', live: true, message: '' }]);
  });

  it('is silent while the window says that it does not work, whatever frames come', () => {
    const { events, line } = microphone();
    line.open(0);
    speak(line, 0, 200);
    line.setLive(false, 'unplugged', 200);
    line.setLive(false, 'unplugged', 210);
    // What it had said before may still leave, what comes now may not.
    speak(line, 200, 300, false);
    expect(speak(line, 300, 3000)).toBe(0);
    line.setLive(true, 'Headset', 3000);
    expect(speak(line, 3000, 3500)).toBe(1000);
    expect(events).toEqual([
      { type: 'person.microphone', live: false, message: 'unplugged' },
      { type: 'person.microphone', live: true, message: 'Headset' },
    ]);
  });

  it('takes nothing while the call is held, says nothing of that, and plays nothing of it afterwards', () => {
    const { events, line } = microphone();
    line.open(0);
    speak(line, 0, 500);
    line.setHeld(true, 500);
    for (let now = 500; now < 5000; now += 20) {
      line.write(new Int16Array(160).fill(9000), now);
      line.tick(now);
    }
    line.setHeld(false, 5000);
    expect(speak(line, 5000, 5500)).toBe(1000);
    expect(events).toEqual([]);
  });

  it('says when it is opened that it does not work', () => {
    const { events, line } = microphone();
    line.setLive(false, 'refused', 0);
    expect(events).toEqual([]);
    line.open(100);
    expect(events).toEqual([{ type: 'person.microphone', live: false, message: 'refused' }]);
  });
});
