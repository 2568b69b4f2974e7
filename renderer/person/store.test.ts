import { describe, expect, it } from 'vitest';
import { EVENT_VERSION, type CallEventBody } from '../../backend/contract/events.ts';
import { foldSummary } from '../../backend/fold/summary.ts';
import type { CallSummary } from '../../backend/fold/types.ts';
import { callsOfPerson } from './store.ts';

/** A call as the engine's own events make it. */
function call(id: string, party: string, ...later: CallEventBody[]): CallSummary {
  const events: CallEventBody[] = [
    { type: 'call.started', peer: '127.0.0.1:1', codec: 'PCMU', ptime_ms: 20, party },
    ...later,
  ];
  let summary: CallSummary | null = null;
  for (const [seq, event] of events.entries()) {
    summary = foldSummary(summary, { ...event, v: EVENT_VERSION, seq, at: seq, call: id });
  }
  if (!summary) throw new Error('no call');
  return summary;
}

const ended: CallEventBody = { type: 'call.ended', reason: 'hung up', duration_ms: 1000 };

describe('callsOfPerson', () => {
  it('speaks on the person’s own calls and on those taken over, while they go on', () => {
    const calls = [
      call('own', 'person'),
      call('bot', 'demo'),
      call('taken', 'demo', { type: 'person.took_over', on: true }),
      call(
        'given-back',
        'demo',
        { type: 'person.took_over', on: true },
        { type: 'person.took_over', on: false },
      ),
      call('over', 'person', ended),
    ];
    expect(callsOfPerson(calls, new Set())).toEqual({ spoken: ['own', 'taken'], heard: ['own', 'taken'] });
  });

  it('only hears the calls that are listened in on', () => {
    const calls = [call('bot', 'demo'), call('over', 'demo', ended)];
    expect(callsOfPerson(calls, new Set(['bot', 'over', 'unknown']))).toEqual({ spoken: [], heard: ['bot'] });
  });
});
