import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError, explain } from '../base/errors.ts';
import { LINE_RATE } from '../contract/party.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import type { ExportFormat } from '../contract/traces.ts';
import { cuesOf, vttOf } from '../fold/transcript.ts';
import { measureRecorded } from '../measure/measure.ts';
import { packTrace } from '../trace/archive.ts';
import { traceEntry } from '../trace/entry.ts';
import type { Trace } from '../trace/read.ts';
import { chromeTrace } from './chrome.ts';
import { otelTrace } from './otel.ts';
import { page } from './page.ts';
import { levelsOf, openSide, peaksOf, type Side } from './sides.ts';
import { monoWav, stereoBytes, stereoWav } from './stereo.ts';
import { vcon } from './vcon.ts';

/** Formats of one file each, which may as well be written somewhere else than into a file. */
export type StreamFormat = Exclude<ExportFormat, 'sidetone' | 'wav'>;

const SUFFIX: Readonly<Record<ExportFormat, string>> = {
  sidetone: '.sidetone',
  vtt: '.vtt',
  wav: '.wav',
  stereo: '.wav',
  pcap: '.pcap',
  chrome: '.trace.json',
  vcon: '.vcon.json',
  otel: '.otlp.json',
  html: '.html',
};

/** What an export of this trace is called when nobody says otherwise. */
export function exportName(call: string, format: ExportFormat): string {
  return `${call}${SUFFIX[format]}`;
}

/**
 * Writes a trace in another format (docs/export.md) and returns the files written: `file`, save for `wav`, which makes
 * two of it, NAME-caller.wav and NAME-bot.wav. A file is there whole or not at all.
 *
 * @throws SidetoneError 'usage' when the trace lacks what the format is made of; 'environment' when a file cannot be
 * read or written.
 */
export async function exportTrace(
  trace: Trace,
  format: ExportFormat,
  file: string,
): Promise<readonly string[]> {
  try {
    return await writeAs(trace, format, file);
  } catch (error) {
    if (error instanceof SidetoneError) throw error;
    throw new SidetoneError('environment', `the export could not be written: ${explain(error)}`, {
      hint: 'see who may read the trace, who may write there, and whether the disk has room',
      cause: error,
    });
  }
}

async function writeAs(trace: Trace, format: ExportFormat, file: string): Promise<readonly string[]> {
  if (format === 'sidetone') {
    await packTrace(trace.dir, file);
    return [file];
  }
  if (format !== 'wav') {
    await writeWhole(file, exported(trace, format));
    return [file];
  }
  const written: string[] = [];
  for (const name of ['caller', 'bot'] as const) {
    const side = await openSide(trace, name);
    if (!side) continue;
    const { dir, name: base } = path.parse(file);
    const own = path.join(dir, `${base}-${name}.wav`);
    await writeWhole(own, monoWav(side));
    written.push(own);
  }
  if (written.length === 0) throw noRecording();
  return written;
}

/** The same in pieces. @throws likewise, with the first piece. */
export async function* exported(
  trace: Trace,
  format: StreamFormat,
): AsyncGenerator<string | Uint8Array, void> {
  switch (format) {
    case 'vtt':
      yield vttOf(cuesOf(trace.events));
      break;
    case 'pcap':
      if (!trace.files.some(({ name }) => name === TRACE_FILES.wire))
        throw new SidetoneError('usage', 'the trace has no capture of its packets');
      yield* createReadStream(path.join(trace.dir, TRACE_FILES.wire));
      break;
    case 'stereo': {
      const { caller, bot } = await sidesOf(trace);
      if (!caller && !bot) throw noRecording();
      yield* stereoWav(caller, bot);
      break;
    }
    case 'chrome':
      yield await chromeOf(trace);
      break;
    case 'otel':
      yield await otelOf(trace);
      break;
    case 'vcon':
      yield* vconOf(trace);
      break;
    case 'html':
      yield* pageOf(trace);
      break;
  }
}

const LEVEL_MS = 100;

async function chromeOf(trace: Trace): Promise<string> {
  const { caller, bot } = await sidesOf(trace);
  const call = trace.manifest?.call ?? (await traceEntry(trace)).id;
  const step = (LEVEL_MS * LINE_RATE) / 1000;
  const level = async (side: Side | null): Promise<Float32Array> =>
    side === null ? new Float32Array(0) : levelsOf(side, step);
  const levels = { everyMs: LEVEL_MS, caller: await level(caller), bot: await level(bot) };
  return chromeTrace({ ...trace, call, metrics: await measureRecorded(trace), levels });
}

async function otelOf(trace: Trace): Promise<string> {
  const { startedMs } = await traceEntry(trace);
  const wallMs = trace.manifest?.clock.wall_ms ?? startedMs;
  return otelTrace(trace.events, await measureRecorded(trace), trace.manifest, wallMs);
}

async function* vconOf(trace: Trace): AsyncGenerator<string, void> {
  const { caller, bot } = await sidesOf(trace);
  const { id, party, peer, startedMs, durationMs } = await traceEntry(trace);
  const place = caller || bot ? randomUUID() : null;
  const text = vcon({
    ...trace,
    call: trace.manifest?.call ?? id,
    party,
    peer,
    startedMs,
    durationMs: longest(durationMs, caller, bot),
    nowMs: Date.now(),
    metrics: await measureRecorded(trace),
    transcript: vttOf(cuesOf(trace.events)),
    audio: place,
  });
  yield* withAudio(text, place, () => inBase64(stereoWav(caller, bot), 'base64url', ''));
}

/** More than a wide screen has, and room to look closer. */
const PEAKS = 24_000;
const FINEST_PEAK_SAMPLES = 20;

async function* pageOf(trace: Trace): AsyncGenerator<string, void> {
  const { caller, bot } = await sidesOf(trace);
  const entry = await traceEntry(trace);
  const samples = Math.max(caller?.samples ?? 0, bot?.samples ?? 0);
  const step = Math.max(FINEST_PEAK_SAMPLES, Math.ceil(samples / PEAKS));
  const peaks = async (side: Side | null): Promise<Int8Array> =>
    side === null ? new Int8Array(0) : peaksOf(side, step);
  const place = samples > 0 ? randomUUID() : null;
  const text = page({
    ...trace,
    entry,
    metrics: await measureRecorded(trace),
    durationMs: longest(entry.durationMs, caller, bot),
    peaks: { stepMs: (step * 1000) / LINE_RATE, caller: await peaks(caller), bot: await peaks(bot) },
    audio: place === null ? null : { base64: place, bytes: stereoBytes(caller, bot) },
  });
  yield* withAudio(text, place, () => inBase64(stereoWav(caller, bot), 'base64', '\n'));
}

/** The recording takes the place of a mark that nobody could have known, so that it never is one string. */
async function* withAudio(
  text: string,
  place: string | null,
  audio: () => AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  const [head = '', tail] = place === null ? [text] : text.split(place);
  yield head;
  if (tail === undefined) return;
  yield* audio();
  yield tail;
}

/** Each piece ends where a group of base64 does. */
async function* inBase64(
  bytes: AsyncIterable<Uint8Array>,
  encoding: 'base64' | 'base64url',
  after: string,
): AsyncGenerator<string, void> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of bytes) {
    const all = Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % 3);
    yield all.toString(encoding, 0, whole) + after;
    rest = all.subarray(whole);
  }
  yield Buffer.from(rest).toString(encoding);
}

async function sidesOf(trace: Trace): Promise<{ caller: Side | null; bot: Side | null }> {
  return { caller: await openSide(trace, 'caller'), bot: await openSide(trace, 'bot') };
}

function longest(durationMs: number | null, caller: Side | null, bot: Side | null): number {
  const samples = Math.max(caller?.samples ?? 0, bot?.samples ?? 0);
  return Math.max(durationMs ?? 0, (samples * 1000) / LINE_RATE);
}

async function writeWhole(file: string, content: AsyncIterable<string | Uint8Array>): Promise<void> {
  const unfinished = `${file}.new`;
  try {
    // Closed when this is done or has failed: a stream might make the file anew after it was removed.
    await writeFile(unfinished, content);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function noRecording(): SidetoneError {
  return new SidetoneError('usage', 'the trace has no recording that can be read');
}
