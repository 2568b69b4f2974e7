import { userFits, userOf } from '../../backend/base/sip-user.ts';
import type { AccountSettings, LineView } from '../../backend/contract/sip.ts';
import type { AccountEntry } from '../../backend/contract/window.ts';
import type { CallSummary } from '../../backend/fold/types.ts';
import type { Who } from './phone.ts';

/** Which of several lines is what to the person at the window. */

type Lines = ReadonlyMap<string, LineView>;
/** Calls as the store has them: of each, who is on it. */
type Parties = ReadonlyMap<string, { readonly summary: Pick<CallSummary, 'party' | 'state' | 'takenOver'> }>;
/** What else is known of who speaks on a call: those placed from here. */
type Placed = ReadonlyMap<string, Who>;

type Rule = AccountSettings['auto_answer'][number];

/** Whether the person speaks on a call, or will when it is answered. */
function isPersons(call: string, calls: Parties, placed: Placed): boolean {
  const known = calls.get(call)?.summary;
  return known ? known.party === 'person' || known.takenOver : placed.get(call) === 'person';
}

/** The person's calls that are answered, in the order of their answers. */
export function personsLines(lines: Lines, calls: Parties, placed: Placed): readonly LineView[] {
  return [...lines.values()]
    .filter(({ call, state }) => state === 'connected' && isPersons(call, calls, placed))
    .toSorted((one, other) => (one.answeredAt ?? 0) - (other.answeredAt ?? 0));
}

/** The one they talk on: not held by us. Of several, which should not be, the one answered last. */
export function activeLine(lines: Lines, calls: Parties, placed: Placed): LineView | null {
  return personsLines(lines, calls, placed).findLast(({ heldByUs }) => !heldByUs) ?? null;
}

/** Those that wait until the person has done with another call. */
export function heldLines(lines: Lines, calls: Parties, placed: Placed): readonly LineView[] {
  return personsLines(lines, calls, placed).filter(({ heldByUs }) => heldByUs);
}

/**
 * What else the person has to do with while a call is on show: their other calls, and the one that they consult
 * about, be it of the bot. `consultations`: calls placed for it, each to the one that is to be handed over.
 */
export function otherLines(
  shown: string,
  lines: Lines,
  calls: Parties,
  { placed, consultations }: { readonly placed: Placed; readonly consultations: ReadonlyMap<string, string> },
): readonly LineView[] {
  const about = lines.get(consultations.get(shown) ?? '');
  const others = new Set(personsLines(lines, calls, placed));
  if (about?.state === 'connected') others.add(about);
  return [...others].filter(({ call }) => call !== shown);
}

/** Whom a call that comes in waits for: the account's bot answers at once, and so does a rule that says so. */
export function waitsForPerson(line: LineView, entries: readonly AccountEntry[]): boolean {
  if (line.direction !== 'in' || line.state !== 'incoming') return false;
  const settings = entries.find(({ name }) => name === line.account)?.settings;
  if (settings !== undefined && settings.who !== 'ring') return false;
  const auto = autoAnswer(line, entries);
  return auto === null || auto.who === 'person' || auto.at > line.startedAt;
}

/** Calls that ring at the person, in the order they came. */
export function ringingLines(lines: Lines, entries: readonly AccountEntry[]): readonly LineView[] {
  return [...lines.values()]
    .filter((line) => waitsForPerson(line, entries))
    .toSorted((one, other) => one.startedAt - other.startedAt);
}

/** What answers a call by itself and when, epoch ms; null: nothing does. */
export function autoAnswer(
  line: LineView,
  entries: readonly AccountEntry[],
): { readonly who: Rule['who']; readonly at: number } | null {
  const settings = entries.find(({ name }) => name === line.account)?.settings;
  if (settings?.who !== 'ring') return null;
  const user = userOf(line.remote.uri);
  const rule = settings.auto_answer.find(({ from }) => from === null || userFits(user, from));
  return rule ? { who: rule.who, at: line.startedAt + rule.after_s * 1000 } : null;
}

/**
 * ring: a call comes in; waiting: one does while the person talks; ringback: the far end that they call rings, and
 * sends no audio of its own.
 */
export type PhoneSound = 'ring' | 'waiting' | 'ringback';

/** What the person is to hear of the telephone now; null: nothing. */
export function soundOf(
  lines: Lines,
  calls: Parties,
  placed: Placed,
  entries: readonly AccountEntry[],
): PhoneSound | null {
  const talks = talking(lines, calls, placed);
  if (ringingLines(lines, entries).length > 0) return talks ? 'waiting' : 'ring';
  const calling = [...lines.values()].some(
    ({ call, direction, state }) =>
      direction === 'out' && state === 'ringing' && isPersons(call, calls, placed),
  );
  return calling && !talks ? 'ringback' : null;
}

/** On a line that is not held, or on a call without a line: raw RTP, or one with the bot on this machine. */
function talking(lines: Lines, calls: Parties, placed: Placed): boolean {
  if (activeLine(lines, calls, placed) !== null) return true;
  return [...calls].some(
    ([id, { summary }]) => summary.state === 'live' && !lines.has(id) && isPersons(id, calls, placed),
  );
}
