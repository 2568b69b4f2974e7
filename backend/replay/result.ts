import path from 'node:path';
import type { LatencyStages } from '../contract/events.ts';
import type { Comparison, ReplayLimits, ReplayResult, Spread } from '../contract/traces.ts';
import { canonicalLog, equalLogs } from '../fold/canonical.ts';
import { compare, type ComparedTrace } from '../fold/compare.ts';
import { measureRecorded } from '../measure/measure.ts';
import { spreadOf } from '../measure/spread.ts';
import { openTrace, type Trace } from '../trace/read.ts';

/** Measures the traces that replays have written, and compares each with the original. */
export async function resultOf(
  original: Trace,
  calls: readonly string[],
  { tracesDir, limits }: { readonly tracesDir: string; readonly limits: ReplayLimits },
): Promise<ReplayResult> {
  const before = await measured(original);
  const comparisons: Comparison[] = [];
  const logs: string[] = [];
  const wires: number[] = [];
  const stages: LatencyStages[] = [];
  const stalls: number[] = [];
  for (const call of calls) {
    const after = await measured(await openTrace(path.join(tracesDir, call)));
    comparisons.push(compare(before, after));
    logs.push(canonicalLog(after.events));
    for (const event of after.events) if (event.type === 'engine.stalled') stalls.push(event.late_ms);
    for (const turn of after.metrics.turns) {
      if (turn.wireMs !== null) wires.push(turn.wireMs);
      if (turn.stages !== null) stages.push(turn.stages);
    }
  }
  const wire = spreadOf(wires);
  const failures = failuresOf(limits, before.metrics.wire, wire, comparisons);
  return {
    traces: calls,
    comparisons,
    wire,
    stages: stageSpreads(stages),
    stalls: { count: stalls.length, worstMs: Math.max(0, ...stalls) },
    equalLogs: equalLogs(logs),
    verdict: failures.length === 0 ? 'pass' : 'fail',
    failures,
  };
}

/** A trace with its metrics, to be compared. */
export async function measured(trace: Trace): Promise<ComparedTrace> {
  const { events, manifest } = trace;
  return { events, manifest, metrics: await measureRecorded(trace) };
}

function stageSpreads(stages: readonly LatencyStages[]): ReplayResult['stages'] {
  const of = (stage: keyof LatencyStages): Spread | null => spreadOf(stages.map((one) => one[stage]));
  const [endpointing, stt, packet] = [of('endpointing'), of('stt'), of('packet')];
  const [token, clause, audio] = [of('llm_first_token'), of('llm_first_clause'), of('tts_first_audio')];
  if (!endpointing || !stt || !token || !clause || !audio || !packet) return null;
  return {
    endpointing,
    stt,
    llm_first_token: token,
    llm_first_clause: clause,
    tts_first_audio: audio,
    packet,
  };
}

/** Each limit that was exceeded, for a person. */
export function failuresOf(
  { maxLatencyMs, maxSlowerMs, sameText }: ReplayLimits,
  before: Spread | null,
  after: Spread | null,
  comparisons: readonly Comparison[],
): readonly string[] {
  const failures: string[] = [];
  const ms = (value: number): string => `${Math.round(value)} ms`;
  if (after === null && (maxLatencyMs !== null || maxSlowerMs !== null)) {
    failures.push('no answer was measured on the wire');
  } else if (after !== null && maxLatencyMs !== null && after.p95 > maxLatencyMs) {
    failures.push(
      `p95 of the latency on the wire is ${ms(after.p95)}, at most ${ms(maxLatencyMs)} were allowed`,
    );
  }
  if (after !== null && maxSlowerMs !== null) {
    const slower = before === null ? null : after.p50 - before.p50;
    if (slower === null) failures.push('the original has no latency on the wire to compare with');
    else if (slower > maxSlowerMs) {
      failures.push(
        `the median latency on the wire is ${ms(slower)} above the original's, at most ${ms(maxSlowerMs)} were allowed`,
      );
    }
  }
  const changed = comparisons.filter((comparison) => !comparison.sameText).length;
  if (sameText && changed > 0)
    failures.push(`${changed} of ${comparisons.length} replays have other words than the original`);
  return failures;
}
