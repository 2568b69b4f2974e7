import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWav } from '../audio/wav.ts';
import { EVENT_VERSION, type CallEvent } from '../contract/events.ts';
import { story } from '../fold/fixtures/logs.ts';
import { PcapFlow } from '../rtp/pcap.ts';
import { completeRecord } from './complete.ts';
import { readManifest } from './manifest-file.ts';
import { Recorder } from './recorder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-record-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = {
  sidetone: '0.1.0',
  call: 'a-call',
  peer: '10.0.0.1:4000',
  party: 'demo',
  codec: 'PCMU',
  ptime_ms: 20,
  bot: null,
  startedAt: 0,
};

function ended(at: number): CallEvent & { type: 'call.ended' } {
  return {
    v: EVENT_VERSION,
    seq: 9,
    at,
    call: 'a-call',
    type: 'call.ended',
    reason: 'worker crashed',
    duration_ms: at / 1000,
  };
}

const tone = (samples: number): Int16Array => Int16Array.from({ length: samples }, (_, i) => (i % 100) * 50);

function floats(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

describe('Recorder', () => {
  it('writes both tracks where their positions say, holes as silence, overlaps once', async () => {
    const recorder = new Recorder(folder, start, expect.unreachable);
    recorder.caller(tone(160), 80);
    recorder.caller(tone(160), 400);
    recorder.caller(tone(160), 480);
    recorder.bot(tone(160), 0);
    await recorder.close('far end said goodbye', 1000);
    const caller = readWav(await readFile(path.join(recorder.dir, 'caller.wav')));
    expect(caller.sampleRate).toBe(8000);
    expect(caller.pcm).toHaveLength(640);
    expect(caller.pcm.slice(0, 80)).toEqual(new Int16Array(80));
    expect(caller.pcm.slice(80, 240)).toEqual(tone(160));
    expect(caller.pcm.slice(240, 400)).toEqual(new Int16Array(160));
    expect(caller.pcm.slice(400, 560)).toEqual(tone(160));
    expect(caller.pcm.slice(560)).toEqual(tone(160).slice(80));
    expect(await readManifest(recorder.dir)).toMatchObject({
      state: 'complete',
      ended: 'far end said goodbye',
    });
  });

  it('leaves files that can be read up to the last flush, and completes them when the writer is gone', async () => {
    const recorder = new Recorder(folder, start, expect.unreachable);
    recorder.event({
      v: EVENT_VERSION,
      seq: 0,
      at: 0,
      call: 'a-call',
      type: 'turn.state',
      state: 'listening',
    });
    recorder.caller(tone(800), 0);
    recorder.produced(1, tone(800), 24_000);
    recorder.datagram(
      new PcapFlow({ address: '10.0.0.1', port: 4000 }, { address: '10.0.0.2', port: 10_000 }),
      0,
      new Uint8Array(172),
    );
    await recorder.flush();
    // Readers take the streaming header; the writer never gets to correct it.
    expect(readWav(await readFile(path.join(recorder.dir, 'caller.wav'))).pcm).toHaveLength(800);
    // Killed in the middle of a line, with half a sample.
    await appendFile(path.join(recorder.dir, 'events.ndjson'), '{"v":2,"se');
    await appendFile(path.join(recorder.dir, 'caller.wav'), 'x');
    await completeRecord(recorder.dir, ended(100_000));
    const manifest = await readManifest(recorder.dir);
    expect(manifest).toMatchObject({ state: 'complete', ended: 'worker crashed', duration_ms: 100 });
    expect(manifest.summary?.turns).toBe(0);
    const log = await readFile(path.join(recorder.dir, 'events.ndjson'));
    expect(
      log
        .toString()
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toMatchObject([
      { seq: 0, type: 'turn.state' },
      { seq: 1, type: 'call.ended' },
    ]);
    expect(manifest.sha256['events.ndjson']).toBe(createHash('sha256').update(log).digest('hex'));
    for (const [file, rate] of [
      ['caller.wav', 8000],
      ['tts/001.wav', 24_000],
    ] as const) {
      const wav = await readFile(path.join(recorder.dir, file));
      expect([wav.readUInt32LE(24), wav.readUInt32LE(40)]).toEqual([rate, 1600]);
    }
    await recorder.close('never', 0);
  });

  it('ends with what the events say: mapping, summary, transcript, and the hash of every file', async () => {
    const recorder = new Recorder(folder, start, expect.unreachable);
    const events = story(
      [0, { type: 'rtp.mapped', stream: 'caller', ssrc: 7, rtp_timestamp: 2 ** 32 - 100, position: 0 }],
      [0, { type: 'caller.aligned', offset: 40, from: 0 }],
      [10, { type: 'rtp.mapped', stream: 'bot', ssrc: 8, rtp_timestamp: 500, position: 80 }],
      [900, { type: 'caller.aligned', offset: -8, from: 1000 }],
      [1000, { type: 'bot.speaking', turn: 1, generation: 1, at_sample: 8000 }],
      [2000, { type: 'bot.said', generation: 1, heard: 'Hello.', unheard: '', interrupted: true }],
    );
    for (const event of events) recorder.event(event);
    await recorder.close('done', 2000);
    const { mapping, summary, sha256 } = await readManifest(recorder.dir);
    expect(mapping).toEqual([
      { stream: 'caller', ssrc: 7, rtp_timestamp: 2 ** 32 - 100, sample: 40 },
      { stream: 'bot', ssrc: 8, rtp_timestamp: 500, sample: 80 },
      { stream: 'caller', ssrc: 7, rtp_timestamp: 900, sample: 992 },
    ]);
    expect(summary).toEqual({ turns: 0, interruptions: 1, worst_latency_ms: null, text: 'Hello.' });
    const vtt = await readFile(path.join(recorder.dir, 'transcript.vtt'), 'utf8');
    expect(vtt).toBe('WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Bot>Hello.\n');
    const files = (await readdir(recorder.dir)).filter((name) => name !== 'manifest.json');
    expect(Object.keys(sha256).sort()).toEqual(files.sort());
    for (const [name, hash] of Object.entries(sha256)) {
      const bytes = await readFile(path.join(recorder.dir, name));
      expect(hash).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('keeps levels of both sides and the probability of speech, each at its time', async () => {
    const recorder = new Recorder(folder, start, expect.unreachable);
    const square = (level: number): Int16Array =>
      Int16Array.from({ length: 160 }, (_, i) => (i % 2 === 0 ? level : -level));
    // The bot's side begins at once, the caller's 60 ms later and after that once more, which counts once.
    for (let i = 0; i < 6; i += 1) recorder.bot(square(3277), i * 160);
    recorder.caller(square(16_384), 480);
    await recorder.flush();
    recorder.caller(square(16_384), 480);
    recorder.caller(square(327), 640 + 80);
    recorder.probability(0.25, 512);
    recorder.probability(0.5, 773);
    recorder.probability(0.75, 770);
    recorder.probability(1, 4 * 256 + 500);
    await recorder.close('done', 120);
    const levels = floats(await readFile(path.join(recorder.dir, 'levels.f32')));
    const caller = levels.filter((_, i) => i % 2 === 0).map(Math.round);
    const bot = levels.filter((_, i) => i % 2 === 1).map(Math.round);
    expect(bot).toEqual([-20, -20, -20, -20, -20, -20]);
    expect(caller).toEqual([-100, -100, -100, -6, -43, -43]);
    const vad = floats(await readFile(path.join(recorder.dir, 'vad.f32')));
    expect(vad).toEqual([0, 0, 0.25, 0.5, 0.5, 0.5, 1]);
    const tracks = new Map((await readManifest(recorder.dir)).tracks.map((track) => [track.file, track]));
    expect(tracks.get('levels.f32')).toMatchObject({ channels: 2, every_ms: 20, unit: 'dBFS' });
  });

  it('keeps what the voice made by generation at its own rate, and the microphone with its pauses', async () => {
    const recorder = new Recorder(folder, start, expect.unreachable);
    recorder.produced(1, tone(240), 24_000);
    recorder.produced(1, tone(240), 24_000);
    recorder.produced(3, tone(100), 16_000);
    recorder.produced(1, tone(240), 24_000);
    // 5 ms frames that come unevenly are one piece; after half a second of nothing there is a hole.
    for (const now of [105, 117, 119, 620]) recorder.microphone(tone(40), now);
    await recorder.close('done', 1000);
    const wav = async (name: string): Promise<ReturnType<typeof readWav>> =>
      readWav(await readFile(path.join(recorder.dir, name)));
    const first = await wav('tts/001.wav');
    expect([first.sampleRate, first.pcm.length]).toEqual([24_000, 480]);
    expect((await wav('tts/003.wav')).sampleRate).toBe(16_000);
    const { pcm } = await wav('mic.wav');
    expect(pcm).toHaveLength(620 * 8);
    expect(pcm.slice(800, 920)).toEqual(Int16Array.from([...tone(40), ...tone(40), ...tone(40)]));
    expect(pcm.slice(920, 615 * 8).every((sample) => sample === 0)).toBe(true);
    expect(pcm.slice(615 * 8)).toEqual(tone(40));
  });

  it('leaves files of a call without a packet that can be read, and no folder for a voice that never was', async () => {
    const recorder = new Recorder(folder, start, expect.unreachable);
    await recorder.close('no route to the far end', 3);
    expect(readWav(await readFile(path.join(recorder.dir, 'caller.wav'))).pcm).toHaveLength(0);
    expect(await readManifest(recorder.dir)).toMatchObject({ state: 'complete', mapping: [] });
    expect(await readdir(recorder.dir)).not.toContain('tts');
  });

  it('goes on when the disk is full, says so once and marks the record as cut', async () => {
    const said: string[] = [];
    await mkdir(path.join(folder, start.call));
    await symlink('/dev/full', path.join(folder, start.call, 'caller.wav'));
    const recorder = new Recorder(folder, start, (why) => said.push(why));
    recorder.bot(tone(160), 0);
    for (let second = 0; second < 3; second += 1) {
      recorder.caller(tone(8000), second * 8000);
      await recorder.flush();
    }
    await recorder.close('done', 3000);
    expect(said).toEqual(['the disk is full']);
    expect(await readManifest(recorder.dir)).toMatchObject({ state: 'cut' });
    expect(readWav(await readFile(path.join(recorder.dir, 'bot.wav'))).pcm).toEqual(tone(160));
  });
});
