import { AsyncQueue } from '../base/async-queue.ts';
import type { Clock } from '../base/clock.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import type { CallEventBody } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { BotSettings } from '../contract/settings.ts';
import type {
  ChatMessage,
  CompletionRequest,
  PcmChunk,
  Providers,
  ToolCall,
  ToolSpec,
  Voice,
} from '../providers/types.ts';
import { ClauseCutter, type Clause } from './clauses.ts';
import type { PhraseCache } from './phrase-cache.ts';
import { SpeakableText } from './speakable.ts';
import { SpeechQueue } from './speech-queue.ts';
import { lineAudio, phraseAudio } from './synthesis.ts';

/** After this many rounds of tool calls the model must have said something. */
const MAX_TOOL_ROUNDS = 4;

export type GenerationSource =
  | { readonly kind: 'reply'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'phrase'; readonly text: string };

/** What a generation is made with; taken once at its start, so that a change of settings waits for the next one. */
export interface GenerationMeans {
  readonly settings: BotSettings;
  readonly providers: Providers;
  readonly voice: Voice;
  readonly tools: readonly ToolSpec[];
  readonly phrases: PhraseCache;
}

export interface GenerationHost {
  readonly clock: Clock;
  emit(event: CallEventBody): void;
  /** The model is about to be asked. */
  asked(generation: Generation, round: number, request: CompletionRequest): void;
  /** The voice has made this, at its own rate; the callee does not keep or change it. */
  produced(generation: Generation, chunk: PcmChunk): void;
  /** Nothing more will come from the models; what is queued can still be played. */
  failed(generation: Generation, stage: 'llm' | 'tts', error: SidetoneError): void;
  /** Carries out a tool; the answer goes back to the model. Only called once the generation is released. */
  callTool(generation: Generation, call: ToolCall, signal: AbortSignal): Promise<string>;
}

/**
 * One thing the bot sets out to say: LLM tokens to clauses to audio, each stage working while the next one does.
 * It starts at once but its tools wait for release(): a speculative reply must change nothing in the world.
 */
export class Generation {
  readonly id: number;
  readonly turn: number;
  readonly queue: SpeechQueue;
  firstTokenAt: number | null = null;
  firstClauseAt: number | null = null;
  firstAudioAt: number | null = null;
  /** Messages that tool rounds added, for the conversation's context. */
  readonly toolMessages: ChatMessage[] = [];

  readonly #means: GenerationMeans;
  readonly #fixed: boolean;
  readonly #host: GenerationHost;
  readonly #abort = new AbortController();
  readonly #clauses = new AsyncQueue<Clause>();
  readonly #released = Promise.withResolvers<void>();
  #text = '';
  #cancelled = false;
  #failure: { readonly stage: 'llm' | 'tts'; readonly error: SidetoneError } | null = null;

  constructor(
    id: number,
    turn: number,
    source: GenerationSource,
    means: GenerationMeans,
    host: GenerationHost,
  ) {
    this.id = id;
    this.turn = turn;
    this.queue = new SpeechQueue(id);
    this.#means = means;
    this.#fixed = source.kind === 'phrase';
    this.#host = host;
    void this.#run(source);
  }

  /** Everything the model has said so far, as it is spoken. */
  get text(): string {
    return this.#text;
  }

  /** From now on its audio may leave and its tools may act. */
  release(): void {
    this.#released.resolve();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#abort.abort();
    this.#clauses.end();
    this.#released.resolve();
  }

  async #run(source: GenerationSource): Promise<void> {
    await Promise.all([this.#write(source), this.#synthesise()]);
    this.queue.end();
    if (this.#failure && !this.#cancelled) this.#host.failed(this, this.#failure.stage, this.#failure.error);
  }

  async #write(source: GenerationSource): Promise<void> {
    try {
      if (source.kind === 'reply') {
        await this.#think(source.messages);
      } else {
        this.#text = source.text;
        this.#clauses.push({ text: source.text, from: 0, to: source.text.length });
      }
    } catch (error) {
      this.#fail('llm', error);
    } finally {
      this.#clauses.end();
    }
  }

  async #think(messages: readonly ChatMessage[]): Promise<void> {
    const { settings, providers, tools } = this.#means;
    const startedAt = this.#host.clock.now();
    const speakable = new SpeakableText();
    const cutter = new ClauseCutter(settings.language);
    const take = (text: string, clauses: readonly Clause[]): void => {
      this.#text += text;
      for (const clause of clauses) {
        this.firstClauseAt ??= this.#host.clock.now();
        this.#clauses.push(clause);
      }
    };
    for (let round = 0; round <= MAX_TOOL_ROUNDS; round += 1) {
      const calls: ToolCall[] = [];
      let said = '';
      const request = {
        messages: [...messages, ...this.toolMessages],
        tools,
        temperature: settings.llm.temperature,
        maxTokens: settings.llm.max_tokens,
        signal: this.#abort.signal,
        turn: this.turn,
      };
      this.#host.asked(this, round, request);
      for await (const delta of providers.llm.complete(request)) {
        if (this.#cancelled) return;
        this.firstTokenAt ??= this.#host.clock.now();
        if (delta.type === 'tool') {
          calls.push(delta.call);
          continue;
        }
        said += delta.text;
        this.#host.emit({ type: 'llm.token', generation: this.id, text: delta.text });
        const text = speakable.push(delta.text);
        take(text, cutter.push(text));
      }
      if (calls.length === 0) break;
      const flushed = speakable.end();
      take(flushed, [...cutter.push(flushed), ...cutter.end()]);
      await this.#released.promise;
      if (this.#cancelled) return;
      await this.#useTools(said, calls);
      if (calls.every((call) => call.name === 'hangup' || call.name === 'transfer')) break;
    }
    const rest = speakable.end();
    take(rest, [...cutter.push(rest), ...cutter.end()]);
    this.#host.emit({
      type: 'llm.finished',
      generation: this.id,
      took_ms: this.#host.clock.now() - startedAt,
    });
  }

  async #useTools(said: string, calls: readonly ToolCall[]): Promise<void> {
    this.toolMessages.push({ role: 'assistant', content: said, toolCalls: calls });
    for (const call of calls) {
      this.#host.emit({
        type: 'tool.called',
        generation: this.id,
        name: call.name,
        arguments: call.arguments,
      });
      const startedAt = this.#host.clock.now();
      let ok = true;
      let content: string;
      try {
        content = await this.#host.callTool(this, call, this.#abort.signal);
      } catch (error) {
        ok = false;
        content = `failed: ${explain(error)}`;
      }
      this.toolMessages.push({ role: 'tool', toolCallId: call.id, content });
      const took = this.#host.clock.now() - startedAt;
      this.#host.emit({ type: 'tool.returned', generation: this.id, name: call.name, took_ms: took, ok });
    }
  }

  async #synthesise(): Promise<void> {
    try {
      let index = 0;
      for await (const clause of this.#clauses) {
        if (this.#cancelled) return;
        await this.#speakClause(clause, index);
        index += 1;
      }
    } catch (error) {
      this.#fail('tts', error);
      this.#clauses.end();
      // What the model would still say has nobody to say it.
      this.#abort.abort();
    }
  }

  #fail(stage: 'llm' | 'tts', error: unknown): void {
    const known = error instanceof SidetoneError;
    this.#failure ??= {
      stage,
      error: known ? error : new SidetoneError('internal', explain(error), { cause: error }),
    };
  }

  async #speakClause(clause: Clause, index: number): Promise<void> {
    const { clock } = this.#host;
    const startedAt = clock.now();
    this.queue.open(clause);
    this.#host.emit({ type: 'tts.started', generation: this.id, clause: index, text: clause.text });
    let samples = 0;
    let produced = 0;
    let sampleRate = LINE_RATE;
    const onProduced = (chunk: PcmChunk): void => {
      produced += chunk.pcm.length;
      sampleRate = chunk.sampleRate;
      this.#host.produced(this, chunk);
    };
    for await (const pcm of this.#audioOf(clause.text, onProduced)) {
      if (this.#cancelled) return;
      if (samples === 0) {
        this.#host.emit({
          type: 'tts.audio',
          generation: this.id,
          clause: index,
          took_ms: clock.now() - startedAt,
        });
      }
      samples += pcm.length;
      this.queue.push(pcm);
      this.firstAudioAt ??= clock.now();
    }
    const audio_ms = (samples * 1000) / LINE_RATE;
    this.#host.emit({
      type: 'tts.finished',
      generation: this.id,
      clause: index,
      audio_ms,
      sample_rate: sampleRate,
      samples: produced,
    });
  }

  #audioOf(text: string, onProduced: (chunk: PcmChunk) => void): AsyncIterable<Int16Array> {
    const { settings, voice, providers, phrases } = this.#means;
    const means = { settings, voice, tts: providers.tts, turn: this.turn, onProduced };
    return this.#fixed
      ? phraseAudio(text, means, phrases, this.#abort.signal)
      : lineAudio(text, means, this.#abort.signal);
  }
}
