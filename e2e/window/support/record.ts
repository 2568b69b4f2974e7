import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readWav } from '../../../backend/audio/wav.ts';
import { callEvent, type CallEvent } from '../../../backend/contract/events.ts';
import { traceManifest, type TraceManifest } from '../../../backend/contract/trace.ts';
import { until } from '../../support/until.ts';

/** Of a WAV of PCM, as ours are. */
const WAV_HEADER_BYTES = 44;

export type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** What a call leaves on the disk, and what the window is held against: it comes from there past the window. */
export class CallRecord {
  readonly dir: string;
  readonly party: string;

  private constructor(dir: string, { party }: TraceManifest) {
    this.dir = dir;
    this.party = party;
  }

  /** In the order of their starts. */
  static all(folder: string): CallRecord[] {
    if (!existsSync(folder)) return [];
    const dirs = readdirSync(folder).toSorted();
    return dirs
      .map((name) => path.join(folder, name))
      .filter((dir) => existsSync(path.join(dir, 'manifest.json')))
      .map((dir) => new CallRecord(dir, manifestIn(dir)));
  }

  get id(): string {
    return path.basename(this.dir);
  }

  get manifest(): TraceManifest {
    return manifestIn(this.dir);
  }

  /** Those on the disk so far. */
  get events(): CallEvent[] {
    const lines = readFileSync(path.join(this.dir, 'events.ndjson'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => callEvent.parse(JSON.parse(line)));
  }

  all<Type extends CallEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The first event of the type that `matches`, on the disk already or still to come. */
  async event<Type extends CallEvent['type']>(
    type: Type,
    matches: (event: EventOf<Type>) => boolean = () => true,
    deadlineMs?: number,
  ): Promise<EventOf<Type>> {
    return until(`${type} of ${this.party}`, () => this.all(type).find(matches), deadlineMs);
  }

  /** The call is over and all of it on the disk. */
  async over(deadlineMs?: number): Promise<void> {
    await until(
      `the end of ${this.party}'s call`,
      () => this.manifest.state !== 'recording' && this.all('call.ended').length > 0,
      deadlineMs,
    );
  }

  /** 8 kHz, from the call's start. */
  audio(of: 'caller' | 'bot'): Int16Array {
    return readWav(readFileSync(path.join(this.dir, `${of}.wav`))).pcm;
  }

  /** What is on the disk of a call going on, 8 kHz. */
  audioSoFar(of: 'caller' | 'bot'): Int16Array {
    // Its length stands in the header only once it is over.
    const samples = readFileSync(path.join(this.dir, `${of}.wav`)).subarray(WAV_HEADER_BYTES);
    return Int16Array.from({ length: samples.length >> 1 }, (_, i) => samples.readInt16LE(2 * i));
  }

  get wire(): string {
    return path.join(this.dir, 'wire.pcap');
  }
}

function manifestIn(dir: string): TraceManifest {
  return traceManifest.parse(JSON.parse(readFileSync(path.join(dir, 'manifest.json'), 'utf8')));
}
