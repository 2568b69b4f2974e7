import {
  getLlama,
  LlamaChatSession,
  LlamaLogLevel,
  type ChatHistoryItem,
  type LlamaModel,
} from 'node-llama-cpp';
import { SidetoneError, explain } from '../../base/errors.ts';
import { modelFile, pullHint } from '../../models/directory.ts';
import type { ChatMessage } from '../types.ts';
import { throwIfCancelled } from './cancel.ts';

/** Enough for a call; a longer history is cut by node-llama-cpp from its beginning. */
const CONTEXT_TOKENS = 4096;
const WEIGHTS = 'model.gguf';

interface ReplyOptions {
  readonly temperature: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

/** A language model in a GGUF file through llama.cpp, on one thread: two on a busy machine are slower than one. */
export class Gguf {
  readonly #model: LlamaModel;
  readonly #session: LlamaChatSession;
  /** One reply at a time: they share the context, whose prefix makes the next turn of a call cheap. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(model: LlamaModel, session: LlamaChatSession) {
    this.#model = model;
    this.#session = session;
  }

  static async load(modelsDir: string, name: string): Promise<Gguf> {
    const modelPath = modelFile(modelsDir, name, WEIGHTS);
    try {
      const llama = await getLlama({
        gpu: false,
        build: 'never',
        skipDownload: true,
        progressLogs: false,
        logLevel: LlamaLogLevel.error,
        maxThreads: 1,
      });
      const model = await llama.loadModel({ modelPath });
      const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 });
      return new Gguf(
        model,
        new LlamaChatSession({ contextSequence: context.getSequence(), autoDisposeSequence: false }),
      );
    } catch (cause) {
      throw new SidetoneError('environment', `the model ${name} cannot be loaded: ${explain(cause)}`, {
        hint: `remove it, then ${pullHint(name)}`,
        cause,
      });
    }
  }

  /** Streams the reply to the last user message. @throws SidetoneError 'cancelled' */
  reply(
    messages: readonly ChatMessage[],
    options: ReplyOptions,
    onText: (text: string) => void,
  ): Promise<void> {
    const turn = this.#last.then(() => this.#prompt(messages, options, onText));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #prompt(
    messages: readonly ChatMessage[],
    { temperature, maxTokens, signal }: ReplyOptions,
    onText: (text: string) => void,
  ): Promise<void> {
    throwIfCancelled(signal);
    const asked = messages.at(-1);
    if (asked?.role !== 'user') throw new SidetoneError('internal', "the last message is not the caller's");
    this.#session.setChatHistory(messages.slice(0, -1).flatMap(historyItem));
    try {
      await this.#session.prompt(asked.content, {
        temperature,
        maxTokens,
        signal,
        stopOnAbortSignal: true,
        onTextChunk: onText,
      });
    } finally {
      // Stopped before the first token, it throws an error of its own; later, it returns what it has.
      throwIfCancelled(signal);
    }
  }

  async release(): Promise<void> {
    await this.#last;
    await this.#model.dispose();
  }
}

/** Small models know no tools: their messages are left out. */
function historyItem(message: ChatMessage): ChatHistoryItem[] {
  switch (message.role) {
    case 'system':
      return [{ type: 'system', text: message.content }];
    case 'user':
      return [{ type: 'user', text: message.content }];
    case 'assistant':
      return message.content === '' ? [] : [{ type: 'model', response: [message.content] }];
    case 'tool':
      return [];
  }
}
