import type { BotSettings } from '../contract/settings.ts';
import { withoutRules } from '../providers/llm/rules/block.ts';
import type { ChatMessage } from '../providers/types.ts';

/** Ends a bot's turn that the caller cut short: what stands before it was heard, nothing after it was. */
export const CUT_MARK = '…';

/** About 8,000 tokens of English. */
const MAX_CHARACTERS = 32_000;

/** The system prompt as this bot's LLM should see it: the `rules` block is for the rule responder alone. */
export function systemPrompt(settings: BotSettings, prompt: string): string {
  return settings.llm.provider === 'openai' || settings.llm.model !== 'rules' ? withoutRules(prompt) : prompt;
}

/** A key press as the LLM reads it. */
export function pressed(digits: string): string {
  return `[pressed ${digits.split('').join(' ')}]`;
}

/** A caller's turn as the LLM reads it: words, keys pressed, or both. */
export function callerTurn({ text, digits }: { text: string; digits: string }): string {
  return [text, digits === '' ? '' : pressed(digits)].filter((part) => part !== '').join(' ');
}

/**
 * What was said so far, as the LLM reads it: only what the caller has heard. Messages are only ever appended, so
 * that a server's prefix cache holds from one turn to the next; past `maxCharacters` the older half goes in one
 * step, in whole turns. What was whispered never goes.
 */
export class Conversation {
  readonly #maxCharacters: number;
  #system: string;
  #messages: ChatMessage[] = [];

  constructor(system: string, maxCharacters: number = MAX_CHARACTERS) {
    this.#system = system;
    this.#maxCharacters = maxCharacters;
  }

  /** The prompt has changed: the next generation reads the new one. */
  instruct(system: string): void {
    this.#system = system;
  }

  /** An instruction for the bot's next answers. */
  whisper(text: string): void {
    this.#messages.push({ role: 'system', content: text });
  }

  /** As `callerTurn` has it. */
  caller(text: string): void {
    this.#messages.push({ role: 'user', content: text });
    this.#trim();
  }

  /**
   * A bot's turn: the messages of its tool rounds, whose text is left out because `heard` has it, then what was
   * heard of it. Nothing is added where nothing was.
   */
  bot(heard: string, interrupted: boolean, toolMessages: readonly ChatMessage[] = []): void {
    for (const message of toolMessages) {
      this.#messages.push(message.role === 'assistant' ? { ...message, content: '' } : message);
    }
    if (heard !== '') {
      this.#messages.push({ role: 'assistant', content: interrupted ? `${heard} ${CUT_MARK}` : heard });
    }
    this.#trim();
  }

  /** For the next completion. `next`: the caller's turn that is being answered, where it is not certain yet. */
  messages(next?: string): ChatMessage[] {
    const messages: ChatMessage[] = [{ role: 'system', content: this.#system }, ...this.#messages];
    if (next !== undefined) messages.push({ role: 'user', content: next });
    return messages;
  }

  /** Only between turns: what a speculative reply was given is what the real one gets. */
  #trim(): void {
    let size = this.#messages.reduce((sum, message) => sum + sizeOf(message), 0);
    if (size <= this.#maxCharacters) return;
    let keepFrom = 0;
    for (const [index, message] of this.#messages.entries()) {
      if (message.role === 'user') keepFrom = index;
      if (size <= this.#maxCharacters / 2 && message.role === 'user') break;
      if (message.role !== 'system') size -= sizeOf(message);
    }
    const whispered = this.#messages.slice(0, keepFrom).filter(({ role }) => role === 'system');
    this.#messages = [...whispered, ...this.#messages.slice(keepFrom)];
  }
}

function sizeOf(message: ChatMessage): number {
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
  return (
    message.content.length + calls.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0)
  );
}
