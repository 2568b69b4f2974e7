import type { CallEvent } from '../contract/events.ts';
import type { Conversation, ConversationItem } from './types.ts';
import { joinWords } from './words.ts';

/** The caller's side of a conversation: a turn's words come in pieces, as previews, requests and their answers. */

type CallerItem = Extract<ConversationItem, { kind: 'caller' }>;
type Piece = CallerItem['pieces'][number];
type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

const NO_WORDS: Piece = { request: 0, text: '', final: false };

export function callerStarted(before: Conversation, event: EventOf<'speech.started'>): Conversation {
  const over = before.findLastIndex((item) => item.kind === 'bot' && item.state === 'speaking');
  const items = settleOthers(over === -1 ? before : letPass(before, over), event.turn);
  return change(items, event, event.turn, (item) => withPieces(item, [...item.pieces, NO_WORDS], true));
}

export function callerStopped(before: Conversation, event: EventOf<'speech.ended'>): Conversation {
  return change(before, event, event.turn, (item) => withPieces(item, item.pieces, false));
}

/** What was said since the last request is what this one is about. */
export function callerAsked(before: Conversation, event: EventOf<'stt.started'>): Conversation {
  const { request, turn } = event;
  return change(before, event, turn, (item) => {
    const waiting = item.pieces.filter((piece) => piece.request === 0);
    const text = joinWords(...waiting.map((piece) => piece.text));
    const asked = item.pieces.filter((piece) => piece.request !== 0);
    return withPieces(item, [...asked, { request, text, final: false }]);
  });
}

export function callerPreview(before: Conversation, event: EventOf<'stt.partial'>): Conversation {
  return change(before, event, event.turn, (item) => {
    const known = item.pieces.at(-1)?.request === 0 ? item.pieces.slice(0, -1) : item.pieces;
    return withPieces(item, [...known, { ...NO_WORDS, text: event.text }]);
  });
}

/** A request's words: a new text, or `{ request: 0, final: false }` when they no longer count. */
export function callerWords(before: Conversation, request: number, known: Partial<Piece>): Conversation {
  const index = before.findLastIndex(
    (item) => item.kind === 'caller' && item.pieces.some((piece) => piece.request === request),
  );
  const item = before[index];
  if (item?.kind !== 'caller') return before;
  const changed = withPieces(
    item,
    item.pieces.map((piece) => (piece.request === request ? { ...piece, ...known } : piece)),
  );
  // Noise has no words and leaves no line.
  if (changed.state === 'final' && changed.text === '') return before.toSpliced(index, 1);
  return before.with(index, changed);
}

export function callerNoted(before: Conversation, event: EventOf<'turn.noted'>): Conversation {
  return change(before, event, event.turn, (item) => ({ ...item, text: event.text, state: 'noted' }));
}

/** Nothing more is to come for turns other than this one: their words stand as they are. */
export function settleOthers(before: Conversation, turn: number | null): Conversation {
  const index = before.findLastIndex((item) => item.kind === 'caller');
  const item = before[index];
  if (item?.kind !== 'caller' || item.turn === turn || item.state === 'final' || item.state === 'noted') {
    return before;
  }
  return item.text === '' ? before.toSpliced(index, 1) : before.with(index, { ...item, state: 'final' });
}

/** The bot (`over`: its index) speaks on, or has spoken to its end: what was said over it until now was no turn. */
export function letPass(before: Conversation, over: number): Conversation {
  const passes = (item: ConversationItem, index: number): item is CallerItem =>
    index > over && item.kind === 'caller' && item.state === 'final' && item.turn !== 0;
  return before.some(passes)
    ? before.map((item, index) => (passes(item, index) ? { ...item, turn: 0 } : item))
    : before;
}

/** Applies a change to the item of a turn, which is made when there is none. */
function change(
  before: Conversation,
  event: CallEvent,
  turn: number,
  how: (item: CallerItem) => CallerItem,
): Conversation {
  const index = before.findLastIndex((item) => item.kind === 'caller');
  const item = before[index];
  if (item?.kind === 'caller' && item.turn === turn) return before.with(index, how(item));
  const fresh: CallerItem = {
    kind: 'caller',
    key: `caller-${event.seq}`,
    at: event.at / 1000,
    turn,
    text: '',
    pieces: [],
    state: 'recognising',
  };
  if (item?.kind !== 'caller' || item.state !== 'speaking') return [...before, how(fresh)];
  // The bot began to answer what was said before: what is being said belongs to the next turn.
  const answered = item.pieces.filter((piece) => piece.request !== 0);
  if (answered.length === 0) return before.with(index, how({ ...item, turn }));
  const pieces = item.pieces.filter((piece) => piece.request === 0);
  return [
    ...before.with(index, withPieces(item, answered, false)),
    how({ ...fresh, pieces, state: 'speaking' }),
  ];
}

function withPieces(
  item: CallerItem,
  pieces: readonly Piece[],
  speaking = item.state === 'speaking',
): CallerItem {
  const text = joinWords(...pieces.map((piece) => piece.text.trim()));
  const whole = pieces.every((piece) => piece.final) ? 'final' : 'recognising';
  return { ...item, pieces, text, state: speaking ? 'speaking' : whole };
}
