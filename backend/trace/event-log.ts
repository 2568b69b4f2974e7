import { EVENT_VERSION, callEvent, type CallEvent } from '../contract/events.ts';
import { upgradeEvent } from './upgrade.ts';

/** A file of which more lines are no events is no log: the rest of it is not read. */
const MAX_UNREADABLE = 10_000;

export interface EventLog {
  readonly events: readonly CallEvent[];
  /** The file ends in the middle of a line: its writer was stopped there. */
  readonly halfLine: boolean;
  /** Lines, from 1, that are no events. */
  readonly unreadable: readonly number[];
  /** Types that this version does not know, with how many there were of each. */
  readonly unknown: ReadonlyMap<string, number>;
  /** The newest version among the events; EVENT_VERSION or less, unless a newer program wrote them. */
  readonly version: number;
}

/** An events.ndjson: what can be read of it, older events upgraded, and what could not be. */
export function readEvents(text: string): EventLog {
  const events: CallEvent[] = [];
  const unreadable: number[] = [];
  const unknown = new Map<string, number>();
  let version = 0;
  let halfLine = false;
  // One after the other: of a file that is none of ours they would fill the memory.
  for (let from = 0, number = 1; from < text.length; number += 1) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end);
    from += line.length + 1;
    if (line.trim() === '') continue;
    const raw = parseJson(line);
    if (raw === undefined && end === -1) {
      halfLine = true;
      continue;
    }
    const stamp = stampOf(raw);
    const event = stamp && callEvent.safeParse(upgradeEvent(raw, stamp.v));
    if (stamp) version = Math.max(version, stamp.v);
    if (event?.success) events.push(event.data);
    else if (stamp && event?.error.issues.some(({ path }) => path[0] === 'type'))
      unknown.set(stamp.type, (unknown.get(stamp.type) ?? 0) + 1);
    else unreadable.push(number);
    if (unreadable.length > MAX_UNREADABLE) break;
  }
  return { events, halfLine, unreadable, unknown, version };
}

/** What is wrong with a log, for a person. */
export function eventProblems(log: EventLog): readonly string[] {
  const problems: string[] = [];
  const { halfLine, unreadable, unknown, version } = log;
  if (version > EVENT_VERSION)
    problems.push(
      `events.ndjson is of version ${version}, this program knows ${EVENT_VERSION}: what is new in it is not shown`,
    );
  if (halfLine) problems.push('events.ndjson ends in the middle of a line, which is left out');
  if (unreadable.length > 0)
    problems.push(
      unreadable.length > MAX_UNREADABLE
        ? `events.ndjson: more than ${MAX_UNREADABLE} lines cannot be read, the first is line ${unreadable[0]}; the rest is left out`
        : `events.ndjson: ${unreadable.length} line${unreadable.length === 1 ? '' : 's'} cannot be read and are left out, the first is line ${unreadable[0]}`,
    );
  if (unknown.size > 0) {
    const count = [...unknown.values()].reduce((sum, n) => sum + n, 0);
    problems.push(
      `events.ndjson: ${count} events of kinds this program does not know are left out (${[...unknown.keys()].slice(0, 5).join(', ')})`,
    );
  }
  return problems;
}

/** By hand: an hour has tens of thousands of lines, and what is no trace may have millions. Null: it is no event. */
function stampOf(raw: unknown): { readonly v: number; readonly type: string } | null {
  if (typeof raw !== 'object' || raw === null || !('v' in raw) || !('type' in raw)) return null;
  const { v, type } = raw;
  if (typeof v !== 'number' || !Number.isSafeInteger(v) || v <= 0 || typeof type !== 'string') return null;
  return { v, type };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
