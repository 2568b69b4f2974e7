import { LINE_RATE } from '../contract/party.ts';
import { SIGNAL_TRACKS, type SignalBatch, type SignalTrack } from '../contract/signals.ts';

const PEAK_SAMPLES = SIGNAL_TRACKS.caller.stepSamples;
const HEALTH_SAMPLES = SIGNAL_TRACKS.jitter.stepSamples;
const HEALTH_MS = (HEALTH_SAMPLES * 1000) / LINE_RATE;
/** Values of one track between two flushes, and some more: then they go early. */
const RUN_BYTES = 512;

export interface ReceptionHealth {
  readonly jitterMs: number;
  /** Packets, since the call's start. */
  readonly lost: number;
  readonly late: number;
}

/** One call's dense signals on their way into the batches of its worker. Positions: samples since the call's start. */
export class SignalTap {
  readonly #caller: PeakRun;
  readonly #bot: PeakRun;
  readonly #cancelled: PeakRun;
  readonly #voice: Run;
  readonly #jitter: Run;
  readonly #lost: Run;
  readonly #late: Run;
  readonly #startedAt: number;
  /** Where the bot was interrupted, and the end of what was cancelled there so far. */
  #interruptedAt = -1;
  #cancelledEnd = 0;
  #healthStep = 0;
  #lostBefore = 0;
  #lateBefore = 0;

  /** `startedAt`: the call's start, clock ms; `health`: as it stands now. */
  constructor(call: string, batch: SignalBatch, startedAt: number, now: number, health: ReceptionHealth) {
    const run = (track: SignalTrack): Run => new Run(call, track, batch);
    this.#caller = new PeakRun(run('caller'));
    this.#bot = new PeakRun(run('bot'));
    this.#cancelled = new PeakRun(run('cancelled'));
    this.#voice = run('voice');
    this.#jitter = run('jitter');
    this.#lost = run('lost');
    this.#late = run('late');
    this.#startedAt = startedAt;
    this.#healthStep = this.#stepAt(now);
    this.#lostBefore = health.lost;
    this.#lateBefore = health.late;
  }

  caller(pcm: Int16Array, position: number): void {
    this.#caller.write(pcm, position);
  }

  bot(pcm: Int16Array, position: number): void {
    this.#bot.write(pcm, position);
  }

  /** What would have followed at `position` of the bot's track; said in several parts, they follow one another. */
  cancelled(pcm: Int16Array, position: number): void {
    if (position !== this.#interruptedAt) {
      this.#cancelled.endPair();
      this.#interruptedAt = position;
      this.#cancelledEnd = position;
    }
    this.#cancelled.write(pcm, this.#cancelledEnd);
    this.#cancelledEnd += pcm.length;
  }

  /** Probability, 0..1, of caller speech in the VAD's frame before `end`. */
  voice(probability: number, end: number): void {
    this.#voice.add(end - SIGNAL_TRACKS.voice.stepSamples, Math.round(probability * 255));
  }

  /** Called every slot: one value of each kind per 100 ms. */
  tick(now: number, health: ReceptionHealth): void {
    const step = this.#stepAt(now);
    if (step === this.#healthStep) return;
    this.#healthStep = step;
    const start = (step - 1) * HEALTH_SAMPLES;
    this.#jitter.add(start, byte(Math.round(health.jitterMs * 2)));
    this.#lost.add(start, byte(health.lost - this.#lostBefore));
    this.#late.add(start, byte(health.late - this.#lateBefore));
    this.#lostBefore = health.lost;
    this.#lateBefore = health.late;
  }

  /** Into the batch with all that there is. */
  flush(): void {
    this.#caller.flush();
    this.#bot.flush();
    this.#cancelled.flush();
    this.#voice.flush();
    this.#jitter.flush();
    this.#lost.flush();
    this.#late.flush();
  }

  #stepAt(now: number): number {
    return Math.floor((now - this.#startedAt) / HEALTH_MS);
  }
}

/** Consecutive values of one track. */
class Run {
  readonly #call: string;
  readonly #track: SignalTrack;
  readonly #batch: SignalBatch;
  readonly #values = new Uint8Array(RUN_BYTES);
  #length = 0;
  #start = 0;
  #next = 0;

  constructor(call: string, track: SignalTrack, batch: SignalBatch) {
    this.#call = call;
    this.#track = track;
    this.#batch = batch;
  }

  /** The value that begins at sample `start`: one byte, or two. */
  add(start: number, first: number, second?: number): void {
    if (start !== this.#next || this.#length + 2 > RUN_BYTES) this.flush();
    if (this.#length === 0) this.#start = start;
    this.#values[this.#length++] = first;
    if (second !== undefined) this.#values[this.#length++] = second;
    this.#next = start + SIGNAL_TRACKS[this.#track].stepSamples;
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#batch.append(this.#call, this.#track, this.#start, this.#values.subarray(0, this.#length));
    this.#length = 0;
  }
}

/** Lowest and highest sample of each 20, counted from the call's start. */
class PeakRun {
  readonly #run: Run;
  /** Start of the pair in work; null between pairs. */
  #pair: number | null = null;
  #min = 0;
  #max = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  write(pcm: Int16Array, position: number): void {
    for (let at = 0; at < pcm.length;) {
      const pair = Math.floor((position + at) / PEAK_SAMPLES) * PEAK_SAMPLES;
      if (this.#pair !== null && this.#pair !== pair) this.endPair();
      const sample = pcm[at] ?? 0;
      if (this.#pair === null) {
        this.#pair = pair;
        this.#min = sample;
        this.#max = sample;
      }
      const end = Math.min(pcm.length, pair + PEAK_SAMPLES - position);
      let min = this.#min;
      let max = this.#max;
      for (; at < end; at += 1) {
        const next = pcm[at] ?? 0;
        if (next < min) min = next;
        if (next > max) max = next;
      }
      this.#min = min;
      this.#max = max;
      if (position + at === pair + PEAK_SAMPLES) this.endPair();
    }
  }

  endPair(): void {
    if (this.#pair === null) return;
    this.#run.add(this.#pair, (this.#min >> 8) & 0xff, (this.#max >> 8) & 0xff);
    this.#pair = null;
  }

  flush(): void {
    this.#run.flush();
  }
}

function byte(value: number): number {
  return Math.max(0, Math.min(255, value));
}
