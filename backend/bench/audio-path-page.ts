import type { ClickFinder } from './audio-path-clicks.ts';

/**
 * The witnesses in the page: sent there as text, so each function uses nothing from outside itself. What they use of
 * the browser (Web Audio, MediaStreamTrackProcessor of mediacapture-transform), as far as they use it:
 */
interface AudioData {
  /** Microseconds of the system's monotonic clock at which the device handed over the first frame. */
  readonly timestamp: number;
  readonly numberOfFrames: number;
  readonly sampleRate: number;
  copyTo(into: Float32Array, options: { planeIndex: number; format: 'f32-planar' }): void;
  close(): void;
}
interface Track {
  clone(): Track;
}
interface Stream {
  getAudioTracks(): Track[];
}
interface Context {
  readonly audioWorklet: { addModule(url: string): Promise<void> };
  readonly destination: AudioNode;
  readonly baseLatency: number;
  readonly outputLatency: number;
  getOutputTimestamp(): { readonly contextTime: number; readonly performanceTime: number };
}
interface Port {
  addEventListener(type: 'message', take: (event: { readonly data: number }) => void): void;
  start(): void;
  postMessage(message: number): void;
}
declare class AudioNode {
  readonly context: Context;
  connect: (this: AudioNode, target: AudioNode, ...ends: readonly number[]) => AudioNode;
}
declare class AudioDestinationNode extends AudioNode {}
declare class MediaStreamAudioSourceNode extends AudioNode {}
declare class AudioWorkletNode extends AudioNode {
  readonly port: Port;
  constructor(context: Context, name: string);
}
declare class AudioWorkletProcessor {
  readonly port: Port;
}
declare class MediaStreamTrackProcessor {
  readonly readable: ReadableStream<AudioData>;
  constructor(options: { track: Track });
}
declare const navigator: { mediaDevices: { getUserMedia(constraints: unknown): Promise<Stream> } };
declare const window: { benchAudio?: HeardInPage };
declare const sampleRate: number;
declare const currentFrame: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Clicks by their times, ms. */
export interface HeardInPage {
  /** When the device handed them over, by the monotonic clock. */
  readonly microphone: number[];
  /** When the page's audio graph had them, by the page's clock. */
  readonly graph: number[];
  /** When they were handed to the device, by the page's clock. */
  readonly speaker: number[];
  /** What the device keeps on top, in its own buffers. */
  speakerDeviceMs: number;
}

/** Watches the page's microphone and what it plays, into `window.benchAudio`. */
export function watchAudio(Finder: typeof ClickFinder, graphWitness: string): void {
  const heard: HeardInPage = { microphone: [], graph: [], speaker: [], speakerDeviceMs: 0 };
  window.benchAudio = heard;

  const watchMicrophone = async (track: Track): Promise<void> => {
    const finder = new Finder();
    let samples = new Float32Array(0);
    for await (const chunk of new MediaStreamTrackProcessor({ track }).readable) {
      if (samples.length !== chunk.numberOfFrames) samples = new Float32Array(chunk.numberOfFrames);
      chunk.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      for (let i = 0; i < samples.length; i += 1) {
        const at = chunk.timestamp / 1000 + (i * 1000) / chunk.sampleRate;
        const click = finder.push(samples[i] ?? 0, at);
        if (click !== null) heard.microphone.push(click);
      }
      chunk.close();
    }
  };
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    const [track] = stream.getAudioTracks();
    if (track) void watchMicrophone(track.clone());
    return stream;
  };

  const { connect } = AudioNode.prototype;
  let loaded: Promise<void> | null = null;
  const watch = async (node: AudioNode, into: number[]): Promise<void> => {
    const { context } = node;
    const url = URL.createObjectURL(new Blob([graphWitness], { type: 'text/javascript' }));
    await (loaded ??= context.audioWorklet.addModule(url));
    const witness = new AudioWorkletNode(context, 'bench-witness');
    witness.port.addEventListener('message', ({ data }) => {
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      heard.speakerDeviceMs = (context.baseLatency + context.outputLatency) * 1000;
      into.push(performanceTime + data - contextTime * 1000 - heard.speakerDeviceMs);
    });
    witness.port.start();
    connect.call(node, witness);
    connect.call(witness, context.destination);
  };
  AudioNode.prototype.connect = function (target, ...ends) {
    if (this instanceof MediaStreamAudioSourceNode) void watch(this, heard.graph);
    if (target instanceof AudioDestinationNode) void watch(this, heard.speaker);
    return connect.call(this, target, ...ends);
  };
}

/** Runs in the audio worklet: tells the time of each click by the context's clock, ms. */
export function witnessGraph(Finder: typeof ClickFinder): void {
  class Witness extends AudioWorkletProcessor {
    readonly #finder = new Finder();

    process([input]: readonly (readonly Float32Array[])[]): boolean {
      const samples = input?.[0] ?? [];
      for (let i = 0; i < samples.length; i += 1) {
        const click = this.#finder.push(samples[i] ?? 0, ((currentFrame + i) * 1000) / sampleRate);
        if (click !== null) this.port.postMessage(click);
      }
      return true;
    }
  }
  registerProcessor('bench-witness', Witness);
}

export function readAudio(): HeardInPage | null {
  return window.benchAudio ?? null;
}
