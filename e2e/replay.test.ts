import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallEvent } from '../backend/contract/events.ts';
import type { ReplayResult } from '../backend/contract/traces.ts';
import { canonicalLog } from '../backend/fold/canonical.ts';
import { openTrace } from '../backend/trace/read.ts';
import { CALLER, DEMO_BOT, copyDemoBot, speech } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Engine } from './support/engine.ts';
import { audioOf, readPcap, rtpFrom } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { until } from './support/until.ts';

/** The bot hangs up when it has answered the second. */
const TURNS = [CALLER.book, CALLER.goodbye];
/** 2 s of the bot's packets. */
const PAUSE_PACKETS = 100;

let folder: string;
/** A short call to the demo bot, as it was recorded. */
let original: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-replay-'));
  await using engine = await Engine.start();
  const port = await engine.listen(DEMO_BOT);
  await using phone = await Phone.call(port);
  const call = await engine.answered(phone.port);
  for (const [index, turn] of TURNS.entries()) {
    await engine.event(call, 'bot.said', ({ generation }) => generation > index);
    // A caller who takes their time: a machine that stands still for a while must not turn this into an interruption.
    const heard = phone.received.length;
    await until('a pause', () => phone.received.length - heard >= PAUSE_PACKETS);
    await phone.say(speech(turn));
  }
  await engine.over(call, 70_000);
  original = path.join(folder, call);
  await cp(engine.record(call), original, { recursive: true });
}, 90_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The folder of the new traces, what the command line says of them, and how it ends. */
async function replay(trace: string, ...options: string[]): Promise<{ cli: Cli; out: string }> {
  const out = await mkdtemp(path.join(folder, 'out-'));
  const cli = await Cli.run(['replay', trace, '--json', '--traces', out, ...options]);
  return { cli, out };
}

function resultOf(cli: Cli): ReplayResult {
  expect(cli.stderr).not.toMatch(/Error/);
  // What the command line prints is the very type; the test reads only what it expects to be there.
  const result: ReplayResult = JSON.parse(cli.stdout);
  return result;
}

async function eventsOf(dir: string): Promise<readonly CallEvent[]> {
  const trace = await openTrace(dir);
  expect(trace.state).toBe('complete');
  return trace.events;
}

/** RTP packets that came from the caller. */
async function callerPackets(dir: string): Promise<ReturnType<typeof rtpFrom>> {
  const { manifest } = await openTrace(dir);
  const port = Number(manifest?.peer.split(':').at(-1));
  return rtpFrom(await readPcap(path.join(dir, 'wire.pcap')), port);
}

/** From packet to packet. */
async function stepsOf(dir: string): Promise<{ sequence: number[]; timestamp: number[] }> {
  const packets = await callerPackets(dir);
  const pairs = packets.slice(1).map((packet, index) => [packets[index] ?? packet, packet] as const);
  return {
    sequence: pairs.map(([a, b]) => (b.getSequenceNumber() - a.getSequenceNumber()) & 0xffff),
    timestamp: pairs.map(([a, b]) => (b.getTimestamp() - a.getTimestamp()) >>> 0),
  };
}

describe('a recorded call, replayed', () => {
  it('with everything frozen gives 20 event logs that are equal but for times', async () => {
    const { cli, out } = await replay(original, '--freeze', 'stt,llm,tts', '--repeat', '20', '--same-text');
    const { traces, equalLogs, verdict } = resultOf(cli);
    expect(traces).toHaveLength(20);
    const logs = await Promise.all(traces.map((id) => eventsOf(path.join(out, id))));
    const expected = canonicalLog(await eventsOf(original));
    // The original as well: it went the same way.
    for (const log of logs) expect(canonicalLog(log)).toBe(expected);
    expect(expected).toContain('appointment');
    expect({ equalLogs, verdict }).toEqual({ equalLogs: 20, verdict: 'pass' });
    expect(cli.exitCode).toBe(0);

    for (const log of logs) expect(log.filter(({ type }) => type === 'call.warning')).toEqual([]);
    const { manifest } = await openTrace(path.join(out, traces[0] ?? ''));
    expect(manifest).toMatchObject({ origin: 'replay', replay_of: path.basename(original) });
    const providers = manifest?.bot?.stages.map(({ stage, provider }) => [stage, provider]);
    expect(providers).toEqual([
      ['vad', 'embedded'],
      ['stt', 'frozen'],
      ['turn', 'frozen'],
      ['llm', 'frozen'],
      ['tts', 'frozen'],
    ]);
  }, 150_000);

  it('sends the very packets again: numbers, audio, and nothing else before them', async () => {
    const { out, cli } = await replay(original, '--freeze', 'stt,llm,tts');
    const [trace] = resultOf(cli).traces;
    const before = await callerPackets(original);
    const after = await callerPackets(path.join(out, trace ?? ''));
    const sent = after.slice(0, before.length);
    const numbers = (packets: typeof before): unknown[] =>
      packets.map((packet) => [packet.getSequenceNumber(), packet.getTimestamp(), packet.getSsrc()]);
    expect(before.length).toBeGreaterThan(400);
    expect(numbers(sent)).toEqual(numbers(before));
    expect(audioOf(sent)).toEqual(audioOf(before));
  }, 60_000);

  it('tells which words a changed prompt has changed, and fails when none may be', async () => {
    const bot = await copyDemoBot(folder);
    const prompt = await readFile(path.join(bot, 'prompt.md'), 'utf8');
    expect(prompt).toContain('Which day would suit you?');
    await writeFile(
      path.join(bot, 'prompt.md'),
      prompt.replaceAll('Which day would suit you?', 'Which day would you prefer?'),
    );
    const { cli } = await replay(original, '--bot', bot, '--freeze', 'stt', '--same-text');
    expect(cli.exitCode).toBe(1);
    const { comparisons, failures } = resultOf(cli);
    expect(failures).toEqual(['1 of 1 replays have other words than the original']);
    const [comparison] = comparisons;
    expect(comparison?.configuration.map(({ what }) => what)).toEqual(['prompt']);
    const changed = comparison?.turns.find(({ left }) => left?.turn === 1);
    expect(changed?.callerText.every(({ kind }) => kind === 'same')).toBe(true);
    const words = (kind: string): string =>
      (changed?.botText ?? []).flatMap((part) => (part.kind === kind ? [part.text.trim()] : [])).join(' ');
    expect(words('removed')).toContain('suit');
    expect(words('added')).toContain('prefer');
  }, 60_000);

  it('waits for a slower bot when the pace is that of the conversation', async () => {
    const bot = await copyDemoBot(folder);
    const yaml = await readFile(path.join(bot, 'bot.yaml'), 'utf8');
    await writeFile(
      path.join(bot, 'bot.yaml'),
      `${yaml}\nturn: { min_silence_ms: 2500, max_silence_ms: 2500 }\n`,
    );
    const { cli, out } = await replay(
      original,
      '--bot',
      bot,
      '--freeze',
      'stt,llm,tts',
      '--pace',
      'conversation',
      '--max-slower',
      '1000',
    );
    // Slower than allowed.
    expect(cli.exitCode, cli.stderr).toBe(1);
    const { traces, comparisons } = resultOf(cli);
    expect(comparisons[0]?.sameText, JSON.stringify(comparisons[0]?.turns)).toBe(true);

    const dir = path.join(out, traces[0] ?? '');
    const events = await eventsOf(dir);
    const said = events.filter((event) => event.type === 'bot.said');
    expect(said.map(({ interrupted }) => interrupted)).toEqual(said.map(() => false));
    // The greeting, then the answer to the first turn.
    const answer = events.findIndex((event) => event === said[1]);
    const next = events.findIndex((event) => event.type === 'speech.started' && event.turn === 2);
    expect(answer).toBeGreaterThan(0);
    expect(next).toBeGreaterThan(answer);

    // One stream, whatever was put between its parts: its only holes are those of the recording.
    const [before, after] = [await stepsOf(original), await stepsOf(dir)];
    expect(after.sequence.filter((step) => step !== 1)).toEqual([]);
    const holes = (steps: readonly number[]): number[] => steps.filter((step) => step !== 160);
    expect(holes(before.timestamp)).toEqual(expect.arrayContaining(holes(after.timestamp)));
  }, 90_000);

  it('replays what there is of a call that ended abruptly', async () => {
    const abrupt = path.join(folder, 'abrupt');
    await cp(original, abrupt, { recursive: true });
    const cut = async (name: string): Promise<void> => {
      const file = path.join(abrupt, name);
      await truncate(file, Math.round((await readFile(file)).length * 0.7));
    };
    await Promise.all(['wire.pcap', 'events.ndjson', 'caller.wav', 'bot.wav'].map(cut));
    const { cli } = await replay(abrupt, '--freeze', 'stt,llm,tts');
    expect(cli.exitCode, cli.stderr).toBe(0);
    expect(resultOf(cli).comparisons[0]?.turns.length).toBeGreaterThan(1);
  }, 60_000);
});

describe('what cannot be replayed', () => {
  it('is said: no capture, no bot any more, no trace, no such stage', async () => {
    const bare = path.join(folder, 'bare');
    await cp(original, bare, { recursive: true });
    await rm(path.join(bare, 'wire.pcap'));
    const cases = [
      { args: [bare], says: /no wire\.pcap.*nothing can be replayed/ },
      { args: [original, '--bot', path.join(folder, 'gone')], says: /there is no folder .*gone.*--bot/ },
      { args: [path.join(folder, 'nowhere')], says: /there is no trace/ },
      { args: [original, '--freeze', 'vad'], says: /stt,llm,tts/ },
      { args: [original, '--pace', 'slow'], says: /original, conversation/ },
    ];
    for (const { args, says } of cases) {
      const { cli } = await replay(args[0] ?? '', ...args.slice(1));
      expect(cli.exitCode, cli.stderr).toBe(2);
      expect(cli.stderr).toMatch(says);
    }
  }, 60_000);
});
