import { unreachable } from '../../../base/errors.ts';
import type { Rules, Slot } from './block.ts';
import { findDay, findTime, type Found } from './dates.ts';
import { digitsAt, numberAt, spokenNumber } from './numbers.ts';
import { findAny, type Word } from './words.ts';

/** Fewer digits than this are no telephone number but a quantity. */
const MIN_DIGITS = 3;

/** Takes values in this order, so that "ten" of a time is not taken for a number as well. */
const ORDER = ['day', 'time', 'digits', 'choice', 'number', 'name'] as const;

/** What `words` say about the slots, each as it is said back. `asked`: the slots they probably answer. */
export function findSlots(
  rules: Rules,
  words: readonly Word[],
  asked: ReadonlySet<string>,
): Map<string, Found> {
  const values = new Map<string, Found>();
  const slots = Object.entries(rules.slots).toSorted(
    ([, a], [, b]) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type),
  );
  for (const [name, slot] of slots) {
    const found = findSlot(slot, words, asked.has(name));
    if (!found) continue;
    const taken = [...values.values()].some((other) => found.from < other.to && other.from < found.to);
    if (!taken) values.set(name, found);
  }
  return values;
}

function findSlot(slot: Slot, words: readonly Word[], asked: boolean): Found | null {
  switch (slot.type) {
    case 'day':
      return findDay(words, asked);
    case 'time':
      return findTime(words, asked);
    case 'digits':
      return findDigits(words);
    case 'number':
      return findNumber(words, slot.unit ?? [], asked);
    case 'choice':
      return findChoice(slot.choices ?? {}, words);
    case 'name':
      return findIntroducedName(words, asked);
    default:
      return unreachable(slot.type);
  }
}

function findDigits(words: readonly Word[]): Found | null {
  let best: Found | null = null;
  let most = MIN_DIGITS - 1;
  for (let at = 0; at < words.length; at += 1) {
    const { digits, length } = digitsAt(words, at);
    if (digits.length <= most) continue;
    most = digits.length;
    best = {
      value: digits.replace(/(\d{3})(?=\d{2})/g, '$1, ').replace(/\d(?=\d)/g, '$& '),
      from: at,
      to: at + length,
    };
  }
  return best;
}

function findNumber(words: readonly Word[], unit: readonly string[], asked: boolean): Found | null {
  for (let at = 0; at < words.length; at += 1) {
    const number = numberAt(words, at);
    if (!number) continue;
    const to = at + number.length;
    if (asked || findAny(unit, words.slice(to, to + 2)))
      return { value: spokenNumber(number.value), from: at, to };
  }
  return null;
}

function findChoice(
  choices: Readonly<Record<string, readonly string[]>>,
  words: readonly Word[],
): Found | null {
  let best: (Found & { distance: number }) | null = null;
  for (const [value, phrases] of Object.entries(choices)) {
    const match = findAny([value, ...phrases], words);
    if (match && (best === null || match.distance < best.distance)) best = { ...match, value };
  }
  return best;
}

const INTRODUCTION = /(?:^| )(?:my name is|my name's|the name is|the name's|name is|name's)$/;
/** These introduce a name only where one was asked for: "I'm in pain". */
const LOOSE_INTRODUCTION = /(?:^| )(?:it's|its|it is|i'm|i am|this is|call me|under|put it under)$/;
const QUESTION = /^(what|who|when|where|why|how|which|do|does|did|pardon|excuse)$/;
const NO_NAME = new Set(
  (
    'a an the and or but for from to at on in of my your i you it is it so please thanks thank with here speaking calling ' +
    'yes yeah no not sorry well oh okay ok sure hello hi would could can want need like that this right wrong is are pressed'
  ).split(' '),
);

/** "My name is Emma Wilson." */
function findIntroducedName(words: readonly Word[], asked: boolean): Found | null {
  for (let at = 1; at < words.length; at += 1) {
    const before = words
      .slice(Math.max(0, at - 3), at)
      .map((word) => word.word)
      .join(' ');
    if (INTRODUCTION.test(before) || (asked && LOOSE_INTRODUCTION.test(before))) {
      const name = nameAt(words, at);
      if (name) return name;
    }
  }
  return null;
}

/** A name that is all there is, apart from fillers: "Um, Emma Wilson, please." Only where nothing else makes sense. */
export function findBareName(words: readonly Word[]): Found | null {
  if (words.some((word) => QUESTION.test(word.word))) return null;
  const first = words.findIndex((word) => !NO_NAME.has(word.word));
  const name = first < 0 ? null : nameAt(words, first);
  const rest = name ? words.slice(name.to).filter((word) => !NO_NAME.has(word.word)) : [];
  return rest.length === 0 ? name : null;
}

function nameAt(words: readonly Word[], from: number): Found | null {
  let to = from;
  while (to < words.length && to - from < 3) {
    const word = words[to];
    if (!word || NO_NAME.has(word.word) || !/^\p{L}/u.test(word.word) || (to > from && word.afterPause))
      break;
    to += 1;
  }
  if (to === from) return null;
  const parts = words.slice(from, to).map(({ raw }) => raw.charAt(0).toUpperCase() + raw.slice(1));
  return { value: parts.join(' '), from, to };
}
