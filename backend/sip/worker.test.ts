import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { SipThreadMessage } from '../contract/sip.ts';

let worker: Worker | null = null;

afterEach(async () => {
  await worker?.terminate();
  worker = null;
});

/** Asks and waits for the answer. */
async function ask(thread: Worker, id: number, job: string, asked: unknown): Promise<SipThreadMessage> {
  const answered = new Promise<SipThreadMessage>((resolve) => {
    const look = (message: SipThreadMessage): void => {
      if (!('id' in message) || message.id !== id || message.type === 'step') return;
      thread.off('message', look);
      resolve(message);
    };
    thread.on('message', look);
  });
  thread.postMessage({ id, job, asked });
  return answered;
}

describe('the SIP thread', () => {
  it('answers what it is asked, says why it cannot, and ends when closed', async () => {
    const thread = new Worker(new URL('worker.ts', import.meta.url), { workerData: { version: 'test' } });
    worker = thread;
    const exit = once(thread, 'exit');
    expect(await ask(thread, 1, 'accounts', { accounts: [] })).toEqual({
      type: 'answer',
      id: 1,
      answer: null,
    });
    expect(await ask(thread, 2, 'hold', { call: 'none', on: true })).toMatchObject({
      type: 'failure',
      id: 2,
      problem: { kind: 'usage', message: 'there is no call none, or it is over' },
    });
    expect(await ask(thread, 3, 'hang_up', { call: 'none', reason: '' })).toMatchObject({
      type: 'answer',
      id: 3,
    });
    expect(await ask(thread, 4, 'close', null)).toMatchObject({ type: 'answer', id: 4 });
    expect(await exit).toEqual([0]);
  });
});
