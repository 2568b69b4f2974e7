import type { Clock } from '../base/clock.ts';
import { SidetoneError, explain, unreachable } from '../base/errors.ts';
import type { CallEventBody, ConfigHashes } from '../contract/events.ts';
import {
  LINE_RATE,
  type CallControl,
  type HeardFrame,
  type Party,
  type PartyOrder,
  type SpokenTag,
} from '../contract/party.ts';
import type { PcmChunk, Providers, Stage } from '../providers/types.ts';
import { startMachine, step, turnRules, type MachineState } from '../turn/machine.ts';
import type { PromptKind, TurnEffect, TurnInput } from '../turn/types.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { callerTurn, Conversation, systemPrompt } from './context.ts';
import { Ears } from './ears.ts';
import { Gain } from './gain.ts';
import { Generation, type GenerationHost, type GenerationSource } from './generation.ts';
import { whatWasHeard } from './heard.ts';
import type { BotMeans } from './means.ts';
import { Recogniser } from './recogniser.ts';
import { RequestLog } from './request-log.ts';
import { firstVoiced } from './synthesis.ts';
import { runTool, toolSpecs, withoutQuery } from './tools.ts';
import { latencyEvent, type TurnTimes, type Utterance } from './utterance.ts';

const WARM_EVERY_MS = 1000;
const SAMPLES_PER_MS = LINE_RATE / 1000;

export interface BotOptions {
  readonly means: BotMeans;
  readonly silero: SileroBatch;
  readonly clock: Clock;
  readonly control: CallControl;
  /** Signalling says that somebody is on the line; without it, their first packet does. */
  readonly answered: boolean;
  readonly emit: (event: CallEventBody) => void;
  /** The VAD's verdict on the 32 ms before `end`, a position on the caller's track: 0..1. */
  readonly probability: (value: number, end: number) => void;
  /** What its voice made for a generation, at the voice's own rate; the samples are not the callee's. */
  readonly produced: (generation: number, chunk: PcmChunk) => void;
  /** What the bot was cut off from saying, as far as it was made: 8 kHz samples, now the callee's. */
  readonly cancelled: (pcm: Int16Array) => void;
}

/**
 * The bot on a call: hears by its ears, decides by the turn machine, and carries out what that decides. Everything
 * that takes time runs beside the media path and comes back as an input of the machine.
 */
export class Bot implements Party {
  readonly #options: BotOptions;
  readonly #clock: Clock;
  readonly #ears: Ears;
  readonly #conversation: Conversation;
  readonly #unsubscribe: () => void;
  readonly #turns = new Map<number, TurnTimes>();
  readonly #generationHost: GenerationHost;
  readonly #recogniser: Recogniser;
  readonly #gain = new Gain();
  readonly #inputs: TurnInput[] = [];
  #machine: MachineState;
  #providers: Providers;
  #started = false;
  #wakeAt: number | null = null;
  /** The one generation alive. */
  #utterance: Utterance | null = null;
  /** The voice failed last time: phrases are said by the fallback. */
  #voiceless = false;
  #warmedAt = -Infinity;
  readonly #missed = new Set<Stage>();

  constructor(options: BotOptions) {
    const { means, clock, emit } = options;
    const { settings, prompt } = means.folder;
    this.#options = options;
    this.#clock = clock;
    this.#providers = this.#makeProviders();
    this.#machine = startMachine(turnRules(settings.turn, settings.language));
    this.#conversation = new Conversation(systemPrompt(settings, prompt));
    this.#ears = new Ears(options.silero, {
      voice: (at, position) => {
        this.#recogniser.voiceBegan(at);
        this.#warm();
        this.#input({ type: 'voice', from: at, at: clock.now() });
        emit({ type: 'speech.started', turn: this.#turnNumber(), from: position });
      },
      silence: (at, position) => {
        this.#recogniser.voiceEnded();
        emit({ type: 'speech.ended', turn: this.#turnNumber(), to: position });
        this.#input({ type: 'silence', lastVoiced: at, at: clock.now() });
      },
      probability: options.probability,
    });
    this.#recogniser = new Recogniser({
      clock,
      ears: this.#ears,
      settings: () => means.folder.settings,
      providers: () => this.#providers,
      turn: () => this.#turnNumber(),
      emit,
      input: (input) => this.#input(input),
      failed: (error) => this.#tellFailure('stt', this.#providers.stt.name, error, false),
    });
    const requests = new RequestLog();
    this.#generationHost = {
      clock,
      emit,
      asked: ({ id }, round, request) => emit(requests.event(id, round, this.#providers.llm.name, request)),
      produced: ({ id }, chunk) => options.produced(id, chunk),
      failed: (generation, stage, error) => this.#generationFailed(generation, stage, error),
      callTool: ({ id }, call, signal) => {
        const hangUpAfter = () => this.#input({ type: 'reply_hangup', generation: id, at: clock.now() });
        const { tools } = means.folder.settings;
        return runTool(call, { tools, control: options.control, hangUpAfter }, signal);
      },
    };
    this.#tellConfig();
    this.#unsubscribe = means.subscribe({
      changed: ({ hashes }) => this.#takeChange(hashes),
      rejected: (message) => emit({ type: 'config.rejected', message }),
    });
  }

  hear(frame: HeardFrame): void {
    if (frame.kind === 'packet') this.#start();
    this.#ears.hear(frame);
  }

  speak(out: Int16Array, position: number, at: number): SpokenTag | null {
    const utterance = this.#utterance;
    if (!utterance?.released || utterance.paused) return null;
    const tag = utterance.generation.queue.speak(out);
    if (!tag) return null;
    this.#gain.apply(out);
    if (!utterance.played) {
      utterance.played = true;
      this.#tellFirstPacket(utterance, position, at + Math.max(0, firstVoiced(out)) / SAMPLES_PER_MS);
    }
    return tag;
  }

  dtmf(digit: string): void {
    this.#input({ type: 'dtmf', digit, at: this.#clock.now() });
  }

  tick(now: number): void {
    // Who sends nothing before they are spoken to is greeted too.
    if (this.#options.answered) this.#start();
    this.#recogniser.tick(now);
    if (this.#machine.turn !== null && now - this.#warmedAt >= WARM_EVERY_MS) this.#warm();
    if (this.#wakeAt !== null && this.#wakeAt <= now) {
      this.#wakeAt = null;
      this.#input({ type: 'timer', at: now });
    }
    const utterance = this.#utterance;
    if (!utterance || utterance.paused || utterance.generation.queue.ready) return;
    const generation = utterance.generation.id;
    if (utterance.failed) {
      this.#input({ type: 'reply_failed', generation, at: now });
    } else if (utterance.released && utterance.generation.queue.finished) {
      this.#bury(utterance, false);
      this.#input({ type: 'reply_finished', generation, at: now });
    }
  }

  order(order: PartyOrder): void {
    const { emit } = this.#options;
    const at = this.#clock.now();
    switch (order.type) {
      case 'hold':
        if (order.on !== this.#machine.held) emit({ type: 'bot.held', on: order.on });
        this.#input({ type: 'hold', on: order.on, at });
        break;
      case 'say':
        this.#input({ type: 'say', text: order.text, at });
        break;
      case 'whisper':
        this.#conversation.whisper(order.text);
        emit({ type: 'bot.whispered', text: order.text });
        break;
      case 'spoken_for':
        this.#conversation.bot(order.text, false);
        break;
      default:
        unreachable(order);
    }
  }

  close(): Promise<void> {
    this.#input({ type: 'call_over', at: this.#clock.now() });
    this.#recogniser.close();
    this.#unsubscribe();
    this.#ears.close();
    return Promise.resolve();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const greeting = this.#options.means.folder.settings.greeting !== null;
    this.#input({ type: 'call_started', greeting, at: this.#clock.now() });
  }

  #input(input: TurnInput): void {
    this.#inputs.push(input);
    // An effect may be answered at once; the answer waits until all effects of its step are carried out.
    if (this.#inputs.length > 1) return;
    for (let next = this.#inputs[0]; next; next = this.#inputs[0]) {
      const { state, effects } = step(this.#machine, next);
      this.#machine = state;
      for (const effect of effects) this.#carryOut(effect);
      this.#inputs.shift();
    }
  }

  /** The caller's turn that is going on, or the next one. */
  #turnNumber(): number {
    return this.#machine.turn?.number ?? this.#machine.turns + 1;
  }

  /** Connections are opened while the caller speaks, so that the answer does not wait for them. */
  #warm(): void {
    this.#warmedAt = this.#clock.now();
    const { stt, llm, tts } = this.#providers;
    for (const provider of [stt, llm, tts]) void provider.warm?.().catch(() => undefined);
  }

  #carryOut(effect: TurnEffect): void {
    const { emit, control } = this.#options;
    switch (effect.type) {
      case 'transcribe':
        void this.#recogniser.transcribe(effect);
        break;
      case 'drop_transcript':
        this.#recogniser.drop(effect.request);
        break;
      case 'judge':
        void this.#recogniser.judge(effect);
        break;
      case 'turn_ended':
        this.#turns.set(effect.turn, { lastVoiced: effect.lastVoiced, endedAt: this.#clock.now() });
        this.#turns.delete(effect.turn - 2);
        emit({ type: 'turn.ended', turn: effect.turn, waited_ms: effect.waited });
        break;
      case 'reply':
        this.#reply(effect);
        break;
      case 'noted':
        this.#conversation.caller(callerTurn(effect));
        // Keys have an event of their own each.
        if (effect.text !== '') emit({ type: 'turn.noted', turn: effect.turn, text: effect.text });
        break;
      case 'release':
        if (this.#utterance) {
          this.#utterance.released = true;
          this.#utterance.generation.release();
        }
        break;
      case 'drop_reply':
        this.#utterance?.generation.cancel();
        this.#utterance = null;
        emit({ type: 'generation.discarded', generation: effect.generation });
        break;
      case 'prompt':
        this.#say(effect.generation, this.#phrase(effect.kind));
        break;
      case 'say':
        this.#say(effect.generation, effect.text);
        break;
      case 'duck':
        this.#gain.duck();
        emit({ type: 'bot.ducked', generation: effect.generation });
        break;
      case 'pause':
        if (this.#utterance) this.#utterance.paused = true;
        break;
      case 'resume':
        if (this.#utterance) this.#utterance.paused = false;
        this.#gain.restore();
        emit({ type: 'bot.resumed', generation: effect.generation });
        break;
      case 'stop':
        if (this.#utterance) this.#bury(this.#utterance, true);
        break;
      case 'hangup':
        control.hangUp(`bot hung up: ${effect.reason}`);
        break;
      case 'wake':
        this.#wakeAt = effect.at;
        break;
      case 'state':
        emit({ type: 'turn.state', state: effect.state });
        break;
      default:
        unreachable(effect);
    }
  }

  #reply(effect: TurnEffect & { type: 'reply' }): void {
    const { generation, turn, speculative } = effect;
    const answers = callerTurn(effect);
    this.#options.emit({ type: 'llm.started', turn, generation, speculative });
    this.#begin(generation, turn, answers, { kind: 'reply', messages: this.#conversation.messages(answers) });
  }

  #say(generation: number, text: string): void {
    const utterance = this.#begin(generation, 0, null, { kind: 'phrase', text });
    utterance.released = true;
    utterance.generation.release();
  }

  #begin(id: number, turn: number, answers: string | null, source: GenerationSource): Utterance {
    const { means } = this.#options;
    const { settings } = means.folder;
    const { tts, fallbackTts } = this.#providers;
    const voice = source.kind === 'phrase' && this.#voiceless ? (fallbackTts ?? tts) : tts;
    const generation = new Generation(
      id,
      turn,
      source,
      {
        settings,
        providers: { ...this.#providers, tts: voice },
        voice: means.voice,
        tools: toolSpecs(settings.tools),
        phrases: means.phraseCache,
      },
      this.#generationHost,
    );
    this.#gain.reset();
    this.#utterance = {
      generation,
      answers,
      transcriptAt: this.#recogniser.knownAt(turn),
      released: false,
      paused: false,
      played: false,
      failed: false,
    };
    return this.#utterance;
  }

  /** Ends an utterance and writes into the conversation what the caller heard of it. */
  #bury(utterance: Utterance, interrupted: boolean): void {
    const { generation, answers } = utterance;
    generation.cancel();
    this.#utterance = null;
    const { heard, unheard } = interrupted
      ? whatWasHeard(generation.text, generation.queue.clauses)
      : { heard: generation.text.trim(), unheard: '' };
    if (answers !== null) this.#conversation.caller(answers);
    this.#conversation.bot(heard, interrupted, generation.toolMessages);
    if (!interrupted) this.#voiceless = false;
    const unplayed = generation.queue.unplayed();
    if (unplayed.length > 0) this.#options.cancelled(unplayed);
    this.#options.emit({ type: 'bot.said', generation: generation.id, heard, unheard, interrupted });
  }

  /** `voicedAt`: when its first voiced sample can be heard; a few ms of lead-in come before. */
  #tellFirstPacket(utterance: Utterance, position: number, voicedAt: number): void {
    const { generation } = utterance;
    const { emit } = this.#options;
    emit({ type: 'bot.speaking', turn: generation.turn, generation: generation.id, at_sample: position });
    const times = this.#turns.get(generation.turn);
    const latency = times ? latencyEvent(utterance, times, voicedAt) : null;
    if (latency) emit(latency);
    this.#input({ type: 'reply_playing', generation: generation.id, at: this.#clock.now() });
  }

  #generationFailed(generation: Generation, stage: 'llm' | 'tts', error: SidetoneError): void {
    if (this.#utterance?.generation !== generation) return;
    this.#utterance.failed = true;
    if (stage === 'tts') this.#voiceless = true;
    this.#tellFailure(
      stage,
      stage === 'llm' ? this.#providers.llm.name : this.#providers.tts.name,
      error,
      false,
    );
  }

  #phrase(kind: PromptKind): string {
    const { phrases, folder } = this.#options.means;
    return kind === 'greeting' ? (folder.settings.greeting ?? '') : phrases[kind];
  }

  #takeChange(hashes: ConfigHashes): void {
    const { settings, prompt } = this.#options.means.folder;
    this.#providers = this.#makeProviders();
    this.#conversation.instruct(systemPrompt(settings, prompt));
    this.#options.emit({ type: 'config.changed', hashes });
    this.#tellConfig();
    const rules = turnRules(settings.turn, settings.language);
    this.#input({ type: 'rules', rules, at: this.#clock.now() });
  }

  #tellConfig(): void {
    const { settings, prompt, hashes } = this.#options.means.folder;
    const tools = settings.tools.map((tool) => ({ ...tool, url: withoutQuery(tool.url) }));
    this.#options.emit({ type: 'config.used', hashes, settings: { ...settings, tools }, prompt });
  }

  #makeProviders(): Providers {
    return this.#options.means.makeProviders(
      (stage, provider, error) => this.#tellFailure(stage, provider, error, true),
      (stage) => this.#tellMissed(stage),
    );
  }

  /** A frozen stage had no answer in its trace; said once. */
  #tellMissed(stage: Stage): void {
    if (this.#missed.has(stage)) return;
    this.#missed.add(stage);
    const message = `${stage}: the trace has no answer to what is asked now, so the live one answers`;
    this.#options.emit({ type: 'call.warning', code: 'not_frozen', message });
  }

  #tellFailure(stage: Stage, provider: string, error: unknown, retrying: boolean): void {
    const kind = error instanceof SidetoneError ? error.kind : 'internal';
    this.#options.emit({ type: 'provider.failed', stage, provider, kind, message: explain(error), retrying });
  }
}
