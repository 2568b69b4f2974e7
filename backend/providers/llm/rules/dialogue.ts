import type { Intent, Rules } from './block.ts';
import { findBareName, findSlots } from './slots.ts';
import { findAny, wordsOf, type Word } from './words.ts';

export interface Reply {
  readonly text: string;
  readonly tool: { readonly name: string; readonly arguments: Readonly<Record<string, string>> } | null;
}

/** What the bot's last words ask for. */
type Question =
  | { readonly kind: 'slot'; readonly slot: string }
  | { readonly kind: 'confirm' }
  /** "What should I change?" */
  | { readonly kind: 'change' }
  /** "Anything else?" */
  | { readonly kind: 'more' };

/** What one turn of the caller's says, by the rules. */
interface Understood {
  readonly words: readonly Word[];
  /** Slots that got a value now, and those whose value is another than before. */
  readonly filled: readonly string[];
  readonly changed: readonly string[];
  /** In the order they were mentioned. */
  readonly intents: readonly Intent[];
  readonly yes: boolean;
  readonly no: boolean;
}

/** A conversation by rules. Its whole state follows from the caller's turns so far. */
export class Dialogue {
  readonly #rules: Rules;
  readonly #values = new Map<string, string>();
  /** The task being worked on. */
  #task: Intent | null = null;
  /** The one just done: a later change opens it again. */
  #doneTask: Intent | null = null;
  #question: Question | null = null;
  #last: Reply = { text: '', tool: null };
  /** How often each text of several was used. */
  readonly #uses = new Map<readonly string[], number>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** The reply to the caller's next turn. */
  answer(text: string): Reply {
    const words = wordsOf(text);
    const { repeat } = this.#rules;
    if (this.#last.text !== '' && words.length <= 6 && findAny(repeat, words)) return this.#last;
    this.#last = this.#reply(this.#understand(words));
    return this.#last;
  }

  #understand(words: readonly Word[]): Understood {
    const rules = this.#rules;
    const intents = this.#findIntents(words);
    const yes = findAny(rules.yes, words) !== null;
    const no = findAny(rules.no, words) !== null;
    const asked = this.#askedSlots(no && !yes);
    const found = findSlots(rules, words, asked);

    const question = this.#question;
    if (question?.kind === 'slot' && rules.slots[question.slot]?.type === 'name') {
      const bare = intents.length === 0 && found.size === 0 ? findBareName(words) : null;
      if (bare) found.set(question.slot, bare);
    }
    this.#chooseTask(intents, [...found.keys()]);

    // "How much is a cleaning?" in the middle of booking a check-up changes nothing.
    const mayChange = no || !intents.some(isInformation);
    const filled: string[] = [];
    const changed: string[] = [];
    for (const [slot, { value }] of found) {
      const before = this.#values.get(slot);
      if (this.#task?.needs?.includes(slot) !== true || before === value) continue;
      if (before !== undefined && !mayChange) continue;
      (before === undefined ? filled : changed).push(slot);
      this.#values.set(slot, value);
    }
    return { words, filled, changed, intents, yes, no };
  }

  /** Slots an answer may be about without saying so: the one asked for, or any name once something is wrong. */
  #askedSlots(denied: boolean): ReadonlySet<string> {
    const question = this.#question;
    if (question?.kind === 'slot') return new Set([question.slot]);
    if (question?.kind !== 'change' && !(question?.kind === 'confirm' && denied)) return new Set();
    return new Set(Object.keys(this.#rules.slots).filter((slot) => this.#rules.slots[slot]?.type === 'name'));
  }

  #findIntents(words: readonly Word[]): Intent[] {
    const matches = Object.values(this.#rules.intents).flatMap((intent) => {
      const match = findAny(intent.when, words);
      return match ? [{ intent, at: match.from }] : [];
    });
    return matches.toSorted((a, b) => a.at - b.at).map(({ intent }) => intent);
  }

  /** Asked for by name, or meant by what was said about it ("Friday at ten?"). */
  #chooseTask(intents: readonly Intent[], slots: readonly string[]): void {
    const named = intents.find((intent) => intent.needs);
    if (named && named !== this.#task) {
      for (const slot of named.needs ?? []) this.#values.delete(slot);
      this.#task = named;
      return;
    }
    if (this.#task) return;
    // "Are you open on Friday?" wants an answer, not an appointment.
    if (intents.some(isInformation)) return;
    const telling = slots.filter((slot) => /^(day|time|choice)$/.test(this.#rules.slots[slot]?.type ?? ''));
    const meant = [this.#doneTask, ...Object.values(this.#rules.intents)];
    this.#task = meant.find((intent) => intent?.needs?.some((slot) => telling.includes(slot))) ?? null;
  }

  #reply(understood: Understood): Reply {
    const { intents, filled, changed, words, yes, no } = understood;
    const parts: string[] = [];
    const settled = filled.length + changed.length === 0;
    const question = this.#question;
    this.#question = null;

    let closing = intents.find((intent) => intent.tool && !intent.alone) ?? null;
    if (question?.kind === 'more' && settled && intents.every((intent) => intent.alone)) {
      if (no) closing ??= this.#farewell();
      else if (yes) parts.push(this.#fill(this.#rules.help ?? '') ?? '');
    }
    const reopened = this.#task && settled && this.#reopen(this.#task, question, no, words);
    if (question?.kind === 'confirm' && this.#task && settled && !reopened) {
      if (no) {
        parts.push(this.#fill(this.#task.refused ?? '') ?? '');
        this.#question = { kind: 'change' };
      } else if (yes) {
        parts.push(this.#finish(this.#task, closing === null));
      }
    }

    const understoodSomething =
      parts.length > 0 || !settled || closing !== null || intents.some((one) => !one.alone);
    for (const intent of intents) {
      if (intent === closing || intent.needs || (intent.alone && understoodSomething)) continue;
      parts.push(this.#sayOf(intent, words));
    }
    if (closing) {
      parts.push(this.#sayOf(closing, words));
      return { text: sentence(parts), tool: this.#toolOf(closing) };
    }

    if (this.#task && this.#question === null) {
      const known = parts.length > 0 || reopened || intents.includes(this.#task);
      if (changed.length > 0) parts.unshift(this.#next(this.#rules.corrected) ?? '');
      else if (filled.length > 0) parts.unshift(this.#next(this.#rules.got) ?? '');
      else if (!known) parts.push(this.#next(this.#rules.fallback) ?? '');
      parts.push(this.#ask(this.#task));
    } else if (parts.length === 0) {
      parts.push(this.#next(this.#rules.fallback) ?? '', this.#fill(this.#rules.help ?? '') ?? '');
    }
    return { text: sentence(parts), tool: null };
  }

  /** "The time is wrong": forgets the slot that is named, so that it is asked for again. */
  #reopen(task: Intent, question: Question | null, no: boolean, words: readonly Word[]): boolean {
    if (question?.kind !== 'change' && !(question?.kind === 'confirm' && no)) return false;
    const slot = task.needs?.find((name) => findAny([name], words));
    return slot !== undefined && this.#values.delete(slot);
  }

  /** The task is confirmed; what is said then, with `more` unless the caller is leaving. */
  #finish(task: Intent, more: boolean): string {
    this.#doneTask = task;
    this.#task = null;
    const done = this.#fill(task.done ?? '') ?? '';
    if (!more || task.more === undefined) return done;
    this.#question = { kind: 'more' };
    return sentence([done, this.#fill(task.more) ?? '']);
  }

  /** The task's next question: what is still missing, then whether all of it is right. */
  #ask(task: Intent): string {
    const missing = (task.needs ?? []).find((slot) => !this.#values.has(slot));
    if (missing === undefined) {
      this.#question = { kind: 'confirm' };
      return this.#fill(task.confirm ?? '') ?? '';
    }
    this.#question = { kind: 'slot', slot: missing };
    return this.#next(this.#rules.slots[missing]?.ask) ?? '';
  }

  #sayOf(intent: Intent, words: readonly Word[]): string {
    const { by, cases, say } = intent;
    if (by !== undefined && cases) {
      const value = findSlots(this.#rules, words, new Set()).get(by)?.value ?? this.#values.get(by);
      const answer = value === undefined ? undefined : cases[value];
      if (answer !== undefined) return this.#fill(answer) ?? '';
    }
    return this.#next(say) ?? '';
  }

  #toolOf({ tool }: Intent): Reply['tool'] {
    if (!tool) return null;
    const filled = Object.entries(tool.arguments).map(
      ([name, value]) => [name, this.#fill(value) ?? ''] as const,
    );
    return { name: tool.name, arguments: Object.fromEntries(filled) };
  }

  #farewell(): Intent | null {
    return Object.values(this.#rules.intents).find((intent) => intent.tool?.name === 'hangup') ?? null;
  }

  /** The next of several texts whose slots are all known; null where there is none. */
  #next(texts: readonly string[] | undefined): string | null {
    if (!texts) return null;
    const usable = texts.map((text) => this.#fill(text)).filter((text) => text !== null);
    const uses = this.#uses.get(texts) ?? 0;
    this.#uses.set(texts, uses + 1);
    return usable[uses % usable.length] ?? null;
  }

  /** `template` with the slots' values; null where one is not known. */
  #fill(template: string): string | null {
    let complete = true;
    const text = template.replace(/\{(\w+)\}/g, (_, slot: string) => {
      const value = this.#values.get(slot);
      if (value === undefined) complete = false;
      return value ?? '';
    });
    return complete ? text : null;
  }
}

function sentence(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** A question answered in passing. */
function isInformation(intent: Intent): boolean {
  return !intent.needs && !intent.tool && !intent.alone;
}
