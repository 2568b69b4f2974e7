import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { SignalBatch } from '../contract/signals.ts';
import { TRACE_FILES, TRACE_VERSION, ttsFile, type TraceManifest } from '../contract/trace.ts';
import { METRICS_VERSION } from '../contract/traces.ts';
import { PCAP_RECORD_OVERHEAD, pcapHeader, type PcapFlow } from '../rtp/pcap.ts';
import { AppendFile } from './append-file.ts';
import { Ending } from './ending.ts';
import { FloatTrack } from './float-track.ts';
import { LEVEL_EVERY_MS, LevelTrack } from './levels.ts';
import { overwriteManifest, writeManifest } from './manifest-file.ts';
import { WavTrack } from './wav-track.ts';

export interface TraceStart
  extends
    Pick<TraceManifest, 'sidetone' | 'call' | 'peer' | 'party' | 'codec' | 'ptime_ms' | 'bot'>,
    Partial<Pick<TraceManifest, 'origin' | 'replay_of' | 'dtmf_masked' | 'line'>> {
  /** The call's start, clock ms. */
  readonly startedAt: number;
}

/** VAD probability: one value per 32 ms frame. */
const PROBABILITY_EVERY_MS = 32;
const SAMPLES_PER_MS = LINE_RATE / 1000;
/** Frames of the microphone follow one another; a pause longer than this between them is a hole. */
const MICROPHONE_PAUSE = 100 * SAMPLES_PER_MS;

/**
 * The trace of one call, written as the call goes. Every method returns at once: bytes are gathered in memory and
 * handed to the disk by flush(), once a second. When the disk refuses, the call goes on, `onTrouble` is told why, once,
 * and the manifest says the trace was cut.
 */
export class Recorder {
  readonly dir: string;
  /** Dense signals on their way to the disk. */
  readonly peaks = new SignalBatch();
  readonly #manifest: TraceManifest;
  readonly #onTrouble: (why: string) => void;
  readonly #folder: Promise<unknown>;
  readonly #events: AppendFile;
  readonly #caller: WavTrack;
  readonly #bot: WavTrack;
  readonly #wire: AppendFile;
  readonly #probabilityFile: AppendFile;
  readonly #probability: FloatTrack;
  readonly #levelsFile: AppendFile;
  readonly #levels: LevelTrack;
  readonly #peaksFile: AppendFile;
  readonly #ending = new Ending();
  #microphone: WavTrack | null = null;
  /** What the voice makes, by generation; one at a time. */
  #tts: { readonly generation: number; readonly track: WavTrack } | null = null;
  #ttsFolder: Promise<unknown> | null = null;
  readonly #closing: Promise<void>[] = [];
  #manifestWritten: Promise<void>;
  #cut = false;

  constructor(recordsDir: string, start: TraceStart, onTrouble: (why: string) => void) {
    this.dir = path.join(recordsDir, start.call);
    this.#manifest = manifestOf(start);
    this.#onTrouble = onTrouble;
    this.#folder = mkdir(this.dir, { recursive: true });
    this.#events = this.#append(TRACE_FILES.events);
    this.#caller = this.#track(TRACE_FILES.caller, LINE_RATE);
    this.#bot = this.#track(TRACE_FILES.bot, LINE_RATE);
    this.#wire = this.#append(TRACE_FILES.wire);
    this.#wire.append(pcapHeader());
    this.#probabilityFile = this.#append(TRACE_FILES.vad);
    this.#probability = new FloatTrack(this.#probabilityFile, PROBABILITY_EVERY_MS * SAMPLES_PER_MS);
    this.#levelsFile = this.#append(TRACE_FILES.levels);
    this.#levels = new LevelTrack(this.#levelsFile);
    this.#peaksFile = this.#append(TRACE_FILES.peaks);
    this.#manifestWritten = this.#folder
      .then(() => writeManifest(this.dir, this.#manifest))
      .catch((error: unknown) => this.#trouble(error));
  }

  event(event: CallEvent): void {
    this.#events.appendText(`${JSON.stringify(event)}\n`);
    this.#ending.apply(event);
  }

  /** `position`: sample index since the call's start, which is sample 0 of both tracks. */
  caller(pcm: Int16Array, position: number): void {
    this.#caller.write(pcm, position);
    this.#levels.write('caller', pcm, position);
  }

  bot(pcm: Int16Array, position: number): void {
    this.#bot.write(pcm, position);
    this.#levels.write('bot', pcm, position);
  }

  /** What the bot's voice made, whether or not it will be heard. Nothing of an earlier generation follows. */
  produced(generation: number, pcm: Int16Array, sampleRate: number): void {
    if (generation < (this.#tts?.generation ?? 0)) return;
    if (this.#tts?.generation !== generation) {
      if (this.#tts) this.#closing.push(this.#tts.track.close());
      this.#ttsFolder ??= mkdir(path.join(this.dir, 'tts'), { recursive: true });
      this.#tts = { generation, track: this.#track(ttsFile(generation), sampleRate, this.#ttsFolder) };
    }
    const { track } = this.#tts;
    track.write(pcm, track.samples);
  }

  /** The person's microphone as it comes, 8 kHz. `now`: clock ms. */
  microphone(pcm: Int16Array, now: number): void {
    this.#microphone ??= this.#track(TRACE_FILES.microphone, LINE_RATE);
    const position = Math.round((now - this.#manifest.clock.monotonic_ms) * SAMPLES_PER_MS) - pcm.length;
    const { samples } = this.#microphone;
    const follows = samples > 0 && position - samples <= MICROPHONE_PAUSE;
    this.#microphone.write(pcm, follows ? samples : position);
  }

  datagram(flow: PcapFlow, epochMicros: number, datagram: Uint8Array): void {
    const room = this.#wire.reserve(datagram.length + PCAP_RECORD_OVERHEAD);
    if (room) this.#wire.commit(flow.write(room.buffer, room.offset, epochMicros, datagram));
  }

  /** That the 32 ms from `sample` of the call on hold the caller's speech: 0..1. */
  probability(value: number, sample: number): void {
    this.#probability.write(value, sample);
  }

  async flush(): Promise<void> {
    this.#levels.flush();
    const peaks = this.peaks.take();
    if (peaks) this.#peaksFile.append(peaks);
    await Promise.all([this.#manifestWritten, ...this.#open.map((file) => file.flush())]);
  }

  /** Nothing may be written any more. Resolves when the trace is complete on the disk. */
  async close(ended: string, durationMs: number): Promise<void> {
    this.#levels.end();
    await this.flush();
    await Promise.all([...this.#closing, ...this.#open.map((file) => file.close())]);
    await this.#manifestWritten;
    const end = { ended, duration_ms: durationMs };
    try {
      const written = await this.#ending.write(this.dir);
      const state = this.#cut ? 'cut' : 'complete';
      await writeManifest(this.dir, { ...this.#manifest, ...end, ...written, state });
    } catch (error) {
      this.#trouble(error);
      await this.#manifestWritten;
      await overwriteManifest(this.dir, { ...this.#manifest, ...end, state: 'cut' });
    }
  }

  get #open(): readonly (AppendFile | WavTrack)[] {
    const { tts, microphone } = { tts: this.#tts?.track, microphone: this.#microphone };
    return [
      this.#events,
      this.#caller,
      this.#bot,
      this.#wire,
      this.#probabilityFile,
      this.#levelsFile,
      this.#peaksFile,
      ...(tts ? [tts] : []),
      ...(microphone ? [microphone] : []),
    ];
  }

  #append(name: string, folder = this.#folder): AppendFile {
    return new AppendFile(path.join(this.dir, name), folder, (error) => this.#trouble(error));
  }

  #track(name: string, sampleRate: number, folder?: Promise<unknown>): WavTrack {
    return new WavTrack(this.#append(name, folder), sampleRate);
  }

  #trouble(error: unknown): void {
    if (this.#cut) return;
    this.#cut = true;
    // At once: a process that is killed afterwards cannot say it any more.
    this.#manifestWritten = this.#tellCut(this.#manifestWritten);
    const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    const why = full ? 'the disk is full' : error instanceof Error ? error.message : String(error);
    this.#onTrouble(why);
  }

  async #tellCut(before: Promise<void>): Promise<void> {
    await before;
    await overwriteManifest(this.dir, { ...this.#manifest, state: 'cut' });
  }
}

function manifestOf({ startedAt, ...start }: TraceStart): TraceManifest {
  const wall_ms = performance.timeOrigin + startedAt;
  const [cpu] = os.cpus();
  return {
    v: TRACE_VERSION,
    origin: (start.replay_of ?? null) === null ? 'call' : 'replay',
    replay_of: null,
    dtmf_masked: false,
    line: null,
    ...start,
    started: new Date(wall_ms).toISOString(),
    state: 'recording',
    ended: null,
    duration_ms: null,
    impairment: null,
    host: {
      platform: process.platform,
      arch: process.arch,
      cpu: cpu?.model ?? 'unknown',
      cores: os.availableParallelism(),
      node: process.version,
      pid: process.pid,
    },
    clock: { wall_ms, monotonic_ms: startedAt },
    mapping: [],
    tracks: [
      {
        file: TRACE_FILES.vad,
        what: 'probability of caller speech',
        unit: '1',
        channels: 1,
        every_ms: PROBABILITY_EVERY_MS,
      },
      {
        file: TRACE_FILES.levels,
        what: 'level of caller and bot',
        unit: 'dBFS',
        channels: 2,
        every_ms: LEVEL_EVERY_MS,
      },
    ],
    metrics: METRICS_VERSION,
    summary: null,
    sha256: {},
  };
}
