import { constraintsOf, type Device, type DeviceSettings } from './devices.ts';

/** Trials of the devices, apart from any call. */

const RECORD_MS = 3000;
const CHUNK_MS = 100;

interface RecordingOptions {
  readonly microphone: Device | null;
  readonly settings: DeviceSettings;
  /** '' is the system's speaker. */
  readonly sink: string;
  /** Highest magnitude, 0..1, ten times a second while it records. */
  readonly onLevel: (level: number) => void;
  readonly onPlay: () => void;
  readonly signal: AbortSignal;
}

/** Records three seconds and plays them back. @throws DOMException when a device refuses. */
export async function recordAndPlay(options: RecordingOptions): Promise<void> {
  const { microphone, settings, sink, signal } = options;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: constraintsOf(microphone, settings) });
  let recording: Blob;
  try {
    recording = await record(stream, options);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
  if (signal.aborted) return;
  options.onPlay();
  await playBack(recording, sink, signal);
}

async function record(stream: MediaStream, { onLevel, signal }: RecordingOptions): Promise<Blob> {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 4096 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const chunks: Blob[] = [];
  const recorder = new MediaRecorder(stream);
  const { promise, resolve } = Promise.withResolvers<Blob>();
  const stop = (): void => {
    if (recorder.state !== 'inactive') recorder.stop();
  };
  recorder.addEventListener('dataavailable', ({ data }) => {
    chunks.push(data);
    analyser.getFloatTimeDomainData(samples);
    onLevel(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0));
    if (chunks.length >= RECORD_MS / CHUNK_MS) stop();
  });
  recorder.addEventListener('stop', () => resolve(new Blob(chunks, { type: recorder.mimeType })));
  signal.addEventListener('abort', stop);
  recorder.start(CHUNK_MS);
  const recording = await promise;
  signal.removeEventListener('abort', stop);
  onLevel(0);
  await context.close();
  return recording;
}

async function playBack(recording: Blob, sink: string, signal: AbortSignal): Promise<void> {
  const url = URL.createObjectURL(recording);
  const player = new Audio(url);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    player.pause();
    resolve(undefined);
  };
  player.addEventListener('ended', end);
  signal.addEventListener('abort', end);
  try {
    await player.setSinkId(sink);
    await player.play();
    await promise;
  } finally {
    signal.removeEventListener('abort', end);
    URL.revokeObjectURL(url);
  }
}
