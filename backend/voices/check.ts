import { rmsDbfs } from '../audio/level.ts';
import { readWav, type Sound } from '../audio/wav.ts';
import { SidetoneError } from '../base/errors.ts';
import { MAX_VOICE_BYTES, type VoiceFinding } from '../contract/window.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { findSpeech, type Span } from './speech.ts';

export interface CheckedVoice extends Sound {
  readonly findings: readonly VoiceFinding[];
  readonly durationMs: number;
}

/** F5-TTS, which most cloning endpoints run, cuts its reference off at 12 s. */
const LENGTH_S = { least: 4, most: 12 } as const;
const LONGEST_S = 60;
/** Silence around the speech may be as long as this; looking for speech in more would take seconds. */
const LONGEST_UNTRIMMED_S = 300;
const LEAST_SPEECH_S = 1;
const LEAST_SPEECH_SHARE = 0.5;
/** Kept before the first and after the last word: breath, and consonants too soft to be found. */
const MARGIN_MS = 150;
/** Of full scale: A-law, mu-law and 8 bits end somewhat below 32767. */
const FULL_SCALE = 0.98 * 32768;
const MOST_CLIPPED = 0.001;
const LEAST_SNR_DB = 20;
/** More than this is no microphone but a gate, and says nothing any more. */
const HIGHEST_SNR_DB = 60;
/** Less cut off than this is not worth a word. */
const NEGLIGIBLE_S = 0.05;
const FRAME_MS = 20;
/** A frame nearer to speech than this may hold the tail of a word. */
const CLEAR_OF_SPEECH_MS = 50;
const LEAST_NOISE_FRAMES = 5;

const ADVICE = 'take 4 to 12 s in which one voice speaks alone, close to the microphone';

/**
 * Checks a recording that is to be cloned from, and takes the silence off its ends.
 *
 * @throws SidetoneError 'usage' when it is no WAV file, too large, too long, or hardly anybody speaks in it
 */
export async function checkVoice(bytes: Uint8Array, silero: SileroBatch): Promise<CheckedVoice> {
  const { sound, spans } = await read(bytes, silero);
  const { sampleRate } = sound;
  refuseSilence(spoken(spans) / sampleRate);
  const kept = withMargin(spans, sound);
  refuseLonger((kept.to - kept.from) / sampleRate, LONGEST_S);
  const pcm = sound.pcm.slice(kept.from, kept.to);
  const shifted = spans.map(({ from, to }) => ({ from: from - kept.from, to: to - kept.from }));
  const start = kept.from / sampleRate;
  const end = (sound.pcm.length - kept.to) / sampleRate;
  return checked({ pcm, sampleRate }, shifted, start + end < NEGLIGIBLE_S ? [] : [trimmed(start, end)]);
}

/**
 * As checkVoice, but of a recording that stays as it is: what is wrong with its content is said in the findings.
 * @throws SidetoneError 'usage' when it is no WAV file, too large or far too long
 */
export async function inspectVoice(bytes: Uint8Array, silero: SileroBatch): Promise<CheckedVoice> {
  const { sound, spans } = await read(bytes, silero);
  return checked(sound, spans, []);
}

async function read(bytes: Uint8Array, silero: SileroBatch): Promise<{ sound: Sound; spans: Span[] }> {
  if (bytes.length > MAX_VOICE_BYTES) throw tooLarge(bytes.length);
  const sound = readWav(bytes);
  refuseLonger(sound.pcm.length / sound.sampleRate, LONGEST_UNTRIMMED_S);
  return { sound, spans: await findSpeech(sound, silero) };
}

/** A file of so many bytes is not even read. */
export function tooLarge(bytes: number): SidetoneError {
  const found = `${(bytes / 2 ** 20).toFixed(0)} MB`;
  const most = `${(MAX_VOICE_BYTES / 2 ** 20).toFixed(0)} MB`;
  return new SidetoneError('usage', `the file is too large: ${found}, allowed: ${most}`, { hint: ADVICE });
}

function refuseSilence(speech: number): void {
  if (speech >= LEAST_SPEECH_S) return;
  const found = speech === 0 ? 'no speech' : `only ${seconds(speech)} of speech`;
  throw new SidetoneError('usage', `${found} was found in the recording`, { hint: ADVICE });
}

function refuseLonger(length: number, most: number): void {
  if (length <= most) return;
  throw new SidetoneError('usage', `the recording is too long: ${seconds(length)}, allowed: ${LONGEST_S} s`, {
    hint: ADVICE,
  });
}

function withMargin(spans: readonly Span[], { pcm, sampleRate }: Sound): Span {
  const margin = Math.round((MARGIN_MS * sampleRate) / 1000);
  return {
    from: Math.max(0, (spans[0]?.from ?? 0) - margin),
    to: Math.min(pcm.length, (spans.at(-1)?.to ?? pcm.length) + margin),
  };
}

function checked(sound: Sound, spans: readonly Span[], more: readonly VoiceFinding[]): CheckedVoice {
  const { pcm, sampleRate } = sound;
  const length = pcm.length / sampleRate;
  const findings = [
    lengthFinding(length),
    speechFinding(spoken(spans) / sampleRate, length),
    clippingFinding(pcm),
    ...(spans.length > 0 ? [noiseFinding(sound, spans)] : []),
    ...more,
  ];
  return { pcm, sampleRate, findings, durationMs: length * 1000 };
}

function lengthFinding(length: number): VoiceFinding {
  const { least, most } = LENGTH_S;
  const figure = seconds(length);
  if (length < least) return warn('length', `${figure}: less than ${least} s clones poorly`);
  if (length > most) return warn('length', `${figure}: F5-TTS uses only the first ${most} s`);
  return ok('length', figure);
}

function speechFinding(speech: number, length: number): VoiceFinding {
  const figure = `${seconds(speech)} of speech in ${seconds(length)}`;
  if (speech < LEAST_SPEECH_S) return warn('speech', `${figure}: too little to clone from`);
  return speech < length * LEAST_SPEECH_SHARE
    ? warn('speech', `${figure}: long pauses are cloned too`)
    : ok('speech', figure);
}

function clippingFinding(pcm: Int16Array): VoiceFinding {
  const clipped = pcm.reduce((count, sample) => count + (Math.abs(sample) >= FULL_SCALE ? 1 : 0), 0);
  const share = clipped / pcm.length;
  const percent = (share * 100).toFixed(clipped === 0 ? 0 : share < 0.01 ? 2 : 1);
  const figure = `${percent} % of samples at full scale`;
  return share > MOST_CLIPPED
    ? warn('clipping', `${figure}: distorted, record at a lower level`)
    : ok('clipping', figure);
}

function noiseFinding(sound: Sound, spans: readonly Span[]): VoiceFinding {
  const snr = signalToNoiseDb(sound, spans);
  if (snr > HIGHEST_SNR_DB) return ok('noise', `more than ${HIGHEST_SNR_DB} dB between speech and noise`);
  const figure = `${snr.toFixed(0)} dB between speech and noise`;
  return snr < LEAST_SNR_DB
    ? warn('noise', `${figure}: less than ${LEAST_SNR_DB} dB, the noise is cloned too`)
    : ok('noise', figure);
}

/** Mean power of the frames in which somebody speaks, over the median level of those where nobody does. */
function signalToNoiseDb({ pcm, sampleRate }: Sound, spans: readonly Span[]): number {
  const frame = Math.round((sampleRate * FRAME_MS) / 1000);
  const clear = Math.round((sampleRate * CLEAR_OF_SPEECH_MS) / 1000);
  const all: number[] = [];
  const noise: number[] = [];
  let power = 0;
  let speaking = 0;
  for (let from = 0; from + frame <= pcm.length; from += frame) {
    const to = from + frame;
    const level = rmsDbfs(pcm.subarray(from, to));
    all.push(level);
    if (spans.some((span) => from >= span.from && to <= span.to)) {
      power += 10 ** (level / 10);
      speaking += 1;
    } else if (spans.every((span) => to + clear <= span.from || from >= span.to + clear)) {
      noise.push(level);
    }
  }
  // Where nobody ever pauses, the quietest moments of the speech are the nearest thing to noise there is.
  const floor = noise.length >= LEAST_NOISE_FRAMES ? percentile(noise, 0.5) : percentile(all, 0.05);
  return 10 * Math.log10(power / Math.max(1, speaking)) - floor;
}

function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;
}

function trimmed(start: number, end: number): VoiceFinding {
  return ok('trimmed', `${seconds(start)} taken off the start, ${seconds(end)} off the end`);
}

function spoken(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function ok(check: VoiceFinding['check'], message: string): VoiceFinding {
  return { check, verdict: 'ok', message };
}

function warn(check: VoiceFinding['check'], message: string): VoiceFinding {
  return { check, verdict: 'warn', message };
}
