import path from 'node:path';
import { LATENCY_STAGES } from '../contract/events.ts';
import type { ComparedTurn, Comparison, ReplayResult, Spread, TextDifference } from '../contract/traces.ts';
import { printable } from './printable.ts';

/** What came of a replay, for a terminal: words side by side where they differ, stages with their spread, verdict. */
export function replayReport(result: ReplayResult, tracesDir: string): string {
  const { traces, comparisons, wire, stages, stalls, equalLogs, verdict, failures } = result;
  const lines: string[] = [];
  for (const [index, comparison] of comparisons.entries()) {
    lines.push(`replay ${index + 1}  ${path.join(tracesDir, traces[index] ?? '')}`);
    lines.push(...differences(comparison), '');
  }
  const original = comparisons[0]?.left.wire ?? null;
  lines.push(row('ms', 'median', '95 % of it', 'p95', 'max', 'n'));
  lines.push(spreadRow('original, wire', original), spreadRow('replays, wire', wire));
  if (stages) for (const [stage, label] of LATENCY_STAGES) lines.push(spreadRow(`  ${label}`, stages[stage]));
  lines.push('', `${equalLogs} of ${traces.length} event logs are equal but for times`);
  if (stalls.count > 0)
    lines.push(
      `${stalls.count} packets left late, by up to ${stalls.worstMs.toFixed(0)} ms: the machine may have changed the call`,
    );
  for (const failure of failures) lines.push(`exceeded: ${failure}`);
  lines.push(verdict === 'pass' ? 'passed' : 'failed');
  return reportOf(lines);
}

/** Two traces side by side. */
export function comparisonReport(comparison: Comparison): string {
  const wires = [
    row('ms', 'median', '95 % of it', 'p95', 'max', 'n'),
    spreadRow('left, wire', comparison.left.wire),
    spreadRow('right, wire', comparison.right.wire),
  ];
  return reportOf([...differences(comparison), '', ...wires]);
}

function reportOf(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}

/** Words are shown where any differ. */
function differences({ turns, configuration, sameText }: Comparison): string[] {
  const lines = configuration.map(({ what, left, right }) => `  ${what}: ${short(left)} -> ${short(right)}`);
  if (sameText) return [...lines, '  the same words in every turn'];
  for (const turn of turns) lines.push(...turnLines(turn));
  return lines;
}

function turnLines({ left, right, callerText, botText, wireDeltaMs }: ComparedTurn): string[] {
  const which = left === null ? 'only in the replay' : right === null ? 'only in the original' : '';
  const delta = wireDeltaMs === null ? '' : `${wireDeltaMs < 0 ? '' : '+'}${Math.round(wireDeltaMs)} ms`;
  return [
    `  turn ${(left ?? right)?.turn ?? 0}  ${[which, delta].filter((part) => part !== '').join('  ')}`.trimEnd(),
    ...(callerText.length > 0 ? [`    caller  ${marked(callerText)}`] : []),
    ...(botText.length > 0 ? [`    bot     ${marked(botText)}`] : []),
  ];
}

/** [-only in the original-] {+only in the replay+}, as `git diff --word-diff` has it. */
function marked(text: TextDifference): string {
  return text
    .map((part) => {
      if (part.kind === 'same') return part.text;
      return part.kind === 'removed' ? `[-${part.text}-]` : `{+${part.text}+}`;
    })
    .join('');
}

function spreadRow(label: string, spread: Spread | null): string {
  if (!spread) return row(label, '-', '', '', '', '0');
  const { p50, p95, max, count, ci95 } = spread;
  const figures = [p50, p95, max].map((ms) => ms.toFixed(0));
  const sure = ci95 ? `${ci95[0].toFixed(0)}..${ci95[1].toFixed(0)}` : '';
  return row(label, figures[0] ?? '', sure, figures[1] ?? '', figures[2] ?? '', String(count));
}

function row(label: string, ...cells: readonly string[]): string {
  return label.padEnd(18) + cells.map((cell) => cell.padStart(11)).join('');
}

/** A hash by its beginning. */
function short(text: string): string {
  return /^[\da-f]{64}$/.test(text) ? text.slice(0, 12) : text;
}
