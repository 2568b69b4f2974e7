import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from '../audio/g711.ts';
import { resample } from '../audio/resample.ts';
import { encodeWav, readWav } from '../audio/wav.ts';
import { callEvent, type CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { SIGNAL_TRACKS, SignalBatch } from '../contract/signals.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { CallerAlignment } from '../fold/alignment.ts';
import { makeTrace, manifestOf, ROUND } from '../library/fixtures/make-trace.ts';
import { madeLevels } from '../library/drawing.ts';
import { mapLimited } from '../library/limited.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';
import { PCAP_RECORD_OVERHEAD, PcapFlow, pcapHeader } from '../rtp/pcap.ts';
import { SignalTap } from '../trace/signals.ts';
import { summaryOf } from '../trace/summary.ts';
import { REPOSITORY } from './engine.ts';
import { readDemoLog } from './window-hour.ts';

/** The demo call once, and a breath. */
const ROUND_MS = 45_000;
const ROUNDS_OF_AN_HOUR = 80;
const SAMPLES_PER_MS = LINE_RATE / 1000;
const ROUND_SAMPLES = ROUND_MS * SAMPLES_PER_MS;
const PACKET_SAMPLES = 160;
const SSRC = { caller: 1, bot: 2 } as const;
const SPEECH = ['1-book', '2-when', '3-name', '4-correction', '5-goodbye'];
const WRITTEN_AT_ONCE = 16;

export interface HourTrace {
  readonly id: string;
  readonly events: number;
  readonly packets: number;
}

/**
 * A trace of an hour, or of `rounds` demo calls, as a recorder leaves it: the bot's leg of a real one over and over, with speech where the
 * events have it. The log is from before some kinds of event were written, which are added.
 */
export async function makeHourTrace(tracesDir: string, rounds = ROUNDS_OF_AN_HOUR): Promise<HourTrace> {
  const id = 'hour';
  const callMs = rounds * ROUND_MS;
  const dir = path.join(tracesDir, id);
  await mkdir(dir, { recursive: true });
  const write = (name: string, content: string | Uint8Array): Promise<void> =>
    writeFile(path.join(dir, name), content);

  const round = await demoRound();
  const events = repeated(round, rounds, id);
  const sides = await audioOf(round, rounds);
  const levels = madeLevels(sides);
  await write(TRACE_FILES.events, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
  await write(TRACE_FILES.caller, encodeWav(sides.caller, LINE_RATE));
  await write(TRACE_FILES.bot, encodeWav(sides.bot, LINE_RATE));
  await write(TRACE_FILES.peaks, peaksOf(id, sides));
  if (levels) await write(TRACE_FILES.levels, new Uint8Array(levels.values.buffer));
  await write(TRACE_FILES.wire, captureOf(sides));
  const manifest = manifestOf(id, {
    duration_ms: callMs,
    mapping: (['caller', 'bot'] as const).map((stream) => ({
      stream,
      ssrc: SSRC[stream],
      rtp_timestamp: 0,
      sample: 0,
    })),
    tracks: levels
      ? [{ file: TRACE_FILES.levels, what: 'level', unit: 'dBFS', channels: 2, every_ms: levels.everyMs }]
      : [],
    summary: summaryOf(events),
  });
  await write(TRACE_FILES.manifest, JSON.stringify(manifest));
  return { id, events: events.length, packets: (2 * callMs * SAMPLES_PER_MS) / PACKET_SAMPLES };
}

/** Traces of short calls, older than the hour, for the table: each says all that was said in a demo call. */
export async function makeManyTraces(tracesDir: string, count: number): Promise<void> {
  const summary = summaryOf(await demoRound());
  await mapLimited([...Array(count).keys()], WRITTEN_AT_ONCE, async (index) => {
    const worst = 400 + ((index * 37) % 900);
    await makeTrace(tracesDir, `call-${index}`, {
      started: new Date(ROUND - (index + 1) * 60_000).toISOString(),
      party: index % 3 === 0 ? 'anna' : 'max',
      summary: { ...summary, worst_latency_ms: worst, text: `${summary.text}\nNumber ${index}.` },
    });
  });
}

async function demoRound(): Promise<readonly CallEvent[]> {
  const log = readDemoLog();
  const bot = log.find(({ type }) => type === 'llm.started')?.call;
  const prompt = await readFile(path.join(REPOSITORY, 'bots/demo/prompt.md'), 'utf8');
  return log.filter(({ call }) => call === bot).flatMap((event) => [event, ...added(event, prompt)]);
}

/** What is written right after an event today. */
function added(event: CallEvent, prompt: string): readonly CallEvent[] {
  const { v, seq, at, call } = event;
  const stamp = { v, seq, at, call };
  if (event.type === 'call.started') {
    const hashes = { settings: 'a', prompt: 'b', ref_audio: null };
    return [{ ...stamp, type: 'config.used', hashes, settings: {}, prompt }];
  }
  if (event.type !== 'llm.started') return [];
  const { generation } = event;
  const messages = [{ role: 'user' as const, content: 'I would like to book a table for two on Friday.' }];
  const asked = { model: 'rules', temperature: 0.3, max_tokens: 200, same: 2 * generation, messages };
  return [{ ...stamp, ...asked, type: 'llm.requested', generation, round: 0 }];
}

/** Said once in a call. */
const ONCE: ReadonlySet<CallEvent['type']> = new Set([
  'call.started',
  'rtp.ready',
  'caller.aligned',
  'config.used',
]);

function repeated(round: readonly CallEvent[], rounds: number, call: string): readonly CallEvent[] {
  const most = (field: 'turn' | 'generation' | 'request'): number =>
    round.reduce((sum, event) => Math.max(sum, numberIn(event, field) ?? 0), 0);
  const steps = {
    at: ROUND_MS * 1000,
    turn: most('turn'),
    generation: most('generation'),
    request: most('request'),
    from: ROUND_SAMPLES,
    to: ROUND_SAMPLES,
    at_sample: ROUND_SAMPLES,
  };
  const events: unknown[] = [];
  for (let index = 0; index < rounds; index += 1) {
    for (const event of round) {
      if (event.type === 'call.ended' && index < rounds - 1) continue;
      if (ONCE.has(event.type) && index > 0) continue;
      const shifted: Record<string, unknown> = { ...event, call, seq: events.length };
      for (const [field, step] of Object.entries(steps)) {
        const value = numberIn(event, field);
        // 0 is nobody's turn, a greeting's generation, a preview's request.
        if (value !== null && value > 0) shifted[field] = value + index * step;
      }
      events.push(shifted);
    }
  }
  return events.map((event): CallEvent => callEvent.parse(event));
}

function numberIn(event: CallEvent, field: string): number | null {
  const value: unknown = Object.entries(event).find(([name]) => name === field)?.[1];
  return typeof value === 'number' ? value : null;
}

interface Sides {
  readonly caller: Int16Array;
  readonly bot: Int16Array;
}

/** The same recordings wherever the caller or the bot speaks, as long as they do. */
async function audioOf(round: readonly CallEvent[], rounds: number): Promise<Sides> {
  const files = SPEECH.map((name) => readFile(path.join(REPOSITORY, `bots/demo/caller/${name}.wav`)));
  const speech = (await Promise.all(files)).map((file) => {
    const { pcm, sampleRate } = readWav(file);
    return resample(pcm, sampleRate, LINE_RATE);
  });
  const once = { caller: new Int16Array(ROUND_SAMPLES), bot: new Int16Array(ROUND_SAMPLES) };
  const say = (side: keyof Sides, turn: number, from: number, to: number): void =>
    once[side].set((speech[turn % SPEECH.length] ?? new Int16Array()).subarray(0, to - from), from);
  const alignment = new CallerAlignment();
  let [callerFrom, botFrom] = [0, 0];
  for (const event of round) {
    if (event.type === 'caller.aligned') alignment.apply(event);
    else if (event.type === 'speech.started') callerFrom = alignment.sampleAt(event.from);
    else if (event.type === 'speech.ended')
      say('caller', event.turn, callerFrom, alignment.sampleAt(event.to));
    else if (event.type === 'bot.speaking') botFrom = event.at_sample;
    else if (event.type === 'bot.said')
      say('bot', event.generation, botFrom, Math.floor((event.at / 1000) * SAMPLES_PER_MS));
  }
  const whole = (pcm: Int16Array): Int16Array => {
    const out = new Int16Array(rounds * pcm.length);
    for (let at = 0; at < out.length; at += pcm.length) out.set(pcm, at);
    return out;
  };
  return { caller: whole(once.caller), bot: whole(once.bot) };
}

/** By the recorder's own means: flushed each second, so in as many blocks. */
function peaksOf(id: string, { caller, bot }: Sides): Uint8Array {
  const batch = new SignalBatch();
  const health = { jitterMs: 0.5, lost: 0, late: 0 };
  const tap = new SignalTap(id, batch, 0, 0, health);
  const { stepSamples } = SIGNAL_TRACKS.voice;
  for (let at = 0; at < caller.length; at += LINE_RATE) {
    tap.caller(caller.subarray(at, at + LINE_RATE), at);
    tap.bot(bot.subarray(at, at + LINE_RATE), at);
    for (let end = Math.ceil(at / stepSamples + 1) * stepSamples; end <= at + LINE_RATE; end += stepSamples)
      tap.voice(Math.min(1, Math.abs(caller[end - 1] ?? 0) / 2000), end);
    for (let tick = 100; tick <= 1000; tick += 100) tap.tick(at / SAMPLES_PER_MS + tick, health);
    tap.flush();
  }
  return batch.take() ?? new Uint8Array();
}

/** Every packet of both sides at its time. */
function captureOf(sides: Sides): Uint8Array {
  const [here, there] = [10_000, 20_000].map((port) => ({ address: '127.0.0.1', port }));
  if (!here || !there) return pcapHeader();
  const flows = { caller: new PcapFlow(there, here), bot: new PcapFlow(here, there) };
  const packet = new Uint8Array(RTP_HEADER_BYTES + PACKET_SAMPLES);
  const packets = Math.floor(sides.caller.length / PACKET_SAMPLES);
  const file = Buffer.alloc(24 + 2 * packets * (packet.length + PCAP_RECORD_OVERHEAD));
  let length = pcapHeader().copy(file);
  for (let index = 0; index < packets; index += 1) {
    const from = index * PACKET_SAMPLES;
    for (const side of ['caller', 'bot'] as const) {
      writeRtpHeader(packet, 0, index === 0, index & 0xffff, from, SSRC[side]);
      encode('PCMU', sides[side].subarray(from, from + PACKET_SAMPLES), packet.subarray(RTP_HEADER_BYTES));
      // The caller's has arrived when its last sample has been spoken; the bot's leaves with its first.
      const atSample = side === 'caller' ? from + PACKET_SAMPLES : from;
      length += flows[side].write(file, length, ROUND * 1000 + (atSample * 1000) / SAMPLES_PER_MS, packet);
    }
  }
  return file.subarray(0, length);
}
