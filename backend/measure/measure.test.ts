import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import type { TraceMetrics } from '../contract/traces.ts';
import { CallerAlignment } from '../fold/alignment.ts';
import { writeCall, type WrittenCall } from '../trace/fixtures/written.ts';
import { openTrace, readTrack } from '../trace/read.ts';
import { readWire } from '../trace/wire.ts';
import { voiceAt } from './fixtures/made.ts';
import { measureTrace } from './measure.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-measure-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes the call, opens it again and measures what is there. */
async function measured(call: WrittenCall): Promise<TraceMetrics> {
  const trace = await openTrace(await writeCall(folder, call));
  const [caller, bot] = await Promise.all([readTrack(trace, 'caller'), readTrack(trace, 'bot')]);
  return measureTrace({ trace, caller, bot, wire: await readWire(trace) });
}

type Timed = readonly [at: number, body: CallEventBody];

/** The caller's voice ends at 2000, the engine takes `endedAt` for that, decides at 2300 and speaks from 2400 on. */
function answered(endedAt = 2000, more: readonly Timed[] = []): readonly Timed[] {
  const endpointing = 2300 - endedAt;
  const rest = { stt: 0, llm_first_token: 40, llm_first_clause: 10, tts_first_audio: 30, packet: 20 };
  const events: readonly Timed[] = [
    [1040, { type: 'speech.started', turn: 1, from: 8000 }],
    [2100, { type: 'speech.ended', turn: 1, to: endedAt * 8 }],
    [2300, { type: 'turn.ended', turn: 1, waited_ms: endpointing }],
    [2400, { type: 'bot.speaking', turn: 1, generation: 2, at_sample: 2400 * 8 }],
    [
      2400,
      {
        type: 'latency',
        turn: 1,
        generation: 2,
        total_ms: 2400 - endedAt,
        stages: { endpointing, ...rest },
        residual_ms: 0,
      },
    ],
    ...more,
  ];
  return events.toSorted(([a], [b]) => a - b);
}

const caller = voiceAt(6000, [1000, 2000]);
const bot = voiceAt(6000, [2400, 4000]);
const near = (ms: number): unknown => expect.closeTo(ms, -1);

describe('a turn', () => {
  it('is measured in the recordings and compared with the engine', async () => {
    const { turns, wire, residual } = await measured({ caller, bot, events: answered() });
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({ turn: 1, generation: 2, engineMs: 400, cause: null });
    expect(turns[0]?.callerEndedAt).toEqual(near(2000));
    expect(turns[0]?.botBeganAt).toEqual(near(2400));
    expect(turns[0]?.wireMs).toEqual(near(400));
    expect(turns[0]?.residualMs).toBe((turns[0]?.wireMs ?? 0) - 400);
    expect(wire?.count).toBe(1);
    expect(Math.abs(residual?.max ?? NaN)).toBeLessThanOrEqual(5);
  });

  it('waits for the packet that carried the first voice, not for its place on the grid', async () => {
    const stalled: Timed = [2460, { type: 'engine.stalled', late_ms: 60 }];
    const events = answered(2000, [stalled]);
    const { turns } = await measured({ caller, bot, events, lateMs: (at) => (at === 2400 ? 60 : 0) });
    expect(turns[0]?.wireMs).toEqual(near(460));
    expect(turns[0]).toMatchObject({ engineMs: 400, cause: 'stalled' });
  });

  it('says that the engine saw another end of the voice, and that loss was the reason', async () => {
    const late = await measured({ caller, bot, events: answered(2060) });
    expect(late.turns[0]).toMatchObject({ engineMs: 340, cause: 'voice_end' });
    const lost: Timed = [2080, { type: 'rtp.concealed', from: 15_840, to: 16_000 }];
    const concealed = await measured({ caller, bot, events: answered(2060, [lost]) });
    expect(concealed.turns[0]?.cause).toBe('loss');
  });

  it('says that the answer begins with no voice', async () => {
    const { turns } = await measured({ caller, bot: voiceAt(6000, [2500, 4000]), events: answered() });
    expect(turns[0]).toMatchObject({ cause: 'voice_begin' });
    expect(turns[0]?.residualMs).toEqual(near(100));
  });

  it('has no latency on the wire when a key was what the bot answered', async () => {
    const key: Timed = [2250, { type: 'dtmf.received', digit: '1', duration_ms: 80 }];
    const { turns, wire } = await measured({ caller, bot, events: answered(2000, [key]) });
    expect(turns[0]).toMatchObject({ callerEndedAt: null, wireMs: null, residualMs: null, engineMs: 400 });
    expect(wire).toBeNull();
  });

  it('takes no word of the caller that came after the decision', async () => {
    const coughs = voiceAt(6000, [1000, 2000], [2320, 2380]);
    const { turns } = await measured({ caller: coughs, bot, events: answered() });
    // 320 ms later: another sound, and the turn was decided by then.
    expect(turns[0]?.callerEndedAt).toEqual(near(2000));
  });

  it('shows work that was done ahead as overlapping', async () => {
    const ahead: readonly Timed[] = [
      [
        2110,
        {
          type: 'stt.started',
          turn: 1,
          request: 3,
          audio_ms: 1000,
          from: 8000,
          to: 16_000,
          speculative: true,
        },
      ],
      [2190, { type: 'stt.final', turn: 1, request: 3, text: 'Hello.', took_ms: 80 }],
      [2200, { type: 'llm.started', turn: 1, generation: 2, speculative: true }],
      [2330, { type: 'llm.finished', generation: 2, took_ms: 130 }],
      [2340, { type: 'tts.started', generation: 2, clause: 0, text: 'Hi.' }],
    ];
    const { turns } = await measured({ caller, bot, events: answered(2000, ahead) });
    expect(turns[0]?.overlapped).toEqual([
      { stage: 'stt', from: 2110, to: 2190 },
      { stage: 'llm', from: 2200, to: 2330 },
    ]);
  });

  it('is found by the voices alone where no engine took part', async () => {
    const { turns, engine, residual, callerInterrupted } = await measured({
      caller: voiceAt(12_000, [1000, 2000], [5000, 6000], [8000, 9000]),
      bot: voiceAt(12_000, [200, 800], [2700, 4000], [4300, 4500], [6500, 7000], [8500, 9500]),
    });
    expect(turns.map(({ wireMs }) => Math.round(wireMs ?? 0))).toEqual([near(700), near(500)]);
    expect(turns[0]).toMatchObject({ turn: 1, generation: 0, stages: null, engineMs: null, cause: null });
    expect([engine, residual]).toEqual([null, null]);
    expect(callerInterrupted).toEqual([near(8500)]);
  });
});

describe('talk', () => {
  const said = (at: number, generation: number, interrupted: boolean): Timed => [
    at,
    { type: 'bot.said', generation, heard: 'one two', unheard: interrupted ? 'three' : '', interrupted },
  ];
  const token = (generation: number): Timed => [
    2350,
    { type: 'llm.token', generation, text: 'one two three' },
  ];

  it('tells a barge-in that stopped the bot from a cough that did not', async () => {
    const cough = await measured({
      caller: voiceAt(6000, [1000, 2000], [3000, 3150]),
      bot: voiceAt(6000, [2400, 3200], [3600, 4500]),
      events: answered(2000, [said(4500, 2, false), token(2)]),
    });
    expect(cough.bargeIns).toEqual([
      { at: near(3000), stoppedAfterMs: near(200), false: true, generation: 2 },
    ]);
    expect(cough).toMatchObject({ wordsGenerated: 3, wordsHeard: 2, wordsStruck: 0 });
    const meant = await measured({
      caller: voiceAt(6000, [1000, 2000], [3000, 4500]),
      bot: voiceAt(6000, [2400, 3300]),
      events: answered(2000, [said(3310, 2, true), token(2)]),
    });
    expect(meant.bargeIns).toEqual([
      { at: near(3000), stoppedAfterMs: near(300), false: false, generation: 2 },
    ]);
    expect(meant).toMatchObject({ wordsGenerated: 3, wordsHeard: 2, wordsStruck: 1 });
  });

  it('adds up who spoke, both at once and nobody', async () => {
    const talk = await measured({
      caller: voiceAt(12_000, [1000, 2000], [3000, 4500]),
      bot: voiceAt(12_000, [2500, 3300]),
    });
    expect(talk.callerSpeechMs).toEqual(near(2500));
    expect(talk.botSpeechMs).toEqual(near(800));
    expect(talk.overlapMs).toEqual(near(300));
    expect(talk.silences).toEqual([{ from: near(4500), to: near(12_000) }]);
  });

  it('is measured as far as there are recordings', () => {
    const trace = { events: [], alignment: new CallerAlignment() };
    expect(measureTrace({ trace, caller: null, bot: null, wire: null })).toMatchObject({
      turns: [],
      wire: null,
      silences: [],
      network: { received: 0, mos: null, skewPpm: null },
    });
  });
});
