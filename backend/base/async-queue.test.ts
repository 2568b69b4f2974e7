import { describe, expect, it } from 'vitest';
import { AsyncQueue } from './async-queue.ts';

async function collect<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of queue) taken.push(value);
  return taken;
}

describe('AsyncQueue', () => {
  it('gives values in order, those pushed before and after the loop began', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    const taken = collect(queue);
    await Promise.resolve();
    queue.push(2);
    queue.push(3);
    queue.end();
    queue.push(4);
    expect(await taken).toEqual([1, 2, 3]);
  });
});
