import { LATENCY_STAGES } from '../contract/events.ts';
import {
  MIN_EVENTS_FOR_RATE,
  type ResidualCause,
  type Spread,
  type TraceEntry,
  type TraceMetrics,
  type TurnMetrics,
} from '../contract/traces.ts';

/** Traces as lines for a terminal. */

const BAR_COLUMNS = 40;

const CAUSES: Readonly<Record<ResidualCause, string>> = {
  stalled: 'the machine stood still just then',
  loss: 'packets of the caller were lost just then',
  voice_end: 'the engine took another moment for the end of the voice',
  voice_begin: 'the answer begins with something that is no voice',
  unknown: 'no cause was found',
};

export function listLines(entries: readonly TraceEntry[]): readonly string[] {
  return entries.map(({ id, startedMs, party, durationMs, turns, worstLatencyMs, state, pinned }) =>
    [
      `${pinned ? '*' : ' '} ${id.padEnd(28)}`,
      date(startedMs),
      party.padEnd(18),
      (durationMs === null ? '' : clock(durationMs)).padStart(9),
      `${turns} turns`.padStart(9),
      `worst ${milliseconds(worstLatencyMs)}`.padStart(14),
      state === 'complete' ? '' : state.replace('_', ' '),
    ]
      .join('  ')
      .trimEnd(),
  );
}

export function showLines(
  entry: TraceEntry,
  metrics: TraceMetrics,
  problems: readonly string[],
): readonly string[] {
  const { id, party, peer, codec, startedMs, durationMs, state, bytes } = entry;
  return [
    `${id}  ${party}  ${peer}  ${codec}`,
    `${date(startedMs)}  ${durationMs === null ? '' : clock(durationMs)}  ${(bytes / 1e6).toFixed(1)} MB  ${state.replace('_', ' ')}`,
    ...problems.map((problem) => `! ${problem}`),
    '',
    ...metrics.turns.flatMap(turnLines),
    ...summaryLines(metrics),
    ...talkLines(metrics),
    ...networkLines(metrics),
  ];
}

function turnLines(turn: TurnMetrics): readonly string[] {
  const { wireMs, engineMs, residualMs, cause, stages, callerEndedAt, overlapped } = turn;
  const head = [
    `turn ${String(turn.turn).padEnd(3)}`,
    (callerEndedAt === null ? '' : clock(callerEndedAt)).padStart(9),
    `wire ${milliseconds(wireMs)}`.padStart(14),
    ...(engineMs === null
      ? []
      : [`engine ${milliseconds(engineMs)}`.padStart(16), `residual ${signed(residualMs)}`.padStart(18)]),
  ].join('');
  const why = cause === null ? [] : [`         ! ${CAUSES[cause]}`];
  return [
    head,
    ...why,
    ...(stages === null ? [] : waterfallLines(stages, engineMs ?? 0)),
    ...overlapped.map(
      ({ stage, from, to }) =>
        `         ahead: ${stage} ${clock(from)} to ${clock(to)}, ${milliseconds(to - from)}`,
    ),
    '',
  ];
}

function waterfallLines(stages: NonNullable<TurnMetrics['stages']>, totalMs: number): readonly string[] {
  const column = (ms: number): number => Math.round((ms / Math.max(1, totalMs)) * BAR_COLUMNS);
  let reached = 0;
  return LATENCY_STAGES.map(([key, name]) => {
    const from = column(reached);
    reached += stages[key];
    const bar = ' '.repeat(from) + '█'.repeat(column(reached) - from);
    return `         ${name.padEnd(15)}${milliseconds(stages[key]).padStart(8)}  ${bar}`.trimEnd();
  });
}

function summaryLines({ wire, engine, residual }: TraceMetrics): readonly string[] {
  const line = (name: string, spread: Spread | null): readonly string[] =>
    spread === null ? [] : [`${name.padEnd(15)}${spreadText(spread)}`];
  return [...line('voice to voice', wire), ...line('by the engine', engine), ...line('residual', residual)];
}

function spreadText({ count, min, p50, p95, p99, max, ci95 }: Spread): string {
  const between = `${milliseconds(min)} to ${milliseconds(max)}`;
  if (count < MIN_EVENTS_FOR_RATE) return `median ${milliseconds(p50)} of ${count}, ${between}`;
  const interval = ci95 ? ` (95 %: ${milliseconds(ci95[0])} to ${milliseconds(ci95[1])})` : '';
  return `median ${milliseconds(p50)}${interval}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)} of ${count}, ${between}`;
}

function talkLines(metrics: TraceMetrics): readonly string[] {
  const { callerSpeechMs, botSpeechMs, overlapMs, bargeIns, callerInterrupted, silences } = metrics;
  const { wordsGenerated, wordsHeard, wordsStruck } = metrics;
  const both = callerSpeechMs + botSpeechMs;
  const ratio = both === 0 ? '' : `, caller ${Math.round((100 * callerSpeechMs) / both)} %`;
  return [
    `talk           caller ${seconds(callerSpeechMs)}, bot ${seconds(botSpeechMs)}, both ${seconds(overlapMs)}${ratio}`,
    ...bargeIns.map(
      ({ at, stoppedAfterMs, false: wentOn }) =>
        `barge-in       ${clock(at)}: the bot ${wentOn ? 'paused, then went on' : `stopped after ${milliseconds(stoppedAfterMs)}`}`,
    ),
    ...callerInterrupted.map((at) => `interrupted    ${clock(at)}: the bot began while the caller spoke`),
    ...silences.map(({ from, to }) => `silence        ${clock(from)} to ${clock(to)}: ${seconds(to - from)}`),
    `words          ${wordsGenerated} written, ${wordsHeard} heard, ${wordsStruck} struck`,
  ];
}

function networkLines({ network }: TraceMetrics): readonly string[] {
  const { received, lost, late, reordered, duplicated, concealedMs } = network;
  const { jitterMs, roundTripMs, skewPpm, mos } = network;
  const known = [
    `jitter ${jitterMs.toFixed(1)} ms`,
    ...(roundTripMs === null ? [] : [`round trip ${roundTripMs.toFixed(1)} ms`]),
    ...(skewPpm === null ? [] : [`clock skew ${skewPpm.toFixed(0)} ppm`]),
    ...(mos === null ? [] : [`MOS ${mos.toFixed(2)}`]),
  ];
  return [
    `network        ${received} packets, ${lost} lost, ${late} late, ${reordered} reordered, ${duplicated} twice, ${milliseconds(concealedMs)} concealed`,
    `               ${known.join(', ')}`,
  ];
}

function date(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** m:ss.t */
function clock(ms: number): string {
  const tenths = Math.round(ms / 100);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  return `${Math.floor(tenths / 600)}:${rest}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function milliseconds(ms: number | null): string {
  return ms === null ? '-' : `${Math.round(ms)} ms`;
}

function signed(ms: number | null): string {
  return ms === null ? '-' : `${ms < 0 ? '-' : '+'}${Math.abs(Math.round(ms))} ms`;
}
