import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../contract/events.ts';
import { spokenFacts } from './describe.ts';
import { log, story } from './fixtures/logs.ts';
import { Timeline } from './timeline.ts';
import { TrackStore } from './tracks.ts';

function timelineOf(events: readonly CallEvent[]): Timeline {
  const timeline = new Timeline();
  for (const event of events) timeline.apply(event);
  return timeline;
}

describe('spokenFacts', () => {
  it('tells of a whole call', () => {
    const timeline = timelineOf(log('demo', 'harbor-dental'));
    const facts = spokenFacts(timeline, new TrackStore(), 0, timeline.durationMs);
    expect(facts).toMatchObject({ turns: 5, interruptions: 0, worstLatencyMs: 630.003, lostPackets: 0 });
    expect(facts).toMatchObject({ callerPeakDb: null, botPeakDb: null, jitterMs: null });
    // By hand: the sum of speech.ended minus speech.started, in samples.
    expect(facts.callerSpeechMs).toBeCloseTo(79_960 / 8, 6);
  });

  it('counts what lies in a stretch, and half of what lies half in it', () => {
    const timeline = timelineOf(log('interruption', 'talker'));
    const facts = spokenFacts(timeline, new TrackStore(), 2500, 3000);
    const [, second, third] = timeline.speech;
    expect(facts.callerSpeechMs).toBeCloseTo((second?.to ?? 0) - 2500 + 3000 - (third?.from ?? 0), 6);
    expect(facts).toMatchObject({ durationMs: 500, turns: 1, interruptions: 1, worstLatencyMs: null });
    expect(facts.botSpeechMs).toBeCloseTo(278.543, 3);
  });

  it('counts speech that goes on up to the latest event', () => {
    const timeline = timelineOf(
      story(
        [0, { type: 'speech.started', turn: 1, from: 0 }],
        [700, { type: 'turn.state', state: 'listening' }],
      ),
    );
    expect(spokenFacts(timeline, new TrackStore(), 0, 10_000).callerSpeechMs).toBe(700);
  });

  it('reads levels and packets off the tracks', () => {
    const tracks = new TrackStore();
    tracks.append('caller', 8000, new Uint8Array(Int8Array.of(-64, 32, -1, 2).buffer));
    tracks.append('bot', 8000, Uint8Array.of(0, 0));
    tracks.append('lost', 0, Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 5));
    tracks.append('late', 8000, Uint8Array.of(4));
    tracks.append('jitter', 8000, Uint8Array.of(7));
    const facts = spokenFacts(new Timeline(), tracks, 1000, 2000);
    expect(facts.callerPeakDb).toBeCloseTo(-6.02, 2);
    expect(facts).toMatchObject({ botPeakDb: null, lostPackets: 5, latePackets: 4, jitterMs: 3.5 });
  });
});
