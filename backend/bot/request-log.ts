import type { CallEventBody, LoggedMessage } from '../contract/events.ts';
import type { ChatMessage, CompletionRequest } from '../providers/types.ts';

/**
 * What a call's model was asked, as events. A conversation grows at its end, so each request names how many messages
 * it shares with the one before it and says only the rest.
 */
export class RequestLog {
  #before: readonly ChatMessage[] = [];

  event(
    generation: number,
    round: number,
    model: string,
    { messages, temperature, maxTokens }: Pick<CompletionRequest, 'messages' | 'temperature' | 'maxTokens'>,
  ): CallEventBody & { type: 'llm.requested' } {
    let same = 0;
    while (same < messages.length && isSame(messages[same], this.#before[same])) same += 1;
    this.#before = messages;
    return {
      type: 'llm.requested',
      generation,
      round,
      model,
      temperature,
      max_tokens: maxTokens,
      same,
      messages: messages.slice(same).map(logged),
    };
  }
}

function isSame(one: ChatMessage | undefined, other: ChatMessage | undefined): boolean {
  return one === other || (other !== undefined && JSON.stringify(one) === JSON.stringify(other));
}

function logged(message: ChatMessage): LoggedMessage {
  const { role, content } = message;
  if (role === 'assistant' && message.toolCalls) return { role, content, tool_calls: [...message.toolCalls] };
  if (role === 'tool') return { role, content, tool_call_id: message.toolCallId };
  return { role, content };
}
