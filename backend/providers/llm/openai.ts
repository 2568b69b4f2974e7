import { BadRequestError, type OpenAI } from 'openai';
import { z } from 'zod';
import type { LlmSettings } from '../../contract/settings.ts';
import { SidetoneError } from '../../base/errors.ts';
import type { Deadline } from '../deadline.ts';
import { sseData } from '../http-body.ts';
import { Endpoint, type EndpointOptions } from '../openai-client.ts';
import { describe, statusFailure } from '../openai-errors.ts';
import type { ChatMessage, CompletionRequest, Llm, LlmDelta, ToolCall, ToolSpec } from '../types.ts';

/** One chunk of a streamed chat completion: what we use of it. */
const chunkShape = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.int().nonnegative().optional(),
                  id: z.string().nullish(),
                  function: z
                    .object({ name: z.string().nullish(), arguments: z.string().nullish() })
                    .nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  error: z.object({ message: z.string(), code: z.unknown() }).nullish(),
});

/** Chat completions of an OpenAI-shaped endpoint, streamed. */
export class OpenAiLlm implements Llm {
  readonly name: string;
  readonly #endpoint: Endpoint;
  /** Newer models of OpenAI's own refuse the name that every other server knows. */
  #limitName: 'max_tokens' | 'max_completion_tokens' = 'max_tokens';

  constructor(settings: LlmSettings, options?: EndpointOptions) {
    this.#endpoint = new Endpoint('llm', settings, options);
    this.name = `openai:${settings.model}`;
  }

  warm(): Promise<void> {
    return this.#endpoint.warm();
  }

  complete(request: CompletionRequest): AsyncGenerator<LlmDelta, void, undefined> {
    return this.#endpoint.exchange(request.signal, (deadline) => this.#stream(request, deadline));
  }

  async *#stream(request: CompletionRequest, deadline: Deadline): AsyncGenerator<LlmDelta, void, undefined> {
    const response = await this.#open(request, deadline);
    await this.#endpoint.expectType(response, /^text\/event-stream/, deadline);
    const calls = new ToolCalls();
    const events = sseData(response, deadline);
    let finished = false;
    let pieces = 0;
    for (;;) {
      const event = await events.next();
      if (event.done) {
        finished ||= event.value;
        break;
      }
      const chunk = this.#endpoint.parse(event.value, chunkShape);
      if (chunk.error) throw this.#failed(chunk.error);
      const choice = chunk.choices?.[0];
      if (choice?.finish_reason) finished = true;
      const text = choice?.delta?.content;
      const fragments = choice?.delta?.tool_calls;
      if (!text && !fragments?.length) continue;
      deadline.progress();
      pieces += 1;
      // A piece is at least one token; the factor is for servers that count in their own way.
      if (pieces > request.maxTokens * 2) throw this.#endless(request.maxTokens);
      if (fragments) calls.add(fragments);
      if (text) yield { type: 'text', text };
    }
    if (!finished) throw this.#endpoint.garbled('ended its reply midway', "see that server's log");
    for (const call of calls.whole()) yield { type: 'tool', call };
  }

  async #open(request: CompletionRequest, deadline: Deadline): Promise<Response> {
    const body = {
      model: this.#endpoint.model,
      messages: request.messages.map(toOpenAi),
      stream: true as const,
      temperature: request.temperature,
      [this.#limitName]: request.maxTokens,
      ...(request.tools.length > 0 ? { tools: request.tools.map(toolToOpenAi) } : {}),
    };
    try {
      const pending = this.#endpoint.client.chat.completions.create(body, { signal: deadline.signal });
      return await deadline.wait(pending.asResponse());
    } catch (error) {
      const otherName = error instanceof BadRequestError && error.message.includes('max_completion_tokens');
      if (!otherName || this.#limitName === 'max_completion_tokens') throw error;
      this.#limitName = 'max_completion_tokens';
      return this.#open(request, deadline);
    }
  }

  #failed({ message, code }: { message: string; code?: unknown }): SidetoneError {
    const { name } = this.#endpoint;
    if (typeof code === 'number') return statusFailure(name, code, message);
    return new SidetoneError('refused', `${describe(name)} failed: ${message}`, {
      hint: "see that server's log",
      retryable: true,
    });
  }

  #endless(maxTokens: number): SidetoneError {
    return this.#endpoint.garbled(
      `does not end its reply: more than twice the ${maxTokens} tokens of llm.max_tokens`,
      'that server ignores max_tokens: limit the reply on its side, or use another model',
    );
  }
}

interface ToolCallFragment {
  readonly index?: number | undefined;
  readonly id?: string | null | undefined;
  readonly function?:
    | { readonly name?: string | null | undefined; readonly arguments?: string | null | undefined }
    | null
    | undefined;
}

/** Tool calls come in fragments told apart by index; servers that send whole ones may leave the index out. */
class ToolCalls {
  readonly #calls: { id: string; name: string; arguments: string }[] = [];

  add(fragments: readonly ToolCallFragment[]): void {
    for (const { index = this.#calls.length, id, function: part } of fragments) {
      const call = (this.#calls[index] ??= { id: '', name: '', arguments: '' });
      if (id) call.id = id;
      if (part?.name) call.name += part.name;
      if (part?.arguments) call.arguments += part.arguments;
    }
  }

  /** In the order of their indices. A call without an id gets one, because its answer has to name it. */
  whole(): ToolCall[] {
    return this.#calls
      .filter((call) => call.name !== '')
      .map((call, index) => ({ ...call, id: call.id || `call_${index}`, arguments: call.arguments || '{}' }));
  }
}

function toOpenAi(message: ChatMessage): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content,
        ...(message.toolCalls?.length
          ? {
              tool_calls: message.toolCalls.map(({ id, name, arguments: json }) => ({
                id,
                type: 'function' as const,
                function: { name, arguments: json },
              })),
            }
          : {}),
      };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  }
}

function toolToOpenAi({ name, description, parameters }: ToolSpec): OpenAI.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters: { ...parameters } } };
}
