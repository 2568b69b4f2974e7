import { expect, test } from 'vitest';
import { EVENT_VERSION, type CallEvent, type CallEventBody } from '../../backend/contract/events.ts';
import { Timeline } from '../../backend/fold/timeline.ts';
import { TrackStore } from '../../backend/fold/tracks.ts';
import type { Mark } from '../../backend/fold/types.ts';
import { laneAt, readAt, stretchAt, turnStretches } from './hit.ts';
import { LANES, layOut } from './layout.ts';

const NOW_MS = 4000;

/** The caller speaks from 1 s to 2 s, is answered at 2.5 s, and the bot still speaks. */
function call(): { timeline: Timeline; tracks: TrackStore; marks: readonly Mark[]; nowMs: number } {
  const timeline = new Timeline();
  const bodies: readonly (readonly [ms: number, body: CallEventBody])[] = [
    [0, { type: 'caller.aligned', offset: 0, from: 0 }],
    [0, { type: 'turn.state', state: 'idle' }],
    [1100, { type: 'speech.started', turn: 1, from: 8000 }],
    [1100, { type: 'turn.state', state: 'listening' }],
    [2100, { type: 'speech.ended', turn: 1, to: 16_000 }],
    [
      2150,
      { type: 'stt.started', turn: 1, request: 1, audio_ms: 1000, from: null, to: null, speculative: true },
    ],
    [2200, { type: 'stt.final', turn: 1, request: 1, text: 'Good morning', took_ms: 50 }],
    [2300, { type: 'llm.started', turn: 1, generation: 2, speculative: false }],
    [2350, { type: 'llm.token', generation: 2, text: 'Hel' }],
    [2380, { type: 'llm.token', generation: 2, text: 'lo' }],
    [2500, { type: 'bot.speaking', turn: 1, generation: 2, at_sample: 20_000 }],
    [
      2500,
      {
        type: 'latency',
        turn: 1,
        generation: 2,
        total_ms: 500,
        stages: {
          endpointing: 200,
          stt: 0,
          llm_first_token: 150,
          llm_first_clause: 50,
          tts_first_audio: 80,
          packet: 10,
        },
        residual_ms: 10,
      },
    ],
    [2501, { type: 'turn.state', state: 'speaking' }],
    [3000, { type: 'call.marked', label: 'here' }],
  ];
  for (const [seq, [ms, body]] of bodies.entries()) {
    const event: CallEvent = { ...body, v: EVENT_VERSION, seq, at: ms * 1000, call: 'one' };
    timeline.apply(event);
  }
  const tracks = new TrackStore();
  tracks.append('caller', 8000, Uint8Array.from([256 - 64, 32, 256 - 8, 8]));
  tracks.append('voice', 8192, Uint8Array.from([255, 51]));
  tracks.append('jitter', 8000, Uint8Array.from([7]));
  tracks.append('lost', 8000, Uint8Array.from([2]));
  return { timeline, tracks, marks: timeline.marks, nowMs: NOW_MS };
}

test('an instant is read from every lane', () => {
  const reading = readAt(call(), 1024, 0.5);
  expect(reading).toMatchObject({ probability: 1, jitterMs: 3.5, lost: 2, late: 0, wait: null, token: null });
  expect(reading.speech?.turn).toBe(1);
  expect(reading.text?.text).toBe('Good morning');
  expect(reading.state?.state).toBe('idle');
  expect(readAt(call(), 1000, 1).callerDb).toBeCloseTo(-6.02, 1);
});

test('the part of a wait under the pointer, its residual among them', () => {
  const at = (ms: number): unknown => readAt(call(), ms, 1).stage;
  expect(at(2100)).toEqual({ key: 'endpointing', ms: 200 });
  expect(at(2300)).toEqual({ key: 'llm_first_token', ms: 150 });
  expect(at(2495)).toEqual({ key: 'residual', ms: 10 });
  expect(at(1000)).toBeNull();
});

test('thin lines are found from beside them', () => {
  expect(readAt(call(), 2347, 4).token?.text).toBe('Hel');
  expect(readAt(call(), 2347, 1).token).toBeNull();
  expect(readAt(call(), 3002, 3).mark?.label).toBe('here');
});

test('a click selects what the lane shows there; what goes on reaches to now', () => {
  const known = call();
  const click = (lane: Parameters<typeof stretchAt>[1], ms: number): unknown =>
    stretchAt(known, lane, readAt(known, ms, 2));
  expect(click('caller', 1500)).toEqual({ from: 1000, to: 2000 });
  expect(click('waits', 2100)).toEqual({ from: 2000, to: 2500 });
  expect(click('tokens', 2381)).toEqual({ from: 2350, to: 2380 });
  expect(click('bot', 3500)).toEqual({ from: 2500, to: NOW_MS });
  expect(click('states', 3500)).toEqual({ from: 2501, to: NOW_MS });
  expect(click('words', 3500)).toBeNull();
  expect(click('ruler', 1500)).toBeNull();
});

test('a turn reaches from the first word to the end of the answer', () => {
  expect(turnStretches(call())).toEqual([{ from: 1000, to: NOW_MS }]);
});

test('lanes are found by their rows', () => {
  const boxes = layOut(600, 2, LANES);
  for (const { lane, top, height } of boxes) {
    expect(laneAt(boxes, top)).toBe(lane);
    expect(laneAt(boxes, top + height - 1)).toBe(lane);
  }
  expect(laneAt(boxes, -1)).toBeNull();
});
