import { LINE_RATE } from '../contract/party.ts';
import type { Timeline } from './timeline.ts';
import type { TrackStore } from './tracks.ts';
import type { Span } from './types.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
const PEAK_FULL_SCALE = 128;

/** What the lanes show of a stretch of a call, for those who cannot see them and for the readout of a selection. */
export interface SpokenFacts {
  readonly durationMs: number;
  readonly callerSpeechMs: number;
  readonly botSpeechMs: number;
  /** Turns in which the caller spoke. */
  readonly turns: number;
  /** How often the bot was cut short. */
  readonly interruptions: number;
  /** The longest the caller waited for an answer that began in it; null: none began. */
  readonly worstLatencyMs: number | null;
  /** Loudest sample, dB of full scale; null: unknown, or digital silence. */
  readonly callerPeakDb: number | null;
  readonly botPeakDb: number | null;
  readonly lostPackets: number;
  readonly latePackets: number;
  /** Greatest interarrival jitter, ms; null: unknown. */
  readonly jitterMs: number | null;
}

/** The facts of [fromMs, toMs). Speech that is still going on counts up to the call's latest event. */
export function spokenFacts(
  timeline: Timeline,
  tracks: TrackStore,
  fromMs: number,
  toMs: number,
): SpokenFacts {
  const within = (span: Span): number =>
    Math.max(0, Math.min(toMs, span.to ?? timeline.durationMs) - Math.max(fromMs, span.from));
  const began = (at: number): boolean => at >= fromMs && at < toMs;
  const speechMs = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + within(span), 0);
  const latencies = timeline.waterfalls.filter(({ to }) => began(to)).map(({ totalMs }) => totalMs);
  const [from, to] = [fromMs * SAMPLES_PER_MS, toMs * SAMPLES_PER_MS];
  const ends = new Int16Array(2);
  const peakDb = (track: 'caller' | 'bot'): number | null =>
    tracks.range(track, from, to, ends) ? decibels(Math.max(-(ends[0] ?? 0), ends[1] ?? 0)) : null;
  return {
    durationMs: toMs - fromMs,
    callerSpeechMs: speechMs(timeline.speech),
    botSpeechMs: speechMs(timeline.bot),
    turns: new Set(timeline.speech.filter((span) => within(span) > 0).map(({ turn }) => turn)).size,
    interruptions: timeline.bot.filter((span) => span.interrupted && span.to !== null && began(span.to))
      .length,
    worstLatencyMs: latencies.length === 0 ? null : Math.max(...latencies),
    callerPeakDb: peakDb('caller'),
    botPeakDb: peakDb('bot'),
    lostPackets: tracks.sum('lost', from, to),
    latePackets: tracks.sum('late', from, to),
    jitterMs: tracks.range('jitter', from, to, ends) ? (ends[1] ?? 0) / 2 : null,
  };
}

function decibels(peak: number): number | null {
  return peak <= 0 ? null : 20 * Math.log10(peak / PEAK_FULL_SCALE);
}
