import type { LineView } from '../../backend/contract/sip.ts';
import type { CallRow } from './legs.ts';

/** One line of the list: a call, its signalling, or both once its audio has begun. */
export interface ListRow {
  /** Of the leg on show, or of the line that has no audio. */
  readonly id: string;
  readonly line: LineView | null;
  readonly call: CallRow | null;
}

type Lines = ReadonlyMap<string, LineView>;

/**
 * The list of calls: those that ring or are being placed first, the newest on top; then those going on; then those
 * that have ended. `calls` are in that order already. What came in and was never answered stands in the history only.
 */
export function listRows(calls: readonly CallRow[], lines: Lines): readonly ListRow[] {
  const taken = new Set(calls.flatMap(({ shown, other }) => [shown.id, other?.id ?? shown.id]));
  const alone = [...lines.values()]
    .filter(({ call }) => !taken.has(call))
    .toSorted((one, other) => other.startedAt - one.startedAt)
    .map((line): ListRow => ({ id: line.call, line, call: null }));
  const rows = calls.map((call): ListRow => ({ id: call.shown.id, line: lineOfRow(call, lines), call }));
  const ended = [
    ...alone.filter(({ line }) => line?.state === 'ended' && line.direction === 'out'),
    ...rows.filter((row) => !isGoingOn(row)),
  ];
  return [
    ...alone.filter(({ line }) => line?.state !== 'ended'),
    ...rows.filter(isGoingOn),
    ...ended.toSorted((one, other) => startOf(other).localeCompare(startOf(one))),
  ];
}

/** A call's id begins with the second of its start. */
function startOf({ id }: ListRow): string {
  return id.slice(0, '20260101-120000'.length);
}

export function isGoingOn({ line, call }: ListRow): boolean {
  return call ? call.shown.state === 'live' : line?.state !== 'ended';
}

/** The row that shows a call, be it by its other leg. */
export function rowOf(rows: readonly ListRow[], id: string | null): ListRow | null {
  return rows.find((row) => row.id === id) ?? rows.find(({ call }) => call?.other?.id === id) ?? null;
}

function lineOfRow({ shown, other }: CallRow, lines: Lines): LineView | null {
  return lines.get(shown.id) ?? (other ? (lines.get(other.id) ?? null) : null);
}
