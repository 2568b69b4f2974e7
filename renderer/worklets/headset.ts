import type { AudioFromWindow, AudioToWindow } from '../../backend/contract/window.ts';
import { Capture } from './capture.ts';
import { Loudness } from './loudness.ts';
import { HEADSET_PROCESSOR, type FromWorklet, type ToWorklet } from './messages.ts';
import { Mixer } from './mixer.ts';

const LEVELS_HZ = 20;

/**
 * The person's microphone and speaker. Frames go between here and the main process over one port, past the page: what
 * keeps the page busy is not heard.
 */
class HeadsetProcessor extends AudioWorkletProcessor {
  readonly #capture = new Capture(sampleRate, (pcm) => this.#send({ pcm }));
  readonly #mixer = new Mixer(sampleRate);
  readonly #microphone = new Loudness();
  readonly #speaker = new Loudness();
  #line: MessagePort | null = null;
  #untilLevels = 0;
  #closed = false;

  constructor() {
    super();
    this.port.addEventListener('message', ({ data }: MessageEvent<ToWorklet>) => {
      if (data.type === 'line') this.#join(data.port);
      else this.#close();
    });
    this.port.start();
  }

  process([input]: Float32Array[][], [output]: Float32Array[][]): boolean {
    const heard = input?.[0];
    if (heard) {
      this.#capture.write(heard);
      this.#microphone.write(heard);
    }
    const played = output?.[0];
    if (played) {
      this.#mixer.read(played);
      this.#speaker.write(played);
      this.#tellLevels(played.length);
    }
    return !this.#closed;
  }

  #join(line: MessagePort): void {
    this.#line = line;
    line.addEventListener('message', ({ data }: MessageEvent<AudioToWindow>) => this.#mixer.write(data));
    line.start();
  }

  #close(): void {
    this.#closed = true;
    this.#line?.close();
    this.#line = null;
  }

  #send(frame: AudioFromWindow): void {
    this.#line?.postMessage(frame);
  }

  #tell(message: FromWorklet): void {
    this.port.postMessage(message);
  }

  #tellLevels(samples: number): void {
    this.#untilLevels -= samples;
    if (this.#untilLevels > 0) return;
    this.#untilLevels += sampleRate / LEVELS_HZ;
    this.#tell({
      microphone: this.#microphone.takePeak(),
      speaker: this.#speaker.takePeak(),
    });
  }
}

registerProcessor(HEADSET_PROCESSOR, HeadsetProcessor);
