// oxlint-disable-next-line import/default -- what Vite makes of the query is a module of its own
import workletUrl from '../worklets/headset.ts?worker&url';
import { HEADSET_PROCESSOR, type FromWorklet, type ToWorklet } from '../worklets/messages.ts';

/**
 * One rate on every machine: the browser converts to and from the devices' own. A render quantum is then 2.7 ms, and
 * 8 kHz is a sixth.
 */
const RATE = 48_000;

interface SoundGraphOptions {
  /** The way of the audio to and from the main process. */
  readonly line: MessagePort;
  readonly onMessage: (message: FromWorklet) => void;
  /** It broke and plays no more. */
  readonly onBroken: () => void;
}

/** Microphone -> worklet -> speaker. */
export class SoundGraph {
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  #source: MediaStreamAudioSourceNode | null = null;
  #sink = '';

  private constructor(context: AudioContext, { line, onMessage, onBroken }: SoundGraphOptions) {
    this.#context = context;
    this.#node = new AudioWorkletNode(context, HEADSET_PROCESSOR, {
      channelCount: 1,
      channelCountMode: 'explicit',
      outputChannelCount: [1],
    });
    this.#node.addEventListener('processorerror', onBroken);
    this.#node.port.addEventListener('message', ({ data }: MessageEvent<FromWorklet>) => onMessage(data));
    this.#node.port.start();
    this.#tell({ type: 'line', port: line }, [line]);
    this.#node.connect(context.destination);
    // A device that goes away may suspend it.
    context.addEventListener('statechange', () => {
      if (context.state !== 'running' && context.state !== 'closed') void context.resume();
    });
  }

  static async open(
    openLine: () => Promise<MessagePort>,
    options: Omit<SoundGraphOptions, 'line'>,
  ): Promise<SoundGraph> {
    const context = new AudioContext({ latencyHint: 'interactive', sampleRate: RATE });
    try {
      await context.audioWorklet.addModule(workletUrl);
      return new SoundGraph(context, { ...options, line: await openLine() });
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /** Speaks from this stream; null: silence. */
  hear(stream: MediaStream | null): void {
    this.#source?.disconnect();
    this.#source = stream && this.#context.createMediaStreamSource(stream);
    this.#source?.connect(this.#node);
  }

  /** '' is the system's speaker. @throws DOMException when it cannot be used. */
  async playOn(sink: string): Promise<void> {
    if (sink === this.#sink) return;
    await this.#context.setSinkId(sink);
    this.#sink = sink;
  }

  async close(): Promise<void> {
    this.hear(null);
    this.#tell({ type: 'close' });
    this.#node.disconnect();
    if (this.#context.state !== 'closed') await this.#context.close();
  }

  #tell(message: ToWorklet, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(message, transfer);
  }
}
