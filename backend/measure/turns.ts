import type { CallEvent } from '../contract/events.ts';
import { RESIDUAL_LIMIT_MS, type ResidualCause, type TurnMetrics } from '../contract/traces.ts';
import type { CallerAlignment } from '../fold/alignment.ts';
import type { Wire } from '../trace/wire.ts';
import {
  answersByVoice,
  engineAnswers,
  heardAnswer,
  type EngineAnswer,
  type HeardAnswer,
} from './answers.ts';
import { WorkLog } from './overlap.ts';
import { toMs, type Voices } from './recording.ts';

/** How near to a decisive moment something must be to count as its cause. */
const NEAR_MS = 200;

export interface TurnSources {
  readonly events: readonly CallEvent[];
  readonly alignment: CallerAlignment;
  readonly voices: Voices;
  /** When each packet really left; null: not known, the grid is taken for it. */
  readonly wire: Wire | null;
  readonly skewPpm: number | null;
}

/** Each answer of the bot: what the caller waited by the recordings, and by the engine. */
export function turnMetrics(sources: TurnSources): readonly TurnMetrics[] {
  const { events, alignment, voices } = sources;
  const answers = engineAnswers(events, alignment);
  const hasEngine = events.some(({ type }) => type === 'bot.speaking');
  if (!hasEngine) return answersByVoice(voices).map((heard, i) => byVoiceAlone(heard, i + 1, sources));
  const work = new WorkLog(events);
  return answers.map((answer, i) => {
    const heard = heardAnswer(answer, voices, answers[i + 1]?.spokeAt ?? Infinity);
    return { ...withEngine(answer, heard, sources), overlapped: work.overlapped(answer) };
  });
}

function byVoiceAlone(heard: HeardAnswer, turn: number, sources: TurnSources): TurnMetrics {
  return {
    turn,
    generation: 0,
    ...onTheWire(heard, sources),
    stages: null,
    engineMs: null,
    residualMs: null,
    cause: null,
    overlapped: [],
  };
}

function withEngine(
  answer: EngineAnswer,
  heard: HeardAnswer,
  sources: TurnSources,
): Omit<TurnMetrics, 'overlapped'> {
  const { turn, generation, latency } = answer;
  const measured = onTheWire(heard, sources);
  const stages = latency?.stages ?? null;
  const engineMs = stages && Object.values(stages).reduce((sum, ms) => sum + ms, 0);
  const residualMs = engineMs === null || measured.wireMs === null ? null : measured.wireMs - engineMs;
  const flagged = residualMs !== null && Math.abs(residualMs) > RESIDUAL_LIMIT_MS;
  return {
    turn,
    generation,
    ...measured,
    stages,
    engineMs,
    residualMs,
    cause: flagged ? causeOf(residualMs, answer, measured, sources) : null,
  };
}

type OnTheWire = Pick<TurnMetrics, 'callerEndedAt' | 'botBeganAt' | 'wireMs' | 'wireCallerClockMs'>;

function onTheWire({ callerEndedAt, botBeganAt }: HeardAnswer, { wire, skewPpm }: TurnSources): OnTheWire {
  const left = botBeganAt === null ? null : botBeganAt + (wire ? latenessAt(wire, botBeganAt) : 0);
  const wireMs = callerEndedAt === null || left === null ? null : left - callerEndedAt;
  return {
    callerEndedAt,
    botBeganAt: left,
    wireMs,
    wireCallerClockMs: wireMs === null ? null : wireMs * (1 + (skewPpm ?? 0) / 1e6),
  };
}

/** How much after its place on the recording the packet with this moment of the bot's side left. */
function latenessAt({ bot }: Wire, ms: number): number {
  let [low, high] = [0, bot.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const packet = bot[middle];
    if (packet && toMs(packet.sample + packet.samples) <= ms) low = middle + 1;
    else high = middle;
  }
  const packet = bot[low];
  return packet && toMs(packet.sample) <= ms ? packet.at - toMs(packet.sample) : 0;
}

/** The larger part of the difference, at the caller's end or the bot's beginning, and what happened there. */
function causeOf(
  residualMs: number,
  answer: EngineAnswer,
  { callerEndedAt, botBeganAt }: OnTheWire,
  { events, alignment }: TurnSources,
): ResidualCause {
  const atEnd =
    answer.voiceEndedAt === null || callerEndedAt === null ? 0 : answer.voiceEndedAt - callerEndedAt;
  const atBegin = botBeganAt === null ? 0 : botBeganAt - answer.spokeAt;
  const rest = residualMs - atEnd - atBegin;
  const lost = events.some(
    (event) =>
      event.type === 'rtp.concealed' &&
      callerEndedAt !== null &&
      toMs(alignment.sampleAt(event.from)) <= callerEndedAt + NEAR_MS &&
      toMs(alignment.sampleAt(event.to)) >= callerEndedAt - NEAR_MS,
  );
  const stalled = events.some(
    (event) =>
      event.type === 'engine.stalled' &&
      botBeganAt !== null &&
      event.at / 1000 >= (callerEndedAt ?? botBeganAt) &&
      event.at / 1000 <= botBeganAt + NEAR_MS,
  );
  const largest = Math.max(Math.abs(atEnd), Math.abs(atBegin), Math.abs(rest));
  if (Math.abs(atEnd) === largest) return lost ? 'loss' : 'voice_end';
  if (stalled) return 'stalled';
  if (Math.abs(atBegin) === largest) return 'voice_begin';
  return lost ? 'loss' : 'unknown';
}
