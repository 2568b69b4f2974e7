import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureFile, type CaptureCounts } from './pcap-file.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-capture-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Read {
  readonly counts: CaptureCounts;
  /** As the .tsv beside a fixture has them: when, from, to, hash of the payload. */
  readonly rows: string[];
}

async function read(file: string): Promise<Read> {
  const capture = new CaptureFile(file);
  const rows: string[] = [];
  for await (const batch of capture.batches()) {
    for (const { epochMicros, from, to, payload } of batch) {
      const hash = createHash('sha256').update(payload).digest('hex').slice(0, 16);
      rows.push(`${epochMicros}\t${from.address} ${from.port}\t${to.address} ${to.port}\t${hash}`);
    }
  }
  return { counts: capture.counts, rows };
}

async function readBytes(bytes: Uint8Array): Promise<Read> {
  const file = path.join(folder, 'capture');
  await writeFile(file, bytes);
  return read(file);
}

const fixtures = (await readdir(FIXTURES)).filter((name) => /\.pcap(ng)?$/.test(name));

describe('CaptureFile', () => {
  it.each(fixtures)('sees in %s what tshark sees', async (name) => {
    const { counts, rows } = await read(path.join(FIXTURES, name));
    const expected = (await readFile(path.join(FIXTURES, `${name}.tsv`), 'utf8')).trim().split('\n');
    expect(rows).toEqual(expected);
    expect(counts).toMatchObject({ datagrams: expected.length, unknownLinks: 0, untimed: 0 });
    expect(counts.cutShort).toBe(name === 'half.pcap');
  });

  it('passes over fragments and cut packets, and counts them', async () => {
    const { counts } = await read(path.join(FIXTURES, 'mixed.pcapng'));
    expect(counts).toMatchObject({ frames: 138, fragments: 3, truncated: 12 });
  });

  it('reads a file as long as many pieces, with records over their edges', async () => {
    const call = await readFile(path.join(FIXTURES, 'nanoseconds.pcap'));
    const repeats = 600;
    const long = Buffer.concat([call, ...Array.from({ length: repeats - 1 }, () => call.subarray(24))]);
    expect(long.length).toBeGreaterThan(3 << 20);
    const once = await readBytes(call);
    const { counts, rows } = await readBytes(long);
    expect(counts).toMatchObject({ datagrams: 23 * repeats, cutShort: false });
    expect(rows).toEqual(Array.from({ length: repeats }, () => once.rows).flat());
  });

  it('reads up to where a file goes on as something else', async () => {
    const call = await readFile(path.join(FIXTURES, 'vlan.pcap'));
    const { counts } = await readBytes(Buffer.concat([call, Buffer.alloc(5000, 0xee)]));
    expect(counts).toMatchObject({ datagrams: 23, cutShort: true });
    const zeros = path.join(folder, 'zeros');
    await writeFile(zeros, call);
    await truncate(zeros, 10e9);
    expect((await read(zeros)).counts).toMatchObject({ datagrams: 23, cutShort: true });
  });

  it.each(['call.pcapng', 'options-big-endian.pcap'])('survives %s cut anywhere', async (name) => {
    const whole = await readFile(path.join(FIXTURES, name));
    let before = 0;
    for (let length = 40; length < 4000; length += 37) {
      const { counts } = await readBytes(whole.subarray(0, length));
      expect(counts.datagrams).toBeGreaterThanOrEqual(before);
      before = counts.datagrams;
    }
  });

  it('survives any byte being wrong', async () => {
    for (const name of ['call.pcapng', 'ipv6.pcap', 'sll2.pcapng', 'qinq.pcap']) {
      const whole = (await readFile(path.join(FIXTURES, name))).subarray(0, 1200);
      for (let at = 24; at < whole.length; at += 5) {
        const wrong = Buffer.from(whole);
        wrong[at] = (wrong[at] ?? 0) ^ 0xff;
        await expect(readBytes(wrong)).resolves.toBeDefined();
      }
    }
  });

  it('takes both byte orders of pcapng, a section after another, an offset, and counts packets without time', async () => {
    const { rows, counts } = await readBytes(
      Buffer.concat([
        section(true),
        interfaceBlock(true, [option(true, 9, [0x80 | 10]), option(true, 14, [0, 0, 0, 0, 0, 0, 0, 100])]),
        enhanced(true, 1024 * 7 + 512),
        section(false),
        interfaceBlock(false, [option(false, 9, [3])]),
        enhanced(false, 2500),
        block(false, 3, [...u32(false, RAW.length), ...RAW]),
      ]),
    );
    // 2^-10 s each, 100 s on; then ms.
    expect(rows.map((row) => row.split('\t')[0])).toEqual(['107500000', '2500000']);
    expect(counts).toMatchObject({ frames: 3, datagrams: 2, untimed: 1 });
  });

  it.each([
    [Buffer.from('RIFF....WAVEfmt '), 'not a capture (pcap or pcapng) but a WAV file'],
    [Buffer.from('{"v":2}'), 'JSON text'],
    [Buffer.from([0x1f, 0x8b, 8, 0]), 'compressed by gzip: unpack it first'],
    [Buffer.alloc(0), 'empty'],
    [Buffer.alloc(3000, 7), 'something else'],
    [Buffer.from([0xd4, 0xc3, 0xb2, 0xa1]), 'something else'],
  ])('says what a file is not (%#)', async (bytes, said) => {
    await expect(readBytes(bytes)).rejects.toThrow(said);
  });

  it('says that there is no such file, or that it is none', async () => {
    await expect(read(path.join(folder, 'none'))).rejects.toMatchObject({ kind: 'usage' });
    await expect(read(folder)).rejects.toMatchObject({
      kind: 'usage',
      message: `${folder} is not a file, and so no capture`,
    });
    const pipe = path.join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    await expect(read(pipe)).rejects.toThrow('is not a file');
  });
});

/** UDP of one byte in raw IPv4, 192.0.2.1:1 to 192.0.2.2:2. */
const RAW = [
  [0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2],
  [0, 1, 0, 2, 0, 9, 0, 0, 0x41],
].flat();

function u32(bigEndian: boolean, value: number): number[] {
  const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  return bigEndian ? bytes : bytes.toReversed();
}

function u16(bigEndian: boolean, value: number): number[] {
  const bytes = [value >> 8, value & 0xff];
  return bigEndian ? bytes : bytes.toReversed();
}

function padded(body: readonly number[]): number[] {
  return [...body, ...Array.from({ length: (4 - (body.length % 4)) % 4 }, () => 0)];
}

function block(bigEndian: boolean, type: number, body: readonly number[]): Buffer {
  const content = padded(body);
  const length = u32(bigEndian, content.length + 12);
  return Buffer.from([...u32(bigEndian, type), ...length, ...content, ...length]);
}

function section(bigEndian: boolean): Buffer {
  const unknownLength = Array.from({ length: 8 }, () => 0xff);
  const magic = u32(bigEndian, 0x1a2b3c4d);
  return block(bigEndian, 0x0a0d0d0a, [
    ...magic,
    ...u16(bigEndian, 1),
    ...u16(bigEndian, 0),
    ...unknownLength,
  ]);
}

function option(bigEndian: boolean, code: number, value: readonly number[]): number[] {
  return [...u16(bigEndian, code), ...u16(bigEndian, value.length), ...padded(value)];
}

function interfaceBlock(bigEndian: boolean, options: readonly number[][]): Buffer {
  const raw = [...u16(bigEndian, 101), 0, 0, ...u32(bigEndian, 0)];
  return block(bigEndian, 1, [...raw, ...options.flat(), 0, 0, 0, 0]);
}

function enhanced(bigEndian: boolean, ticks: number): Buffer {
  const head = [0, 0, ticks, RAW.length, RAW.length].flatMap((value) => u32(bigEndian, value));
  return block(bigEndian, 6, [...head, ...RAW]);
}
