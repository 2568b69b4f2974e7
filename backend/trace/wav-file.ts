import { open } from 'node:fs/promises';
import path from 'node:path';
import { readWav } from '../audio/wav.ts';
import { SidetoneError } from '../base/errors.ts';
import { LINE_RATE } from '../contract/party.ts';
import { readStart, whyUnreadable } from './files.ts';

/** What our writers put before the samples. */
const HEADER_BYTES = 44;
/** Longer than any call; a file that claims to be longer is not read to its end. */
const MAX_SAMPLES = 8 * 3600 * LINE_RATE;

interface Extent {
  /** Samples that stand in the file, at most MAX_SAMPLES. */
  readonly samples: number;
  /** For a person; null: nothing is wrong. */
  readonly problem: string | null;
}

/** What is wrong with a recorded side's file, without reading its samples; null: nothing. */
export async function sideProblem(dir: string, name: string): Promise<string | null> {
  const file = path.join(dir, name);
  const { bytes, total } = await readStart(file, HEADER_BYTES);
  const plain = isPlain(bytes) && rateOf(bytes) === LINE_RATE;
  const problem = plain ? extentOf(bytes, total).problem : await foreignProblem(file);
  return problem === null ? null : `${name} ${problem}`;
}

/** The same of a recording at any rate that our writers made. */
export async function wavProblem(dir: string, name: string): Promise<string | null> {
  const { bytes, total } = await readStart(path.join(dir, name), HEADER_BYTES);
  const problem = isPlain(bytes) ? extentOf(bytes, total).problem : 'is not as it was written';
  return problem === null ? null : `${name} ${problem}`;
}

/**
 * The samples of a recorded side, 8 kHz. One whose writer was stopped says nothing of its length, or too little: it is
 * read to its end.
 *
 * @throws as the file system does; SidetoneError 'usage' when it is no WAV at 8 kHz.
 */
export async function readSide(dir: string, name: string): Promise<Int16Array> {
  const file = path.join(dir, name);
  const { bytes: header, total } = await readStart(file, HEADER_BYTES);
  if (!isPlain(header) || rateOf(header) !== LINE_RATE) return readForeign(file);
  const pcm = new Int16Array(extentOf(header, total).samples);
  const bytes = new Uint8Array(pcm.buffer);
  const handle = await open(file, 'r');
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, HEADER_BYTES + at);
      if (bytesRead === 0) return pcm.subarray(0, at >> 1);
      at += bytesRead;
    }
    return pcm;
  } finally {
    await handle.close();
  }
}

/** Whether this is the header that our writers put: 16-bit mono PCM, samples from byte 44 on. */
function isPlain(header: Buffer): boolean {
  return (
    header.length === HEADER_BYTES &&
    header.toString('latin1', 0, 4) === 'RIFF' &&
    header.toString('latin1', 8, 16) === 'WAVEfmt ' &&
    header.readUInt32LE(16) === 16 &&
    header.readUInt16LE(20) === 1 &&
    header.readUInt16LE(22) === 1 &&
    rateOf(header) > 0 &&
    header.readUInt16LE(34) === 16 &&
    header.toString('latin1', 36, 40) === 'data'
  );
}

function rateOf(header: Buffer): number {
  return header.readUInt32LE(24);
}

function extentOf(header: Buffer, total: number): Extent {
  const riffBytes = header.readUInt32LE(4) + 8;
  const said = header.readUInt32LE(40);
  const there = total - HEADER_BYTES;
  // More chunks follow the samples: somebody has edited the file, its header tells the truth.
  const edited = said < there && riffBytes >= total;
  const samples = Math.floor((edited ? said : there) / 2);
  if (samples > MAX_SAMPLES)
    return {
      samples: MAX_SAMPLES,
      problem: `claims ${hours(samples)} h; only the first ${hours(MAX_SAMPLES)} h are read`,
    };
  return { samples, problem: edited ? null : lengthProblem(said, there, rateOf(header)) };
}

function lengthProblem(said: number, there: number, rate: number): string | null {
  // The length is put in when the call is over: until then it says 'unknown'.
  if (said === there || said === 0xffffffff) return null;
  const [saidS, thereS] = [said, there].map((bytes) => (bytes / 2 / rate).toFixed(2));
  return said < there
    ? `is longer than its header says (${thereS} s, not ${saidS} s); it is read to its end`
    : `is shorter than its header says (${thereS} s, not ${saidS} s): its end is missing`;
}

async function readForeign(file: string): Promise<Int16Array> {
  const { bytes } = await readStart(file, MAX_SAMPLES * 2);
  const { pcm, sampleRate } = readWav(bytes);
  if (sampleRate !== LINE_RATE)
    throw new SidetoneError('usage', `it has ${sampleRate} samples a second instead of ${LINE_RATE}`);
  return pcm;
}

/** Of a side that somebody has converted: whether it can be read all the same. */
async function foreignProblem(file: string): Promise<string | null> {
  try {
    await readForeign(file);
    return null;
  } catch (error) {
    return whyUnreadable(error);
  }
}

function hours(samples: number): string {
  return (samples / LINE_RATE / 3600).toFixed(1);
}
