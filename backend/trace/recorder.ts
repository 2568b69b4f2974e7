import { mkdir } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { CallEvent } from '../contract/events.ts';
import type { RecordManifest } from '../contract/record.ts';
import { PCAP_RECORD_OVERHEAD, pcapHeader, type PcapFlow } from '../rtp/pcap.ts';
import { AppendFile } from './append-file.ts';
import { writeManifest } from './complete.ts';
import { WavTrack } from './wav-track.ts';

export type RecordStart = Pick<RecordManifest, 'sidetone' | 'call' | 'peer' | 'party' | 'codec' | 'started'>;

/** VAD probability: one value per 32 ms frame. */
const PROBABILITY_EVERY_MS = 32;

/**
 * The record of one call, written as the call goes. Every method returns at once: bytes are gathered in memory and
 * handed to the disk by flush(), once a second. When the disk refuses, the call goes on, `onTrouble` is told once,
 * and the manifest says the record was cut.
 */
export class Recorder {
  readonly dir: string;
  readonly #start: RecordStart;
  readonly #onTrouble: (message: string) => void;
  readonly #events: AppendFile;
  readonly #caller: WavTrack;
  readonly #bot: WavTrack;
  readonly #wire: AppendFile;
  readonly #probability: AppendFile;
  readonly #one = new Float32Array(1);
  readonly #oneBytes = new Uint8Array(this.#one.buffer);
  #manifest: Promise<void>;
  #cut = false;

  constructor(recordsDir: string, start: RecordStart, onTrouble: (message: string) => void) {
    this.dir = path.join(recordsDir, start.call);
    this.#start = start;
    this.#onTrouble = onTrouble;
    try {
      mkdirSync(this.dir, { recursive: true });
    } catch {
      // The first file that cannot be opened in it says so.
    }
    const failed = (error: unknown): void => this.#trouble(error);
    this.#events = new AppendFile(path.join(this.dir, 'events.ndjson'), failed);
    this.#caller = new WavTrack(this.dir, 'caller.wav', failed);
    this.#bot = new WavTrack(this.dir, 'bot.wav', failed);
    this.#wire = new AppendFile(path.join(this.dir, 'wire.pcap'), failed);
    this.#wire.append(pcapHeader());
    this.#probability = new AppendFile(path.join(this.dir, 'vad.f32'), failed);
    this.#manifest = this.#writeManifest('recording', null, null);
  }

  event(event: CallEvent): void {
    this.#events.append(Buffer.from(`${JSON.stringify(event)}\n`));
  }

  /** `position`: sample index since the call's start, which is sample 0 of both tracks. */
  caller(pcm: Int16Array, position: number): void {
    this.#caller.write(pcm, position);
  }

  bot(pcm: Int16Array, position: number): void {
    this.#bot.write(pcm, position);
  }

  datagram(flow: PcapFlow, epochMicros: number, datagram: Uint8Array): void {
    const room = this.#wire.reserve(datagram.length + PCAP_RECORD_OVERHEAD);
    if (room) this.#wire.commit(flow.write(room.buffer, room.offset, epochMicros, datagram));
  }

  probability(value: number): void {
    this.#one[0] = value;
    this.#probability.append(this.#oneBytes);
  }

  async flush(): Promise<void> {
    await Promise.all([
      this.#manifest,
      this.#events.flush(),
      this.#caller.flush(),
      this.#bot.flush(),
      this.#wire.flush(),
      this.#probability.flush(),
    ]);
  }

  async close(ended: string, durationMs: number): Promise<void> {
    await Promise.all([
      this.#events.close(),
      this.#caller.close(),
      this.#bot.close(),
      this.#wire.close(),
      this.#probability.close(),
    ]);
    await this.#manifest;
    await this.#writeManifest(this.#cut ? 'cut' : 'complete', ended, durationMs);
  }

  async #writeManifest(
    state: RecordManifest['state'],
    ended: string | null,
    durationMs: number | null,
  ): Promise<void> {
    try {
      await mkdir(this.dir, { recursive: true });
      await writeManifest(this.dir, {
        v: 1,
        ...this.#start,
        state,
        ended,
        duration_ms: durationMs,
        files: { events: 'events.ndjson', caller: 'caller.wav', bot: 'bot.wav', wire: 'wire.pcap' },
        tracks: [{ file: 'vad.f32', what: 'probability of caller speech', every_ms: PROBABILITY_EVERY_MS }],
      });
    } catch (error) {
      this.#trouble(error);
    }
  }

  #trouble(error: unknown): void {
    if (this.#cut) return;
    this.#cut = true;
    const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    const why = full ? 'the disk is full' : error instanceof Error ? error.message : String(error);
    this.#onTrouble(`recording stopped: ${why}; the call goes on`);
  }
}
