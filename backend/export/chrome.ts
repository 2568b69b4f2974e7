import type { CallEvent } from '../contract/events.ts';
import type { TraceManifest, TraceNotes } from '../contract/trace.ts';
import type { TraceMetrics } from '../contract/traces.ts';
import { Timeline } from '../fold/timeline.ts';
import { spansOf } from './call-spans.ts';
import type { Attributes, AttributeValue } from './open-spans.ts';

/**
 * Chrome's Trace Event Format (JSON Object Format), which Perfetto and chrome://tracing open. Lanes are threads; spans
 * are complete events, which must nest within a thread, so that what overlaps is laid into further threads of its
 * lane; turns, which overlap by nature, are async events.
 */

interface Piece {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly args?: object;
  /** Within it, one after the other. */
  readonly parts?: readonly Piece[];
}

const PID = 1;
/** Threads of one lane; more work at once than that does not happen. */
const ROWS = 10;

export interface ChromeSource {
  readonly call: string;
  readonly events: readonly CallEvent[];
  readonly metrics: TraceMetrics;
  readonly manifest: TraceManifest | null;
  readonly notes: TraceNotes;
  /** dBFS; null: not known. */
  readonly levels: {
    readonly everyMs: number;
    readonly caller: Float32Array;
    readonly bot: Float32Array;
  } | null;
}

export function chromeTrace({ call, events, metrics, manifest, notes, levels }: ChromeSource): string {
  const timeline = new Timeline();
  for (const event of events) timeline.apply(event);
  const end = timeline.durationMs;
  const lanes: readonly (readonly [string, readonly Piece[]])[] = [
    [
      'caller speech',
      timeline.speech.map(({ from, to, turn }) => ({ name: `turn ${turn}`, from, to: to ?? end })),
    ],
    [
      'caller words',
      timeline.texts.map(({ from, to, text, final }) => ({ name: text, from, to, args: { final } })),
    ],
    ['turn state', timeline.states.map(({ from, to, state }) => ({ name: state, from, to: to ?? end }))],
    ...workLanes(events),
    [
      'bot speech',
      timeline.bot.map(({ from, to, text, unheard, interrupted, generation }) => ({
        name: text || `generation ${generation}`,
        from,
        to: to ?? end,
        args: { generation, unheard, interrupted },
      })),
    ],
    ['waits', waits(timeline, metrics)],
  ];
  const written = [
    meta('process_name', 0, { name: `call ${call}` }),
    ...lanes.flatMap(([name, pieces], index) => lane(name, (index + 1) * ROWS, pieces)),
    ...turns(timeline, metrics, end),
    ...moments(events, metrics, notes, (lanes.length + 1) * ROWS),
    ...counters(events, levels),
  ];
  return JSON.stringify({
    traceEvents: written,
    displayTimeUnit: 'ms',
    otherData: {
      call,
      party: manifest?.party,
      peer: manifest?.peer,
      codec: manifest?.codec,
      started: manifest?.started,
      sidetone: manifest?.sidetone,
    },
  });
}

function workLanes(events: readonly CallEvent[]): readonly (readonly [string, readonly Piece[]])[] {
  const spans = spansOf(events);
  const of = (kind: string, first: string, firstMs: (attributes: Attributes) => unknown): readonly Piece[] =>
    spans
      .filter(({ key }) => key.startsWith(`${kind}-`))
      .map(({ name, from, to, attributes }) => {
        const { 'gen_ai.input.messages': _, 'sidetone.text': text, ...rest } = attributes;
        const after = firstMs(attributes);
        return {
          name: typeof text === 'string' ? text : name,
          from,
          to,
          args: Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, plain(value)])),
          parts: typeof after === 'number' ? [{ name: first, from, to: from + after }] : [],
        };
      });
  const none = (): unknown => undefined;
  return [
    ['stt', of('stt', '', none)],
    [
      'llm',
      of('llm', 'to first token', ({ 'gen_ai.response.time_to_first_chunk': seconds }) =>
        typeof seconds === 'number' ? seconds * 1000 : undefined,
      ),
    ],
    ['tools', of('tool', '', none)],
    ['tts', of('tts', 'to first audio', (attributes) => attributes['sidetone.tts.time_to_first_audio_ms'])],
  ];
}

function plain(value: AttributeValue): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** What the caller waited for each answer, with the engine's stages and what the wire says. */
function waits(timeline: Timeline, metrics: TraceMetrics): readonly Piece[] {
  return timeline.waterfalls.map(({ from, to, turn, generation, totalMs, residualMs, stages }) => {
    const measured = metrics.turns.find((metric) => metric.generation === generation);
    return {
      name: `${Math.round(totalMs)} ms`,
      from,
      to,
      args: {
        turn,
        engine_ms: totalMs,
        engine_residual_ms: residualMs,
        wire_ms: measured?.wireMs,
        residual_ms: measured?.residualMs,
        cause: measured?.cause,
      },
      parts: stages.filter((stage) => stage.to > stage.from).map((stage) => ({ ...stage, name: stage.key })),
    };
  });
}

/** A turn goes from the caller's first word to the end of the answer. */
function turns(timeline: Timeline, metrics: TraceMetrics, end: number): readonly object[] {
  const numbers = [...new Set(timeline.speech.map(({ turn }) => turn))].filter((turn) => turn > 0);
  return numbers.flatMap((turn) => {
    const said = timeline.speech.filter((span) => span.turn === turn);
    const answered = timeline.bot.findLast((span) => span.turn === turn);
    const from = said[0]?.from ?? 0;
    const to = answered ? (answered.to ?? end) : (said.at(-1)?.to ?? end);
    const common = { cat: 'turn', id: turn, name: `turn ${turn}`, pid: PID, tid: 0 };
    const args = { wire_ms: metrics.turns.find((metric) => metric.turn === turn)?.wireMs ?? null };
    return [
      { ...common, ph: 'b', ts: micros(from), args },
      { ...common, ph: 'e', ts: micros(Math.max(from, to)) },
    ];
  });
}

/** Anything else that happened, a person's notes among it. */
function moments(
  events: readonly CallEvent[],
  metrics: TraceMetrics,
  notes: TraceNotes,
  tid: number,
): readonly object[] {
  const instant = (name: string, at: number, args: object): object => ({
    ph: 'i',
    s: 't',
    cat: 'event',
    name,
    pid: PID,
    tid,
    ts: micros(at),
    args,
  });
  const shown = events.filter(({ type }) => !ELSEWHERE.has(type));
  return [
    ...threadNames('events', tid),
    ...shown.map(({ v: _v, seq: _seq, call: _call, at, type, ...args }) => instant(type, at / 1000, args)),
    ...metrics.bargeIns.map((bargeIn) => instant('barge-in', bargeIn.at, bargeIn)),
    ...notes.notes.map(({ at, text }) => instant('note', at, { text })),
  ];
}

/** Events that the lanes and counters show, or that are too many and too large for instants. */
const ELSEWHERE: ReadonlySet<CallEvent['type']> = new Set([
  'turn.state',
  'speech.started',
  'speech.ended',
  'stt.started',
  'stt.partial',
  'stt.final',
  'llm.requested',
  'llm.token',
  'tts.started',
  'tts.audio',
  'tts.finished',
  'rtp.stats',
  'rtp.mapped',
  'config.used',
]);

function counters(events: readonly CallEvent[], levels: ChromeSource['levels']): readonly object[] {
  const counter = (name: string, at: number, args: object): object => ({
    ph: 'C',
    name,
    pid: PID,
    tid: 0,
    ts: micros(at),
    args,
  });
  const quality = events.flatMap((event) => {
    if (event.type !== 'rtp.stats') return [];
    const { jitter_ms, lost, late, round_trip_ms, pacing_p99_ms } = event.stats;
    const at = event.at / 1000;
    return [
      counter('jitter, ms', at, { jitter: jitter_ms }),
      counter('packets lost', at, { lost, late }),
      counter('our pacing p99, ms', at, { pacing: pacing_p99_ms }),
      ...(round_trip_ms === null ? [] : [counter('round trip, ms', at, { 'round trip': round_trip_ms })]),
    ];
  });
  if (!levels) return quality;
  const { everyMs, caller, bot } = levels;
  const level = (values: Float32Array, index: number): number =>
    Math.round(10 * (values[index] ?? -100)) / 10;
  const count = Math.max(caller.length, bot.length);
  const drawn = Array.from({ length: count }, (_, index) =>
    counter('level, dBFS', index * everyMs, { caller: level(caller, index), bot: level(bot, index) }),
  );
  return [...quality, ...drawn];
}

/** A lane's spans on as few threads as keep them from overlapping. */
function lane(name: string, tid: number, pieces: readonly Piece[]): readonly object[] {
  const reached: number[] = [];
  const written = pieces
    .toSorted((a, b) => a.from - b.from)
    .flatMap((piece) => {
      const free = reached.findIndex((to) => to <= micros(piece.from));
      const row = free === -1 ? Math.min(reached.length, ROWS - 1) : free;
      reached[row] = micros(Math.max(piece.from, piece.to));
      return complete(name, piece, tid + row);
    });
  const rows = Math.max(1, reached.length);
  const names = Array.from({ length: rows }, (_, row) =>
    threadNames(row === 0 ? name : `${name} ${row + 1}`, tid + row),
  );
  return [...names.flat(), ...written];
}

/** Rounded by its ends, so that parts that follow one another in time do so in whole microseconds as well. */
function complete(cat: string, piece: Piece, tid: number): readonly object[] {
  const ts = micros(piece.from);
  const end = Math.max(ts, micros(piece.to));
  const parts = (piece.parts ?? []).flatMap((part) =>
    complete(cat, { ...part, from: Math.min(part.from, piece.to), to: Math.min(part.to, piece.to) }, tid),
  );
  const { name, args } = piece;
  return [{ ph: 'X', cat, name, pid: PID, tid, ts, dur: end - ts, ...(args ? { args } : {}) }, ...parts];
}

function threadNames(name: string, tid: number): readonly object[] {
  return [meta('thread_name', tid, { name }), meta('thread_sort_index', tid, { sort_index: tid })];
}

function meta(name: string, tid: number, args: object): object {
  return { ph: 'M', name, pid: PID, tid, args };
}

function micros(ms: number): number {
  return Math.round(ms * 1000);
}
