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
    const question = this.#question;
    const asked = question?.kind === 'slot' ? question.slot : null;
    const found = findSlots(rules, words, asked);
    const yes = findAny(rules.yes, words) !== null;
    const no = findAny(rules.no, words) !== null;
    const nothing = intents.length === 0 && found.size === 0 && (question?.kind === 'slot' || (!yes && !no));
    const name = asked !== null && rules.slots[asked]?.type === 'name' ? asked : null;
    const bare = nothing && name !== null ? findBareName(words) : null;
    if (bare && name !== null) found.set(name, bare);

    this.#chooseTask(intents, [...found.keys()]);
    const filled: string[] = [];
    const changed: string[] = [];
    for (const [slot, { value }] of found) {
      const before = this.#values.get(slot);
      if (this.#task?.needs?.includes(slot) !== true || before === value) continue;
      (before === undefined ? filled : changed).push(slot);
      this.#values.set(slot, value);
    }
    return { words, filled, changed, intents, yes, no };
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
    // "How much is a cleaning?" wants an answer, not an appointment.
    const telling = slots.filter((slot) => {
      const type = this.#rules.slots[slot]?.type;
      return type === 'day' || type === 'time' || (type === 'choice' && intents.length === 0);
    });
    const meant = [this.#doneTask, ...Object.values(this.#rules.intents)];
    this.#task = meant.find((intent) => intent?.needs?.some((slot) => telling.includes(slot))) ?? null;
  }

  #reply(understood: Understood): Reply {
    const { intents, filled, changed, yes, no } = understood;
    const parts: string[] = [];
    const settled = filled.length + changed.length === 0;
    const question = this.#question;
    this.#question = null;

    let closing = intents.find((intent) => intent.tool && !intent.alone) ?? null;
    if (question?.kind === 'more' && no && settled) closing ??= this.#farewell();
    if (question?.kind === 'confirm' && settled && this.#task) {
      if (no) {
        parts.push(this.#fill(this.#task.refused ?? '') ?? '');
        this.#question = { kind: 'change' };
      } else if (yes || closing) {
        parts.push(this.#fill(this.#task.done ?? '') ?? '');
        if (!closing && this.#task.more !== undefined) {
          parts.push(this.#fill(this.#task.more) ?? '');
          this.#question = { kind: 'more' };
        }
        this.#doneTask = this.#task;
        this.#task = null;
      }
    }

    const understoodSomething = parts.length > 0 || !settled || closing !== null || intents.some((one) => !one.alone);
    for (const intent of intents) {
      if (intent === closing || intent.needs || (intent.alone && understoodSomething)) continue;
      parts.push(this.#sayOf(intent, understood.words));
    }
    if (closing) {
      parts.push(this.#sayOf(closing, understood.words));
      return { text: sentence(parts), tool: this.#toolOf(closing) };
    }

    if (this.#task && this.#question === null) {
      if (changed.length > 0) parts.unshift(this.#next(this.#rules.corrected) ?? '');
      else if (filled.length > 0) parts.unshift(this.#next(this.#rules.got) ?? '');
      else if (parts.length === 0 && !intents.includes(this.#task)) parts.push(this.#next(this.#rules.fallback) ?? '');
      parts.push(this.#ask(this.#task));
    } else if (parts.length === 0) {
      parts.push(this.#next(this.#rules.fallback) ?? '', this.#fill(this.#rules.help ?? '') ?? '');
    }
    return { text: sentence(parts), tool: null };
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
      const value = findSlots(this.#rules, words, null).get(by)?.value ?? this.#values.get(by);
      const answer = value === undefined ? undefined : cases[value];
      if (answer !== undefined) return this.#fill(answer) ?? '';
    }
    return this.#next(say) ?? '';
  }

  #toolOf({ tool }: Intent): Reply['tool'] {
    if (!tool) return null;
    const filled = Object.entries(tool.arguments).map(([name, value]) => [name, this.#fill(value) ?? ''] as const);
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
