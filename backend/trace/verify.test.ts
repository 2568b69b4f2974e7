import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeWav } from '../audio/wav.ts';
import { writeCall } from './fixtures/written.ts';
import { openTrace, readTrack } from './read.ts';
import { verifyTrace } from './verify.ts';
import { readWire } from './wire.ts';

let folder = '';
let dir = '';
const wave = (period: number): Int16Array =>
  Int16Array.from({ length: 24_000 }, (_, i) => Math.round(9000 * Math.sin(i / period) * Math.sin(i / 900)));

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-verify-'));
  dir = await writeCall(folder, { caller: wave(3), bot: wave(5), lateMs: (at) => (at === 500 ? 30 : 0.2) });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const messages = async (): Promise<readonly string[]> =>
  (await verifyTrace(await openTrace(dir))).map(({ check, message }) => `${check}: ${message}`);

async function changeManifest(change: Record<string, unknown>): Promise<void> {
  const file = path.join(dir, 'manifest.json');
  const manifest: unknown = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify(Object.assign({}, manifest, change)));
}

async function changeEvents(change: (lines: string[]) => string[]): Promise<void> {
  const file = path.join(dir, 'events.ndjson');
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await writeFile(file, `${change(lines).join('\n')}\n`);
  await changeManifest({ sha256: {} });
}

describe('readWire', () => {
  it('puts every packet where the mapping says, with the time at which it came or left', async () => {
    const wire = await readWire(await openTrace(dir));
    expect(wire?.caller).toHaveLength(150);
    expect(wire?.caller.map(({ sample }) => sample)).toEqual(Array.from({ length: 150 }, (_, i) => i * 160));
    expect(wire?.caller[10]?.at).toBeCloseTo(220, 1);
    expect(wire?.bot[25]?.at).toBeCloseTo(530, 1);
  });

  it('keeps the sides apart where both have the same SSRC', async () => {
    const hairpin = await writeCall(path.join(folder, 'h'), {
      caller: wave(3),
      bot: wave(5),
      oneSsrc: true,
    });
    const wire = await readWire(await openTrace(hairpin));
    expect([wire?.caller.length, wire?.bot.length]).toEqual([150, 150]);
    expect(await verifyTrace(await openTrace(hairpin))).toEqual([]);
  });
});

describe('verifyTrace', () => {
  it('finds nothing in a whole trace', async () => {
    expect(await messages()).toEqual([]);
  });

  it('finds a file that was changed or has gone', async () => {
    await appendFile(path.join(dir, 'wire.pcap'), 'x');
    expect(await messages()).toEqual([
      expect.stringMatching(/^hashes: wire\.pcap is not as it was written: its SHA-256 is [0-9a-f]{64}$/),
    ]);
    await rm(path.join(dir, 'wire.pcap'));
    expect(await messages()).toEqual(['files: wire.pcap is missing']);
  });

  it('finds an event that is missing, out of time or of another call', async () => {
    await changeEvents((lines) => lines.toSpliced(2, 1));
    expect(await messages()).toEqual([
      'hashes: the manifest has no hashes: nothing shows that the files are as they were',
      'events: event 3 (caller.aligned) stands where event 2 should',
    ]);
    await changeEvents(([first = '', ...rest]) => [first.replace('"at":0', '"at":500'), ...rest]);
    expect((await messages()).at(-1)).toBe('events: event 1 (rtp.mapped) is earlier than the one before it');
    await changeEvents(([first = '', ...rest]) => [first.replace('a-call', 'b-call'), ...rest]);
    expect((await messages()).at(-1)).toBe('events: event 0 (call.started) is of another call, b-call');
  });

  it('finds a log that ends before the call did', async () => {
    await changeEvents((lines) => lines.slice(0, -1));
    expect(await messages()).toContain('events: the last event is not call.ended');
  });

  it('finds a recording that was shifted by one sample', async () => {
    const pcm = await readTrack(await openTrace(dir), 'caller');
    expect(pcm).not.toBeNull();
    const shifted = new Int16Array(24_000);
    shifted.set((pcm ?? shifted).subarray(0, -1), 1);
    await writeFile(path.join(dir, 'caller.wav'), encodeWav(shifted, 8000));
    await changeManifest({ sha256: {} });
    expect((await messages()).at(-1)).toMatch(
      /^alignment: \d+ of 150 packets of the caller do not stand in caller\.wav where the mapping puts them/,
    );
  });

  it('finds a mapping that disagrees with the times of the packets', async () => {
    const { manifest } = await openTrace(dir);
    const mapping = manifest?.mapping.map((point) =>
      point.stream === 'bot' ? { ...point, sample: point.sample + 800 } : point,
    );
    await changeManifest({ mapping });
    expect((await messages()).at(-1)).toMatch(
      /^alignment: the mapping puts the bot's packets 9\d\.\d ms after the time that wire\.pcap has$/,
    );
  });

  it('holds nothing against a trace whose process was killed', async () => {
    const left = await writeCall(path.join(folder, 'k'), { caller: wave(3), bot: wave(5), killed: true });
    expect(await verifyTrace(await openTrace(left))).toEqual([]);
  });
});
