import { execFile } from 'node:child_process';
import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { traceEntry } from './entry.ts';
import { writeCall } from './fixtures/written.ts';
import { openTrace, readTrack } from './read.ts';
import { readWire } from './wire.ts';

let folder = '';
let dir = '';
const tone = Int16Array.from({ length: 8000 }, (_, i) => Math.round(8000 * Math.sin(i / 3)));
const silence = new Int16Array(8000);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-read-'));
  dir = await writeCall(folder, {
    caller: tone,
    bot: silence,
    events: [[900, { type: 'bot.said', generation: 1, heard: 'Hello.', unheard: '', interrupted: true }]],
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string => path.join(dir, name);

async function changeManifest(change: Record<string, unknown>): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(file('manifest.json'), 'utf8'));
  await writeFile(file('manifest.json'), JSON.stringify(Object.assign({}, manifest, change)));
}

describe('openTrace', () => {
  it('opens a whole trace without a complaint', async () => {
    const trace = await openTrace(dir);
    expect(trace).toMatchObject({ state: 'complete', problems: [], manifest: { call: 'a-call' } });
    expect(trace.events.map(({ type }) => type)).toContain('call.ended');
    expect(await readTrack(trace, 'caller')).toHaveLength(8000);
    expect(await traceEntry(trace)).toEqual(await traceEntry(dir));
    expect(await traceEntry(dir)).toMatchObject({
      id: 'a-call',
      interruptions: 1,
      text: 'Hello.',
      durationMs: 1000,
    });
  });

  it('leaves out half a last line and says so, but not while the call goes on', async () => {
    const whole = (await openTrace(dir)).events.length;
    await appendFile(file('events.ndjson'), '{"v":2,"seq":9,"at":1');
    const trace = await openTrace(dir);
    expect(trace.events).toHaveLength(whole);
    expect(trace).toMatchObject({
      state: 'damaged',
      problems: ['events.ndjson ends in the middle of a line, which is left out'],
    });
    await changeManifest({ state: 'recording' });
    expect(await openTrace(dir)).toMatchObject({ state: 'going_on', problems: [] });
  });

  it('knows a call whose process has gone by the age of its files', async () => {
    const killed = await writeCall(path.join(folder, 'killed'), { caller: tone, bot: silence, killed: true });
    expect(await openTrace(killed)).toMatchObject({ state: 'going_on', problems: [] });
    for (const { name } of (await openTrace(killed)).files) await utimes(path.join(killed, name), 1, 1);
    const trace = await openTrace(killed);
    expect(trace).toMatchObject({ state: 'abrupt', problems: [] });
    expect(await readTrack(trace, 'caller')).toHaveLength(8000);
    expect((await traceEntry(killed)).state).toBe('abrupt');
  });

  it('says what is missing and shows the rest', async () => {
    await rm(file('caller.wav'));
    await rm(file('events.ndjson'));
    const trace = await openTrace(dir);
    expect(trace).toMatchObject({
      state: 'damaged',
      events: [],
      problems: ['caller.wav is missing', 'events.ndjson is missing'],
    });
    expect(await readTrack(trace, 'caller')).toBeNull();
    expect(await readTrack(trace, 'bot')).toHaveLength(8000);
    expect((await traceEntry(dir)).state).toBe('damaged');
  });

  it('reads a WAV to its end when it is longer than its header says, and as far as it goes when shorter', async () => {
    await appendFile(file('caller.wav'), Buffer.alloc(1600));
    await truncate(file('bot.wav'), 44 + 8000);
    const trace = await openTrace(dir);
    expect(trace.problems).toEqual([
      'caller.wav is longer than its header says (1.10 s, not 1.00 s); it is read to its end',
      'bot.wav is shorter than its header says (0.50 s, not 1.00 s): its end is missing',
    ]);
    expect(await readTrack(trace, 'caller')).toHaveLength(8800);
    expect(await readTrack(trace, 'bot')).toHaveLength(4000);
  });

  it('takes only the beginning of a file beyond reason', async () => {
    const handle = await open(file('caller.wav'), 'r+');
    await handle.truncate(10e9);
    await handle.close();
    expect((await openTrace(dir)).problems).toEqual([
      'caller.wav claims 173.6 h; only the first 8.0 h are read',
    ]);
    await truncate(file('events.ndjson'), 10e9);
    const { problems } = await openTrace(dir);
    expect(problems[0]).toBe('events.ndjson is too large (10000000000 bytes): only its start is read');
  });

  it('reads of a newer version what it knows', async () => {
    const { events } = await openTrace(dir);
    await changeManifest({ v: 7, novel: true });
    await appendFile(
      file('events.ndjson'),
      [
        '{"v":3,"seq":6,"at":1000000,"call":"a-call","type":"call.marked","label":"here","novel":1}',
        '{"v":3,"seq":7,"at":1000000,"call":"a-call","type":"call.dreamt"}\n',
      ].join('\n'),
    );
    const trace = await openTrace(dir);
    expect(trace.events).toHaveLength(events.length + 1);
    expect(trace.problems).toEqual([
      'the trace is of version 7, this program knows 2: what is new in it is not shown',
      'events.ndjson is of version 3, this program knows 2: what is new in it is not shown',
      'events.ndjson: 1 events of kinds this program does not know are left out (call.dreamt)',
    ]);
  });

  it('opens without a manifest, and with one that makes no sense', async () => {
    await writeFile(file('manifest.json'), '{"v":2,"call":5}');
    expect(await openTrace(dir)).toMatchObject({
      manifest: null,
      state: 'damaged',
      problems: ['manifest.json is wrong at sidetone'],
    });
    await rm(file('manifest.json'));
    expect((await openTrace(dir)).problems).toEqual(['manifest.json is missing']);
    expect(await traceEntry(dir)).toMatchObject({ party: 'demo', codec: 'PCMU', durationMs: 1000 });
  });

  it('never waits for what is no file', async () => {
    await rm(file('events.ndjson'));
    await promisify(execFile)('mkfifo', [file('events.ndjson')]);
    await rm(file('bot.wav'));
    await mkdir(file('bot.wav'));
    expect((await openTrace(dir)).problems).toEqual([
      'bot.wav is missing',
      'events.ndjson is missing',
      'events.ndjson cannot be read: it is not a file',
    ]);
  });

  it('gives a log up that is none, however long it is', async () => {
    await appendFile(file('events.ndjson'), '{}\n'.repeat(20_000));
    const { events, problems } = await openTrace(dir);
    expect(problems).toEqual([
      `events.ndjson: more than 10000 lines cannot be read, the first is line ${events.length + 1}; the rest is left out`,
    ]);
  });

  it('says that a capture is none, and waits for none that goes on as zeros', async () => {
    await truncate(file('wire.pcap'), 10e9);
    const trace = await openTrace(dir);
    expect(trace.problems).toEqual(['wire.pcap is too large (10000000000 bytes): only its start is read']);
    expect((await readWire(trace))?.bot.length).toBeGreaterThan(0);
    await writeFile(file('wire.pcap'), 'GIF89a');
    expect((await openTrace(dir)).problems).toEqual([
      'wire.pcap is not a capture as it was written: its packets are not known',
    ]);
  });

  it('follows no link out of the folder', async () => {
    const elsewhere = path.join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, '001.wav'), 'secret');
    await symlink(elsewhere, file('tts'));
    expect((await openTrace(dir)).files.map(({ name }) => name)).not.toContain('tts/001.wav');
  });

  it('takes no file from elsewhere, whatever the manifest says', async () => {
    const track = { what: 'secrets', unit: '1', channels: 1, every_ms: 1 };
    await changeManifest({
      tracks: [{ file: '../../secret.f32', ...track }],
      sha256: { '../../secret.f32': '', 'caller.wav': '' },
    });
    const { manifest, problems } = await openTrace(dir);
    expect(manifest?.tracks).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('refuses what is no trace at all', async () => {
    await expect(openTrace(path.join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'usage' });
    await expect(openTrace(folder)).rejects.toThrow("it holds none of a trace's files");
    await expect(openTrace(file('manifest.json'))).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('a trace of version 1', () => {
  it('is read as one of today', async () => {
    const old = path.join(folder, 'old');
    await mkdir(old);
    await writeFile(
      path.join(old, 'manifest.json'),
      JSON.stringify({
        v: 1,
        sidetone: '0.1.0',
        call: 'old',
        peer: '10.0.0.1:4000',
        party: 'demo',
        codec: 'PCMA',
        started: '2026-11-01T12:00:00.000Z',
        state: 'complete',
        ended: 'done',
        duration_ms: 5000,
        files: { events: 'events.ndjson', caller: 'caller.wav', bot: 'bot.wav', wire: 'wire.pcap' },
        tracks: [{ file: 'vad.f32', what: 'probability of caller speech', every_ms: 32 }],
      }),
    );
    const lines = [
      { type: 'caller.aligned', offset: 80 },
      { type: 'stt.started', turn: 1, request: 1, audio_ms: 500, speculative: false },
      { type: 'tts.finished', generation: 1, clause: 0, audio_ms: 400 },
    ].map((body, seq) => JSON.stringify({ v: 1, seq, at: seq, call: 'old', ...body }));
    await writeFile(path.join(old, 'events.ndjson'), `${lines.join('\n')}\n`);
    const trace = await openTrace(old);
    expect(trace.events).toMatchObject([
      { v: 2, type: 'caller.aligned', offset: 80, from: 0 },
      { v: 2, type: 'stt.started', from: null, to: null },
      { v: 2, type: 'tts.finished', sample_rate: null, samples: null },
    ]);
    expect(trace.alignment.sampleAt(1000)).toBe(1080);
    expect(trace.manifest).toMatchObject({
      v: 2,
      origin: 'call',
      clock: { wall_ms: Date.UTC(2026, 10, 1, 12) },
      tracks: [{ file: 'vad.f32', unit: '1', channels: 1 }],
    });
    expect(trace.problems).toEqual(['caller.wav is missing', 'bot.wav is missing', 'wire.pcap is missing']);
  });
});
