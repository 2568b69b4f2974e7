import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWav } from '../backend/audio/wav.ts';
import { callEvent, type CallEvent } from '../backend/contract/events.ts';
import { TRACE_FILES } from '../backend/contract/trace.ts';
import { CALLER, DEMO_BOT } from './support/bots.ts';
import { Ears } from './support/ears.ts';
import { Engine } from './support/engine.ts';
import { audioOf, readPcap, rtpFrom } from './support/pcap.ts';
import { overlap } from './support/words.ts';

/** Speech over the telephone, through a small recogniser: most words, not all. */
const MOST = 0.7;
const TURNS = [CALLER.book, CALLER.when, CALLER.name, CALLER.goodbye];

describe('a caller books an appointment by voice over UDP, all models embedded', () => {
  let engine: Engine;
  let ears: Ears;
  let port: number;
  let botCall: string;
  let callerCall: string;

  beforeAll(async () => {
    engine = await Engine.start();
    ears = new Ears();
    port = await engine.listen(DEMO_BOT);
    callerCall = await engine.host.place({
      host: '127.0.0.1',
      port,
      codec: 'PCMU',
      party: { kind: 'script', audio: TURNS.map(({ file }) => file), barge_in_ms: null, listen: true },
      maxMs: 90_000,
    });
    botCall = await engine.answeredFromHere();
    await engine.over(botCall, 100_000);
    await engine.over(callerCall);
  }, 120_000);

  afterAll(async () => {
    await ears[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  it('hears the words of every turn', () => {
    const heard = lastTranscripts(engine.of(botCall));
    expect(heard).toHaveLength(TURNS.length);
    for (const [index, turn] of TURNS.entries()) {
      expect(
        overlap(turn.words, heard[index] ?? ''),
        `${turn.words} | ${heard[index]}`,
      ).toBeGreaterThanOrEqual(MOST);
    }
  });

  it('greets, asks for what is missing, and reads the appointment back', () => {
    const said = engine.all(botCall, 'bot.said');
    expect(said[0]?.heard).toBe('Hello, Harbor Street Dental. How can I help you?');
    expect(said.every(({ interrupted, unheard }) => !interrupted && unheard === '')).toBe(true);
    const readBack = said.map(({ heard }) => heard).find((heard) => heard.includes('Is that right?'));
    expect(readBack).toMatch(/check-up .*Friday.*half past two.*Emma Wilson/);
  });

  it('sends what it says it said: the audio in wire.pcap, put through speech to text', async () => {
    const packets = rtpFrom(await readPcap(path.join(engine.record(botCall), 'wire.pcap')), port);
    const firstAt = packets[0]?.atMs ?? 0;
    const speaking = engine.all(botCall, 'bot.speaking');
    const heardInAll: string[] = [];
    for (const said of engine.all(botCall, 'bot.said')) {
      const began = speaking.find(({ generation }) => generation === said.generation);
      expect(began, said.heard).toBeDefined();
      if (!began) continue;
      // The call's clock begins with the first packet; a frame's worth of slack on both sides lies in silence.
      const from = firstAt + began.at / 1000 - 60;
      const to = firstAt + said.at / 1000 + 60;
      const heard = await ears.hear(audioOf(packets.filter(({ atMs }) => atMs >= from && atMs <= to)));
      // One short sentence may have its numbers written otherwise ("$60"); all together may not.
      expect(overlap(said.heard, heard), `${said.heard} | ${heard}`).toBeGreaterThanOrEqual(0.5);
      heardInAll.push(heard);
    }
    const saidInAll = engine.all(botCall, 'bot.said').map(({ heard }) => heard);
    expect(overlap(saidInAll.join(' '), heardInAll.join(' '))).toBeGreaterThanOrEqual(MOST);
  }, 60_000);

  it('is understood by the caller as well', () => {
    const heard = engine.all(callerCall, 'script.heard').map(({ text }) => text);
    const said = engine.all(botCall, 'bot.said').map(({ heard }) => heard);
    expect(heard).toHaveLength(said.length);
    expect(overlap(said.join(' '), heard.join(' ')), heard.join(' | ')).toBeGreaterThanOrEqual(MOST);
    expect(engine.all(callerCall, 'script.latency').map(({ turn }) => turn)).toEqual([1, 2, 3, 4]);
  });

  it('hangs up when the caller has said goodbye, after its own goodbye was heard', () => {
    const ended = engine.all(botCall, 'call.ended')[0];
    expect(ended?.reason).toBe('bot hung up: bot');
    expect(engine.all(botCall, 'bot.said').at(-1)?.heard).toContain('Goodbye');
    expect(engine.all(botCall, 'tool.called').map(({ name }) => name)).toEqual(['hangup']);
    // By the BYE that came over the wire.
    expect(engine.all(callerCall, 'call.ended')[0]?.reason).toContain('BYE');
  });

  it('measures every answer, stage by stage', () => {
    const latencies = engine.all(botCall, 'latency');
    expect(latencies.map(({ turn }) => turn)).toEqual([1, 2, 3, 4]);
    for (const { total_ms, stages, residual_ms } of latencies) {
      const sum = Object.values(stages).reduce((all, ms) => all + ms, 0);
      expect(sum + residual_ms).toBeCloseTo(total_ms, 3);
      expect(Math.abs(residual_ms)).toBeLessThan(1);
    }
  });

  it.each(['bot', 'caller'])('keeps a complete record on the side of the %s', async (side) => {
    const call = side === 'bot' ? botCall : callerCall;
    const dir = engine.record(call);
    const manifest = await engine.manifest(call);
    expect(manifest).toMatchObject({ call, state: 'complete', codec: 'PCMU' });
    expect(manifest.ended).toBe(engine.all(call, 'call.ended')[0]?.reason);

    const lines = (await readFile(path.join(dir, TRACE_FILES.events), 'utf8')).trimEnd().split('\n');
    const events = lines.map((line) => callEvent.parse(JSON.parse(line)));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    expect(events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0))).toBe(true);
    expect(events[0]?.type).toBe('call.started');
    expect(events.at(-1)?.type).toBe('call.ended');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(engine.of(call));

    const durationMs = manifest.duration_ms ?? 0;
    for (const file of [TRACE_FILES.caller, TRACE_FILES.bot]) {
      const { pcm, sampleRate } = readWav(await readFile(path.join(dir, file)));
      expect(sampleRate).toBe(8000);
      expect(pcm.length / 8, file).toBeGreaterThan(durationMs - 500);
      expect(pcm.length / 8, file).toBeLessThan(durationMs + 500);
      expect(pcm.some((sample) => Math.abs(sample) > 2000)).toBe(true);
    }
    for (const { file } of manifest.tracks) {
      expect((await readFile(path.join(dir, file))).length % 4).toBe(0);
    }
  });
});

/** What was heard of each turn in the end: the pieces of its last transcription. */
function lastTranscripts(events: readonly CallEvent[]): string[] {
  const discarded = new Set(
    events.flatMap((event) => (event.type === 'stt.discarded' ? [event.request] : [])),
  );
  const byTurn = new Map<number, string>();
  for (const event of events) {
    if (event.type !== 'stt.final' || discarded.has(event.request)) continue;
    byTurn.set(event.turn, `${byTurn.get(event.turn) ?? ''} ${event.text}`.trim());
  }
  return [...byTurn.entries()].sort(([a], [b]) => a - b).map(([, text]) => text);
}
