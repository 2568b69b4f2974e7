import { afterEach, describe, expect, it, vi } from 'vitest';
import { Scope } from '../backend/base/scope.ts';
import { EVENT_VERSION, type CallEvent } from '../backend/contract/events.ts';
import type { Messages } from '../backend/contract/window.ts';
import { Outbox } from './outbox.ts';

function event(seq: number): CallEvent {
  return { v: EVENT_VERSION, seq, at: seq, call: 'a', type: 'call.muted', on: true };
}

describe('Outbox', () => {
  const sent: { name: string; content: unknown }[] = [];
  let batches: Messages['signals'][] = [];
  const scope = new Scope();
  let replays = 0;

  function open(): Outbox {
    sent.length = 0;
    batches = [];
    replays = 0;
    vi.useFakeTimers();
    const outbox = new Outbox(
      scope,
      (name, content) => {
        sent.push({ name, content });
        if (typeof content === 'object' && content !== null && 'bytes' in content) batches.push(content);
      },
      () => (replays += 1),
    );
    outbox.open();
    return outbox;
  }
  afterEach(() => vi.useRealTimers());

  it('sends what came within one thirtieth of a second together', () => {
    const outbox = open();
    outbox.event(event(0));
    outbox.signals(Uint8Array.of(1, 2));
    outbox.event(event(1));
    outbox.signals(Uint8Array.of(3));
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(34);
    expect(sent).toEqual([
      { name: 'call.events', content: [event(0), event(1)] },
      { name: 'signals', content: { batch: 1, bytes: Uint8Array.of(1, 2, 3) } },
    ]);
  });

  it('tells a fresh window all signals so far, after its snapshot', () => {
    open();
    expect(replays).toBe(0);
    vi.advanceTimersByTime(34);
    expect(replays).toBe(1);
  });

  it('sends nothing to a window that is not there', () => {
    const outbox = open();
    outbox.close();
    outbox.event(event(0));
    outbox.signals(Uint8Array.of(1));
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([]);
  });

  it('holds signals, not events, for a window that is behind, loses the oldest, and tells all again', () => {
    const outbox = open();
    for (let i = 0; i < 8; i += 1) {
      outbox.signals(Uint8Array.of(i));
      vi.advanceTimersByTime(34);
    }
    expect(batches).toHaveLength(8);
    expect(replays).toBe(1);
    for (let i = 0; i < 5; i += 1) outbox.signals(new Uint8Array(100_000).fill(i));
    outbox.event(event(0));
    vi.advanceTimersByTime(34);
    expect(batches).toHaveLength(8);
    expect(sent.at(-1)?.name).toBe('call.events');
    expect(replays).toBe(1);

    outbox.taken(8);
    vi.advanceTimersByTime(34);
    expect(replays).toBe(2);
    const last = batches.at(-1)?.bytes;
    expect(last).toHaveLength(200_000);
    expect([last?.[0], last?.at(-1)]).toEqual([3, 4]);
  });
});
