import os from 'node:os';
import type { Spread } from './percentiles.ts';

/** What must not be exceeded; for figures where more is better, `atLeast`. */
export type Goal =
  | { readonly p50?: number; readonly p95?: number; readonly p99?: number; readonly max?: number }
  | { readonly atLeast: number };

/** One line of a bench's result. */
export interface Figure {
  readonly bench: string;
  readonly name: string;
  readonly unit: string;
  readonly measured: Spread;
  /** null: shown, not judged. */
  readonly goal: Goal | null;
  /** The same measure of something that does nothing else, in the same run; null: this figure needs none. */
  readonly control: (Spread & { readonly what: string }) | null;
  /** What else a reader needs to judge the figure. */
  readonly note?: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly system: string;
  readonly node: string;
  /** Load average of the minute before the run. */
  readonly load_before: number;
  readonly date: string;
}

export function thisMachine(now: Date): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory_gb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    load_before: Number((os.loadavg()[0] ?? 0).toFixed(2)),
    date: now.toISOString(),
  };
}

/** null where there is no goal, or nothing was measured that it could be held against. */
export function reached({ measured, goal }: Pick<Figure, 'measured' | 'goal'>): boolean | null {
  if (goal === null) return null;
  if ('atLeast' in goal) return measured.p50 === null ? null : measured.p50 >= goal.atLeast;
  const limits = [
    [measured.p50, goal.p50],
    [measured.p95, goal.p95],
    [measured.p99, goal.p99],
    [measured.max, goal.max],
  ] as const;
  if (limits.some(([value, limit]) => limit !== undefined && value === null)) return null;
  return limits.every(([value, limit]) => limit === undefined || (value ?? Infinity) <= limit);
}

/** One line of JSON, without the line's end. */
export function figureJson(figure: Figure, machine: Machine): string {
  const { bench, name, unit, measured, goal, control, note } = figure;
  return JSON.stringify({
    bench,
    name,
    unit,
    ...rounded(measured),
    goal,
    reached: reached(figure),
    control: control && { what: control.what, ...rounded(control) },
    note: note ?? null,
    machine,
  });
}

/** A table for people: a line per figure, its control under it. */
export function figureTable(figures: readonly Figure[], machine: Machine): string {
  const rows = [['', 'p50', 'p95', 'p99', 'max', 'unit', 'n', 'goal', 'reached']];
  const notes: string[] = [];
  for (const figure of figures) {
    const { measured, control, goal, unit } = figure;
    const verdict = reached(figure);
    const said = goal === null ? '' : verdict === null ? 'not measured' : verdict ? 'yes' : 'NO';
    rows.push([
      `${figure.bench}: ${figure.name}`,
      ...cells(measured),
      unit,
      String(measured.n),
      describeGoal(goal),
      said,
    ]);
    if (control)
      rows.push([`  control: ${control.what}`, ...cells(control), unit, String(control.n), '', '']);
    if (figure.note) notes.push(`${figure.name}: ${figure.note}`);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column >= 1 && column <= 4 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const { cpu, cores, memory_gb, system, node, load_before, date } = machine;
  const where = `${cpu}, ${cores} cores, ${memory_gb} GB, ${system}, Node ${node}, load before ${load_before}, ${date}`;
  return [...lines, ...notes.map((note) => `  ${note}`), where].join('\n');
}

function describeGoal(goal: Goal | null): string {
  if (goal === null) return '';
  if ('atLeast' in goal) return `>= ${goal.atLeast}`;
  return Object.entries(goal)
    .map(([which, limit]) => `${which} <= ${limit}`)
    .join(', ');
}

function cells({ p50, p95, p99, max }: Spread): string[] {
  return [p50, p95, p99, max].map((value) => (value === null ? '' : shown(value)));
}

/** Three significant digits below 10, else one decimal; whole from 1000 on. */
function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000 || Number.isInteger(value)) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toFixed(4);
}

function rounded({ n, p50, p95, p99, max }: Spread): Spread {
  const round = (value: number | null): number | null =>
    value === null ? null : Number(value.toPrecision(6));
  return { n, p50: round(p50), p95: round(p95), p99: round(p99), max: round(max) };
}
