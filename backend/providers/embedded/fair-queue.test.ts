import { describe, expect, it } from 'vitest';
import { FairQueue, type Priority } from './fair-queue.ts';

/** A task that notes its name at each step and goes on with the given priorities. */
function task(log: string[], name: string, owner: number, priority: Priority, rest: Priority[] = []) {
  const left = [...rest];
  return {
    owner,
    priority,
    step: () => {
      log.push(name);
      return Promise.resolve(left.shift() ?? null);
    },
  };
}

describe('FairQueue', () => {
  it('serves owners in turn, not the one who asked for most first', async () => {
    const log: string[] = [];
    const queue = new FairQueue();
    queue.add(task(log, 'a1', 1, 'soon', ['soon', 'soon']));
    queue.add(task(log, 'a2', 1, 'soon'));
    queue.add(task(log, 'b', 2, 'soon', ['soon']));
    queue.add(task(log, 'c', 3, 'soon'));
    await queue.idle();
    expect(log.slice(0, 3)).toEqual(['a1', 'b', 'c']);
    expect(log.toSorted()).toEqual(['a1', 'a1', 'a1', 'a2', 'b', 'b', 'c']);
  });

  it('lets urgent work in between the steps of a long reply', async () => {
    const log: string[] = [];
    const queue = new FairQueue();
    const urgent = task(log, 'stt', 2, 'urgent');
    const reply = task(log, 'reply', 1, 'soon', ['later', 'later']);
    queue.add({
      ...reply,
      step: () => {
        if (log.length === 1) queue.add(urgent);
        return reply.step();
      },
    });
    await queue.idle();
    expect(log).toEqual(['reply', 'reply', 'stt', 'reply']);
  });

  it('takes new tasks after it ran dry', async () => {
    const log: string[] = [];
    const queue = new FairQueue();
    queue.add(task(log, 'first', 1, 'soon'));
    await queue.idle();
    queue.add(task(log, 'second', 1, 'soon'));
    await queue.idle();
    expect(log).toEqual(['first', 'second']);
  });
});
