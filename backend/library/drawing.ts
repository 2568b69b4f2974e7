import path from 'node:path';
import { rmsDbfs } from '../audio/level.ts';
import { LINE_RATE } from '../contract/party.ts';
import { SIGNAL_TRACKS, SignalBatch, readSignals, type SignalTrack } from '../contract/signals.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import type { TraceView } from '../contract/traces.ts';
import { readStart } from '../trace/files.ts';
import type { Trace } from '../trace/read.ts';

/** What the lanes draw of a trace: as it was stored, or made of the audio where it was not (imports, older traces). */

/** More than days of them; a file that is larger is not what it claims to be. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** Of levels that are made here. */
const LEVEL_EVERY_MS = 20;
/** A block's length has 16 bits; peaks are two bytes each. */
const BLOCK_BYTES = 0xfffe;

export interface Sides {
  readonly caller: Int16Array | null;
  readonly bot: Int16Array | null;
}

/** What is stored of peaks.bin up to its last whole block; null: there is none. */
export async function storedSignals({ dir, files }: Trace): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = await contentOf(dir, files, TRACE_FILES.peaks);
  if (!bytes) return null;
  let end = 0;
  try {
    readSignals(bytes, (_call, _track, _start, values) => {
      end = values.byteOffset + values.length - bytes.byteOffset;
    });
  } catch {
    // Its writer was stopped in the middle of a block.
  }
  return end === 0 ? null : bytes.subarray(0, end);
}

/** Peaks of the audio, and the probability of speech where it is stored. */
export async function madeSignals(trace: Trace, sides: Sides): Promise<Uint8Array<ArrayBuffer> | null> {
  const batch = new SignalBatch();
  const call = trace.manifest?.call ?? path.basename(trace.dir);
  for (const side of ['caller', 'bot'] as const) {
    const pcm = sides[side];
    if (pcm) appendBlocks(batch, call, side, peaksOf(pcm));
  }
  const voice = await storedTrack(trace, TRACE_FILES.vad);
  if (voice?.everyMs === (SIGNAL_TRACKS.voice.stepSamples / LINE_RATE) * 1000)
    appendBlocks(
      batch,
      call,
      'voice',
      Uint8Array.from(voice.values, (value) => Math.round(255 * value)),
    );
  return batch.take();
}

/** Levels of both sides in turn; null: neither could be read. */
export async function storedLevels(trace: Trace): Promise<TraceView['levels']> {
  const stored = await storedTrack(trace, TRACE_FILES.levels);
  return stored?.channels === 2 ? { everyMs: stored.everyMs, values: stored.values } : null;
}

/** The same of the audio. */
export function madeLevels({ caller, bot }: Sides): TraceView['levels'] {
  const step = (LINE_RATE / 1000) * LEVEL_EVERY_MS;
  const silence = new Int16Array(0);
  const count = Math.ceil(Math.max(caller?.length ?? 0, bot?.length ?? 0) / step);
  if (count === 0) return null;
  const values = new Float32Array(2 * count);
  for (let i = 0; i < count; i += 1) {
    values[2 * i] = rmsDbfs((caller ?? silence).subarray(i * step, (i + 1) * step));
    values[2 * i + 1] = rmsDbfs((bot ?? silence).subarray(i * step, (i + 1) * step));
  }
  return { everyMs: LEVEL_EVERY_MS, values };
}

/** Lowest and highest upper byte of each 2.5 ms, as contract/signals.ts has them. */
function peaksOf(pcm: Int16Array): Uint8Array {
  const step = SIGNAL_TRACKS.caller.stepSamples;
  const peaks = new Uint8Array(2 * Math.ceil(pcm.length / step));
  for (let at = 0, out = 0; at < pcm.length; at += step, out += 2) {
    let lowest = pcm[at] ?? 0;
    let highest = lowest;
    const end = Math.min(at + step, pcm.length);
    for (let i = at + 1; i < end; i += 1) {
      const sample = pcm[i] ?? 0;
      if (sample < lowest) lowest = sample;
      else if (sample > highest) highest = sample;
    }
    peaks[out] = lowest >> 8;
    peaks[out + 1] = highest >> 8;
  }
  return peaks;
}

function appendBlocks(batch: SignalBatch, call: string, track: SignalTrack, values: Uint8Array): void {
  const { stepSamples, valueBytes } = SIGNAL_TRACKS[track];
  for (let at = 0; at < values.length; at += BLOCK_BYTES) {
    const start = (at / valueBytes) * stepSamples;
    batch.append(call, track, start, values.subarray(at, at + BLOCK_BYTES));
  }
}

/** A sampled track of the manifest. */
async function storedTrack(
  { dir, files, manifest }: Trace,
  file: string,
): Promise<{ readonly everyMs: number; readonly channels: number; readonly values: Float32Array } | null> {
  const track = manifest?.tracks.find((one) => one.file === file);
  const bytes = track && (await contentOf(dir, files, file));
  if (!track || !bytes || track.every_ms <= 0) return null;
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
  return { everyMs: track.every_ms, channels: track.channels, values };
}

async function contentOf(
  dir: string,
  files: Trace['files'],
  name: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!files.some((file) => file.name === name)) return null;
  const found = await readStart(path.join(dir, name), MAX_FILE_BYTES).catch(() => null);
  return found?.bytes ?? null;
}
