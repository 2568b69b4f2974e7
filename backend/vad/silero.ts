import { existsSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { LINE_RATE } from '../contract/party.ts';
import { SidetoneError } from '../base/errors.ts';

/** What Silero v6 judges at a time: 32 ms at 8 kHz. */
export const VAD_FRAME = 256;

/** The model also sees the end of the frame before; without it, it hears far less. */
const CONTEXT = 32;
const INPUT = CONTEXT + VAD_FRAME;
/** Length of each of the two layers of the model's recurrent state. */
const STATE = 128;
/** Calls in one run of the model. More save nothing, and 32 hold up the thread for about a millisecond. */
const MAX_BATCH = 32;
/** Frames a stream holds for a thread that is late: one second. */
const MAX_WAITING = 32;
/** Largest magnitude in silence that a machine made: 0 in mu-law, 8 in A-law. */
const DIGITAL_SILENCE = 8;
/** So many frames of digital silence (a second) leave no trace of speech in the state. */
const SETTLED_FRAMES = 31;

/**
 * After digital silence, which no microphone makes, the model hears an onset tens of milliseconds later than after a
 * quiet line. So it gets a quiet line instead: noise at -55 dBFS, by position on the track, the same every time.
 */
const QUIET_LINE = whiteNoise(16 * VAD_FRAME, 10 ** (-55 / 20));

function whiteNoise(length: number, rms: number): Float32Array {
  let random = 1;
  return Float32Array.from({ length }, () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return (random / 2 ** 31 - 1) * Math.sqrt(3) * rms;
  });
}

/** `probability` (0..1) that the frame just before `end`, a position on the caller's track, holds speech. */
export type OnProbability = (probability: number, end: number) => void;

/** One call's ear: its samples on their way to the model, and the model's memory of the call. */
export class SileroStream {
  readonly #onProbability: OnProbability;
  /** The frame in work, then those that wait: a ring of MAX_WAITING frames of 16-bit samples as floats. */
  readonly #samples = new Float32Array(MAX_WAITING * VAD_FRAME);
  readonly #ends = new Float64Array(MAX_WAITING);
  readonly #silent = new Uint8Array(MAX_WAITING);
  readonly #context = new Float32Array(CONTEXT);
  readonly #state = new Float32Array(2 * STATE);
  #head = 0;
  #waiting = 0;
  #filled = 0;
  #peak = 0;
  #silentFrames = 0;
  #last = 0;

  constructor(onProbability: OnProbability) {
    this.#onProbability = onProbability;
  }

  /** Takes the next samples of the track; `position` is that of pcm[0]. Keeps no reference to `pcm`. */
  write(pcm: Int16Array, position: number): void {
    for (let i = 0; i < pcm.length; i++) {
      const sample = pcm[i] ?? 0;
      const slot = (this.#head + this.#waiting) % MAX_WAITING;
      this.#samples[slot * VAD_FRAME + this.#filled] = sample / 32768;
      this.#peak = Math.max(this.#peak, Math.abs(sample));
      if (++this.#filled < VAD_FRAME) continue;
      this.#ends[slot] = position + i + 1;
      this.#silent[slot] = this.#peak <= DIGITAL_SILENCE ? 1 : 0;
      if (this.#silent[slot] === 1) this.#quieten(slot);
      this.#filled = 0;
      this.#peak = 0;
      this.#waiting++;
      if (this.#waiting === MAX_WAITING) this.#skip();
    }
  }

  /** Whether a frame waits for the model. Answers by itself the frames that need none. */
  ready(): boolean {
    while (this.#waiting > 0) {
      this.#silentFrames = this.#silent[this.#head] === 1 ? this.#silentFrames + 1 : 0;
      if (this.#silentFrames <= SETTLED_FRAMES) return true;
      this.#skip();
    }
    return false;
  }

  /** Writes the oldest frame as entry `index` of a batch of `size`, and takes it out of the queue. */
  pack(input: Float32Array, state: Float32Array, index: number, size: number): number {
    const frame = this.#head * VAD_FRAME;
    const to = index * INPUT;
    input.set(this.#context, to);
    for (let i = 0; i < VAD_FRAME; i++) input[to + CONTEXT + i] = this.#samples[frame + i] ?? 0;
    for (let i = 0; i < CONTEXT; i++) this.#context[i] = this.#samples[frame + VAD_FRAME - CONTEXT + i] ?? 0;
    for (let i = 0; i < STATE; i++) {
      state[index * STATE + i] = this.#state[i] ?? 0;
      state[(size + index) * STATE + i] = this.#state[STATE + i] ?? 0;
    }
    return this.#take();
  }

  /** Takes entry `index` of the batch's results. */
  unpack(probability: number, end: number, state: Float32Array, index: number, size: number): void {
    for (let i = 0; i < STATE; i++) {
      this.#state[i] = state[index * STATE + i] ?? 0;
      this.#state[STATE + i] = state[(size + index) * STATE + i] ?? 0;
    }
    this.#last = probability;
    this.#onProbability(probability, end);
  }

  #quieten(slot: number): void {
    const from = (this.#ends[slot] ?? 0) % (QUIET_LINE.length - VAD_FRAME);
    for (let i = 0; i < VAD_FRAME; i++) this.#samples[slot * VAD_FRAME + i] = QUIET_LINE[from + i] ?? 0;
  }

  /** Answers the oldest frame as the one before, and leaves the model's state as it is. */
  #skip(): void {
    this.#onProbability(this.#last, this.#take());
  }

  #take(): number {
    const end = this.#ends[this.#head] ?? 0;
    this.#head = (this.#head + 1) % MAX_WAITING;
    this.#waiting--;
    return end;
  }
}

interface Run {
  readonly size: number;
  readonly feeds: InferenceSession.FeedsType;
  readonly fetches: InferenceSession.FetchesType;
}

/**
 * Silero VAD v6 (github.com/snakers4/silero-vad) at its native 8 kHz for all calls of a thread. Frames that fall
 * due together go through one run of the model, which is four times cheaper than one run each and gives the same
 * numbers. A run blocks the thread: 0.1 ms for one call, about 1 ms for 32.
 */
export class SileroBatch {
  readonly #session: InferenceSession;
  readonly #input = new Float32Array(MAX_BATCH * INPUT);
  readonly #state = new Float32Array(MAX_BATCH * 2 * STATE);
  readonly #probability = new Float32Array(MAX_BATCH);
  readonly #nextState = new Float32Array(MAX_BATCH * 2 * STATE);
  /** By batch size: tensors over the front of the arrays above. The runtime writes its results there too. */
  readonly #runs = new Map<number, Run>();
  readonly #streams = new Set<SileroStream>();
  readonly #batch: SileroStream[] = [];
  readonly #ends = new Float64Array(MAX_BATCH);
  #flushing: Promise<void> | null = null;

  private constructor(session: InferenceSession) {
    this.#session = session;
    const sr = new Tensor('int64', BigInt64Array.of(BigInt(LINE_RATE)), []);
    const floats = (over: Float32Array, shape: readonly number[]): Tensor =>
      new Tensor(
        'float32',
        over.subarray(
          0,
          shape.reduce((a, b) => a * b),
        ),
        shape,
      );
    for (let size = 1; size <= MAX_BATCH; size++) {
      this.#runs.set(size, {
        size,
        feeds: {
          input: floats(this.#input, [size, INPUT]),
          state: floats(this.#state, [2, size, STATE]),
          sr,
        },
        fetches: {
          output: floats(this.#probability, [size, 1]),
          stateN: floats(this.#nextState, [2, size, STATE]),
        },
      });
    }
  }

  /** @throws SidetoneError 'environment' when the model is missing or is not one that can be loaded. */
  static async load(modelPath: string): Promise<SileroBatch> {
    const hint = 'run: npm run -s sidetone -- models pull silero-vad-v6';
    if (!existsSync(modelPath)) {
      throw new SidetoneError('environment', `no voice activity model at ${modelPath}`, { hint });
    }
    try {
      const session = await InferenceSession.create(modelPath, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
      });
      return new SileroBatch(session);
    } catch (cause) {
      throw new SidetoneError('environment', `the voice activity model at ${modelPath} cannot be loaded`, {
        hint,
        cause,
      });
    }
  }

  open(onProbability: OnProbability): SileroStream {
    const stream = new SileroStream(onProbability);
    this.#streams.add(stream);
    return stream;
  }

  /** Its listener is not called any more, though a frame of it be in the model at this moment. */
  close(stream: SileroStream): void {
    this.#streams.delete(stream);
  }

  /**
   * Judges all frames that are complete, in batches, and calls each stream's listener. To be called every few
   * milliseconds: frames wait here for company. Does nothing when there are none; joins a flush under way.
   */
  flush(): Promise<void> {
    this.#flushing ??= this.#drain().finally(() => (this.#flushing = null));
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    for (let run = this.#nextRun(); run; run = this.#nextRun()) {
      const { size } = run;
      let packed = 0;
      for (const stream of this.#batch) {
        this.#ends[packed] = stream.pack(this.#input, this.#state, packed, size);
        packed++;
      }
      await this.#session.run(run.feeds, run.fetches);
      for (let i = 0; i < size; i++) {
        const stream = this.#batch[i];
        if (!stream || !this.#streams.has(stream)) continue;
        stream.unpack(this.#probability[i] ?? 0, this.#ends[i] ?? 0, this.#nextState, i, size);
      }
    }
  }

  /** Collects a batch; undefined when no frame waits. At most one frame a stream: the next needs the state it leaves. */
  #nextRun(): Run | undefined {
    let size = 0;
    for (const stream of this.#streams) {
      if (size === MAX_BATCH) break;
      if (stream.ready()) this.#batch[size++] = stream;
    }
    this.#batch.length = size;
    return this.#runs.get(size);
  }

  /** Waits for the run under way, then gives the model back. */
  async release(): Promise<void> {
    this.#streams.clear();
    await this.#flushing;
    await this.#session.release();
  }
}
