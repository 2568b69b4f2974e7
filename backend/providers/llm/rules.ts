import { SidetoneError } from '../../base/errors.ts';
import type { ChatMessage, CompletionRequest, Llm, LlmDelta } from '../types.ts';
import { parseRules, type Rules } from './rules/block.ts';
import { Dialogue, type Reply } from './rules/dialogue.ts';

/**
 * Not a language model: answers by the `rules` block of the system prompt, so that a call works offline and on any
 * machine. Keeps nothing between replies: each replays the caller's turns, so that it follows whatever the
 * conversation's context says was heard. Without a block it says what it is and repeats what it heard.
 */
export class RuleResponder implements Llm {
  readonly name = 'rules';

  /** The first parsing in a thread takes some 45 ms: more than a packet may wait. */
  prepare(system: string): void {
    rulesOf(system);
  }

  async *complete(request: CompletionRequest): AsyncGenerator<LlmDelta, void, undefined> {
    const { messages, tools, signal } = request;
    // After a tool's result there is nothing to add.
    if (messages.at(-1)?.role !== 'user') return;
    const reply = this.#answer(messages);
    for (const [word] of reply.text.matchAll(/\S+\s*/g)) {
      if (signal.aborted) throw new SidetoneError('cancelled', 'the reply was cancelled');
      yield { type: 'text', text: word };
    }
    const { tool } = reply;
    if (tool && tools.some(({ name }) => name === tool.name)) {
      const call = {
        id: `rules-${messages.length}`,
        name: tool.name,
        arguments: JSON.stringify(tool.arguments),
      };
      yield { type: 'tool', call };
    }
  }

  #answer(messages: readonly ChatMessage[]): Reply {
    const turns = messages.filter((message) => message.role === 'user').map((message) => message.content);
    const rules = rulesOf(messages.find((message) => message.role === 'system')?.content ?? '');
    if (!rules) {
      return {
        text: `I am the offline responder and have no rules. I heard: ${turns.at(-1) ?? ''}`,
        tool: null,
      };
    }
    const dialogue = new Dialogue(rules);
    let reply: Reply = { text: '', tool: null };
    for (const turn of turns) reply = dialogue.answer(turn);
    return reply;
  }
}

/** Prompts of late and their rules: every call of a worker has a responder, and parsing costs as much as a frame. */
const parsed = new Map<string, Rules | null>();
const MAX_PARSED = 8;

function rulesOf(prompt: string): Rules | null {
  const known = parsed.get(prompt);
  if (known !== undefined) return known;
  const rules = parseRules(prompt, 'prompt');
  const [oldest] = parsed.keys();
  if (oldest !== undefined && parsed.size >= MAX_PARSED) parsed.delete(oldest);
  parsed.set(prompt, rules);
  return rules;
}
