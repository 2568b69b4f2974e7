import { create } from 'zustand';
import type { CallEvent } from '../../backend/contract/events.ts';
import { readSignals } from '../../backend/contract/signals.ts';
import { outdated } from '../../backend/fold/kept.ts';
import { foldSummary } from '../../backend/fold/summary.ts';
import type { CallSummary } from '../../backend/fold/types.ts';
import { foldEvent, noFolds, type CallFolds } from './folds.ts';

/** Calls as the window shows them: folds over their events, and their dense signals. */

export interface CallEntry extends CallFolds {
  readonly id: string;
  readonly summary: CallSummary;
  /** performance.now() of the call's start, so far as its events tell: what "now" is on its time axis. */
  readonly startedAt: number;
}

interface CallsState {
  /** In the order of their starts. */
  readonly calls: ReadonlyMap<string, CallEntry>;
  /** The one the Call screen shows. */
  readonly selected: string | null;
}

export const useCalls = create<CallsState>(() => ({ calls: new Map(), selected: null }));

export function selectCall(id: string | null): void {
  useCalls.setState({ selected: id });
}

export function takeEvents(events: readonly CallEvent[]): void {
  const { calls: before, selected } = useCalls.getState();
  const calls = new Map(before);
  for (const event of events) {
    const entry = calls.get(event.call) ?? null;
    const summary = foldSummary(entry?.summary ?? null, event);
    if (summary === null) continue;
    calls.set(event.call, {
      id: event.call,
      summary,
      ...foldEvent(entry ?? noFolds(), event),
      // The least delayed event tells best when the call began.
      startedAt: Math.min(entry?.startedAt ?? Infinity, performance.now() - event.at / 1000),
    });
  }
  forgetOld(calls, selected);
  useCalls.setState({ calls });
}

/** @throws SidetoneError 'garbled'. */
export function takeSignals(batch: Uint8Array): void {
  const { calls } = useCalls.getState();
  readSignals(batch, (call, track, start, values) => calls.get(call)?.tracks.append(track, start, values));
}

function forgetOld(calls: Map<string, CallEntry>, selected: string | null): void {
  const ended = [...calls.values()].filter(({ summary }) => summary.state === 'ended');
  for (const { id } of outdated(ended)) {
    if (id !== selected) calls.delete(id);
  }
}
