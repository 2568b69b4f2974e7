import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWav } from '../audio/wav.ts';
import type { CallEvent } from '../contract/events.ts';
import { PcapFlow } from '../rtp/pcap.ts';
import { completeRecord, readManifest } from './complete.ts';
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
  started: '2026-01-01T00:00:00.000Z',
};

function ended(at: number): CallEvent & { type: 'call.ended' } {
  return {
    v: 1,
    seq: 9,
    at,
    call: 'a-call',
    type: 'call.ended',
    reason: 'worker crashed',
    duration_ms: at / 1000,
  };
}

const tone = (samples: number): Int16Array => Int16Array.from({ length: samples }, (_, i) => (i % 100) * 50);

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
    recorder.event({ v: 1, seq: 0, at: 0, call: 'a-call', type: 'turn.state', state: 'listening' });
    recorder.caller(tone(800), 0);
    recorder.datagram(
      new PcapFlow({ address: '10.0.0.1', port: 4000 }, { address: '10.0.0.2', port: 10_000 }),
      0,
      new Uint8Array(172),
    );
    await recorder.flush();
    // Readers take the streaming header; the writer never gets to correct it.
    expect(readWav(await readFile(path.join(recorder.dir, 'caller.wav'))).pcm).toHaveLength(800);
    await completeRecord(recorder.dir, ended(100_000));
    expect(await readManifest(recorder.dir)).toMatchObject({ state: 'complete', ended: 'worker crashed' });
    const lines = (await readFile(path.join(recorder.dir, 'events.ndjson'), 'utf8')).trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { type: 'turn.state' },
      { type: 'call.ended' },
    ]);
    const header = await readFile(path.join(recorder.dir, 'caller.wav'));
    expect(header.readUInt32LE(40)).toBe(1600);
    await recorder.close('never', 0);
  });

  it('goes on when the disk is full, says so once and marks the record as cut', async () => {
    const said: string[] = [];
    await mkdir(path.join(folder, start.call));
    await symlink('/dev/full', path.join(folder, start.call, 'caller.wav'));
    const recorder = new Recorder(folder, start, (message) => said.push(message));
    recorder.bot(tone(160), 0);
    for (let second = 0; second < 3; second += 1) {
      recorder.caller(tone(8000), second * 8000);
      await recorder.flush();
    }
    await recorder.close('done', 3000);
    expect(said).toEqual(['recording stopped: the disk is full; the call goes on']);
    expect(await readManifest(recorder.dir)).toMatchObject({ state: 'cut' });
    expect(readWav(await readFile(path.join(recorder.dir, 'bot.wav'))).pcm).toEqual(tone(160));
  });
});
