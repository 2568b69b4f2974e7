import { open } from 'node:fs/promises';
import path from 'node:path';
import { wavHeader } from '../audio/wav.ts';
import { rmsDbfs } from '../audio/level.ts';
import { LINE_RATE } from '../contract/party.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { readStart } from '../trace/files.ts';
import { readTrack, type Trace } from '../trace/read.ts';

/** A recorded side of a call, 8 kHz, read in pieces: an hour is never in memory at once. */
export interface Side {
  readonly samples: number;
  /** The samples from `from` on, in pieces of `size`, the last one shorter. Each is good until the next. */
  pieces(size: number): AsyncGenerator<Int16Array, void, undefined>;
}

const HEADER_BYTES = 44;
const READ_SAMPLES = 1 << 15;
/** As far as readers go. */
const MAX_SAMPLES = 8 * 3600 * LINE_RATE;

/** null: there is none, or none that can be read. */
export async function openSide(trace: Trace, side: 'caller' | 'bot'): Promise<Side | null> {
  const file = path.join(trace.dir, TRACE_FILES[side]);
  const { bytes: header, total } = await readStart(file, HEADER_BYTES).catch(() => ({
    bytes: Buffer.alloc(0),
    total: 0,
  }));
  if (isOurs(header))
    return { samples: samplesIn(header, total), pieces: (size) => pieces(file, header, total, size) };
  const pcm = await readTrack(trace, side);
  return pcm && { samples: pcm.length, pieces: (size) => piecesOf(pcm, size) };
}

/** Whether it is what our writers put before the samples, whatever it says of their number. */
function isOurs(header: Buffer): boolean {
  const ours = Buffer.from(wavHeader({ sampleRate: LINE_RATE, samples: null }));
  return (
    header.length === HEADER_BYTES &&
    [
      [0, 4],
      [8, 40],
    ].every(([from, to]) => header.subarray(from, to).equals(ours.subarray(from, to)))
  );
}

/** One that was cut short, or whose length was never put in, goes to its end; more chunks may follow in an edited one. */
function samplesIn(header: Buffer, total: number): number {
  const there = total - HEADER_BYTES;
  const said = header.readUInt32LE(40);
  const edited = said < there && header.readUInt32LE(4) + 8 >= total;
  return Math.min(MAX_SAMPLES, Math.floor((edited ? said : there) / 2));
}

async function* pieces(
  file: string,
  header: Buffer,
  total: number,
  size: number,
): AsyncGenerator<Int16Array, void> {
  const pcm = new Int16Array(size);
  const bytes = new Uint8Array(pcm.buffer);
  const handle = await open(file, 'r');
  try {
    for (let left = samplesIn(header, total), at = HEADER_BYTES; left > 0;) {
      const wanted = Math.min(left, size) * 2;
      let got = 0;
      while (got < wanted) {
        const { bytesRead } = await handle.read(bytes, got, wanted - got, at + got);
        if (bytesRead === 0) return;
        got += bytesRead;
      }
      yield pcm.subarray(0, wanted / 2);
      at += wanted;
      left -= wanted / 2;
    }
  } finally {
    await handle.close();
  }
}

async function* piecesOf(pcm: Int16Array, size: number): AsyncGenerator<Int16Array, void> {
  for (let at = 0; at < pcm.length; at += size) yield pcm.subarray(at, at + size);
}

/** The samples in blocks of `step`, read by many at once. */
async function* blocks(side: Side, step: number): AsyncGenerator<Int16Array, void> {
  for await (const pcm of side.pieces(step * Math.ceil(READ_SAMPLES / step))) {
    for (let at = 0; at < pcm.length; at += step) yield pcm.subarray(at, at + step);
  }
}

/** Lowest and highest sample of each `step`, int8 each (the sample's upper byte), for drawing. */
export async function peaksOf(side: Side, step: number): Promise<Int8Array> {
  const peaks = new Int8Array(2 * Math.ceil(side.samples / step));
  let at = 0;
  for await (const pcm of blocks(side, step)) {
    let [lowest, highest] = [0, 0];
    for (const sample of pcm) {
      if (sample < lowest) lowest = sample;
      if (sample > highest) highest = sample;
    }
    peaks[at] = lowest >> 8;
    peaks[at + 1] = highest >> 8;
    at += 2;
  }
  return peaks;
}

/** dBFS of each `step` samples. */
export async function levelsOf(side: Side, step: number): Promise<Float32Array> {
  const levels = new Float32Array(Math.ceil(side.samples / step));
  let at = 0;
  for await (const pcm of blocks(side, step)) levels[at++] = rmsDbfs(pcm);
  return levels;
}
