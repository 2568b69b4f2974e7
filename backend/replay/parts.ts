import type { RecordedCall, RecordedPacket, SpokenSpan } from './recorded-call.ts';

/** Sent with what is said: soft beginnings and ends are quieter than what counts as voiced. */
const LEAD_MS = 100;
const TAIL_MS = 200;

/** When the caller says a part. Times are ms. */
export type Cue =
  /** Since the end of the part before, or the call's beginning. */
  | { readonly type: 'said'; readonly after: number }
  /** Since the bot's answer ended. */
  | { readonly type: 'answer_ended'; readonly after: number }
  /** Since the bot's answer began: the caller speaks over it. */
  | { readonly type: 'answer_began'; readonly after: number };

/** Packets that are said in one go; `at` is since the part's beginning. */
export interface CallerPart {
  readonly cue: Cue;
  readonly packets: readonly RecordedPacket[];
}

/** After a pause this long a bot's answer is over, unless it was known to pause for longer. */
const ANSWER_OVER_MS = 600;

/** What a caller does, part by part, and whether it then hangs up. */
export interface CallerScore {
  readonly parts: readonly CallerPart[];
  /** When the caller hangs up by itself; null: the bot does, or has nothing more to say. */
  readonly leaves: Cue | null;
  /** After a pause this long the bot's answer is over. */
  readonly answerOverMs: number;
}

/** Everything at its own time. */
export function originalScore({ packets, ptimeMs, callerLeft }: RecordedCall): CallerScore {
  return {
    parts: [{ cue: { type: 'said', after: 0 }, packets }],
    leaves: callerLeft ? { type: 'said', after: ptimeMs } : null,
    answerOverMs: ANSWER_OVER_MS,
  };
}

/**
 * What the caller said between two beginnings of the bot's is one part, its pauses included. It follows the bot's
 * answer by the recorded gap, or cuts into it as long after its beginning as it did.
 */
export function conversationScore(call: RecordedCall): CallerScore {
  const { caller, bot, packets, callerLeft } = call;
  const parts: CallerPart[] = [];
  const groups = grouped(caller, bot);
  for (const [index, { from, to }] of groups.entries()) {
    const before = groups[index - 1];
    const first = Math.max(from - LEAD_MS, before ? before.to : 0);
    const last = Math.min(to + TAIL_MS, groups[index + 1]?.from ?? Infinity);
    const said = packets.filter(({ at }) => at >= first && at <= last);
    const begin = said[0]?.at;
    if (begin === undefined) continue;
    parts.push({
      cue: cueOf(begin, from, before ?? null, bot),
      packets: said.map(({ at, bytes }) => ({ at: at - begin, bytes })),
    });
  }
  const end = (packets.at(-1)?.at ?? 0) + call.ptimeMs;
  return {
    parts,
    leaves: callerLeft ? cueOf(end, end, groups.at(-1) ?? null, bot) : null,
    answerOverMs: Math.max(ANSWER_OVER_MS, 1.5 * longestPause(caller, bot)),
  };
}

/** Within the bot's answers: between two of its spans the caller said nothing. */
function longestPause(caller: readonly SpokenSpan[], bot: readonly SpokenSpan[]): number {
  let longest = 0;
  for (const [index, { from }] of bot.entries()) {
    const before = bot[index - 1];
    if (!before || caller.some((span) => span.from < from && span.to > before.from)) continue;
    longest = Math.max(longest, from - before.to);
  }
  return longest;
}

/** `begin`: of the packets, before the voice in them at `from`; `before`: what the caller said before. */
function cueOf(begin: number, from: number, before: SpokenSpan | null, bot: readonly SpokenSpan[]): Cue {
  const answer = bot.filter((span) => span.from > (before?.from ?? -Infinity) && span.from < from);
  const [first] = answer;
  const last = answer.at(-1);
  if (!first || !last) return { type: 'said', after: Math.max(0, begin - (before?.to ?? 0)) };
  if (last.to > from) return { type: 'answer_began', after: Math.max(0, begin - first.from) };
  return { type: 'answer_ended', after: Math.max(0, begin - last.to) };
}

/** The caller's spans, those put together between which the bot did not begin to speak. */
function grouped(caller: readonly SpokenSpan[], bot: readonly SpokenSpan[]): readonly SpokenSpan[] {
  const groups: { readonly from: number; to: number; latest: number }[] = [];
  for (const { from, to } of caller) {
    const last = groups.at(-1);
    if (last && !bot.some((span) => span.from > last.latest && span.from < from)) {
      last.to = to;
      last.latest = from;
    } else {
      groups.push({ from, to, latest: from });
    }
  }
  return groups;
}
