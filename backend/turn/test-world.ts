import { startMachine, step, turnRules } from './machine.ts';
import type { MachineState } from './machine.ts';
import { turnSettings } from '../contract/settings.ts';
import type { TurnSettings } from '../contract/settings.ts';
import type { TurnEffect, TurnInput } from './types.ts';

/**
 * For tests: everything around the machine, in miniature and on its own clock. A caller who speaks at set times, a
 * VAD that answers late, an STT that returns the words which lie wholly inside the audio it was given, a model and
 * a voice that take their time, a loudspeaker that plays, pauses and stops.
 */

export interface Spoken {
  readonly at: number;
  readonly ms: number;
  /** '' is a noise. */
  readonly words: string;
}

export interface WorldOptions {
  readonly settings?: Partial<TurnSettings>;
  readonly language?: string;
  readonly greeting?: boolean;
  readonly sttMs?: number;
  /** From `reply` or `prompt` to its first audio. */
  readonly thinkMs?: number;
  readonly speechMs?: number;
  readonly judgeMs?: number;
  /** What the completeness model says about audio that ends then; null: it never answers. */
  readonly complete?: (to: number) => number | null;
  /** 'lost': no answer ever comes. */
  readonly stt?: (request: number) => 'works' | 'fails' | 'lost';
  readonly reply?: (generation: number) => 'works' | 'fails' | 'lost';
  /** Generations during which the model calls hangup. */
  readonly hangsUp?: (generation: number) => boolean;
}

/** Fixed here, so that the figures in stories do not move with the defaults. */
const BASE: Partial<TurnSettings> = {
  min_silence_ms: 300,
  max_silence_ms: 1200,
  completeness: 'off',
  interrupt_min_ms: 300,
  idle_ms: 10_000,
  idle_prompts: 2,
};

/** A VAD hears speech this much after it began and takes it for over this much before its end. */
const DEAF_MS = 80;
const ONSET_DELAY_MS = 60;
const END_DELAY_MS = 110;

interface Playing {
  left: number;
  since: number | null;
  audio: boolean;
  released: boolean;
  paused: boolean;
  started: boolean;
}

export class World {
  readonly settings: TurnSettings;
  state: MachineState;
  readonly inputs: TurnInput[] = [];
  /** Every effect with its time, in order. */
  readonly effects: { readonly at: number; readonly effect: TurnEffect }[] = [];
  now = 0;
  hungUp: string | null = null;
  readonly #options: WorldOptions;
  readonly #queue: { at: number; order: number; run: () => void }[] = [];
  readonly #spoken: Spoken[] = [];
  /** By generation; what nobody answers, by minus its turn. */
  readonly #lines = new Map<number, { user: string; bot: string }>();
  readonly #playing = new Map<number, Playing>();
  #order = 0;
  #wake: number | null = null;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.settings = turnSettings.parse({ ...BASE, ...options.settings });
    this.state = startMachine(turnRules(this.settings, options.language ?? 'en'));
    this.#at(0, () => this.send({ type: 'call_started', at: 0, greeting: options.greeting ?? false }));
  }

  /** The caller says this; a noise when the words are ''. Utterances come in the order of their times. */
  caller(at: number, ms: number, words = ''): this {
    this.#spoken.push({ at, ms, words });
    const [from, lastVoiced] = [at + DEAF_MS, at + ms - DEAF_MS];
    this.#at(from + ONSET_DELAY_MS, () => this.send({ type: 'voice', at: this.now, from }));
    this.#at(lastVoiced + END_DELAY_MS, () => this.send({ type: 'silence', at: this.now, lastVoiced }));
    return this;
  }

  press(at: number, digits: string): this {
    for (const [i, digit] of digits.split('').entries()) {
      this.#at(at + i * 200, () => this.send({ type: 'dtmf', at: this.now, digit }));
    }
    return this;
  }

  say(at: number, text: string): this {
    this.#at(at, () => this.send({ type: 'say', at: this.now, text }));
    return this;
  }

  hold(at: number, on: boolean): this {
    this.#at(at, () => this.send({ type: 'hold', at: this.now, on }));
    return this;
  }

  run(until: number): this {
    for (;;) {
      const wake = this.#wake;
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#queue[0];
      if (wake !== null && wake <= until && (next === undefined || wake <= next.at)) {
        this.now = Math.max(this.now, wake);
        this.#wake = null;
        this.send({ type: 'timer', at: this.now });
      } else if (next !== undefined && next.at <= until) {
        this.#queue.shift();
        this.now = next.at;
        next.run();
      } else {
        this.now = until;
        return this;
      }
    }
  }

  /** The effects as lines, "1234 duck 1", without the kinds that only say how things look. */
  story(): string[] {
    const lines: string[] = [];
    for (const { at, effect } of this.effects) {
      const line = storyLine(effect);
      if (line !== null) lines.push(`${at} ${line}`);
    }
    return lines;
  }

  states(): string[] {
    return this.effects.flatMap(({ at, effect }) =>
      effect.type === 'state' ? [`${at} ${effect.state}`] : [],
    );
  }

  send(input: TurnInput): void {
    this.inputs.push(input);
    const { state, effects } = step(this.state, input);
    this.state = state;
    for (const effect of effects) {
      this.effects.push({ at: this.now, effect });
      this.#carryOut(effect);
    }
  }

  /** Words with the stretch in which they are spoken, in order. */
  *words(): Generator<{ word: string; from: number; to: number }> {
    for (const { at, ms, words } of this.#spoken) {
      const list = words.split(' ').filter((word) => word !== '');
      const each = ms / list.length;
      for (const [i, word] of list.entries()) yield { word, from: at + i * each, to: at + (i + 1) * each };
    }
  }

  #at(at: number, run: () => void): void {
    this.#order += 1;
    this.#queue.push({ at, order: this.#order, run });
  }

  #hear(from: number, to: number): string {
    const inside = [...this.words()].filter((word) => word.from >= from && word.to <= to);
    return inside.map(({ word }) => word).join(' ');
  }

  #carryOut(effect: TurnEffect): void {
    const { sttMs = 100, thinkMs = 200, speechMs = 3000, judgeMs = 60, complete } = this.#options;
    switch (effect.type) {
      case 'transcribe': {
        const { request } = effect;
        const text = this.#hear(effect.from, effect.to);
        const fate = this.#options.stt?.(request) ?? 'works';
        if (fate === 'lost') return;
        this.#at(this.now + sttMs, () =>
          this.send(
            fate === 'fails'
              ? { type: 'transcript_failed', at: this.now, request }
              : { type: 'transcript', at: this.now, request, text },
          ),
        );
        return;
      }
      case 'judge': {
        const probability = complete?.(effect.to) ?? null;
        if (probability === null) return;
        const { request } = effect;
        this.#at(this.now + judgeMs, () =>
          this.send({ type: 'completeness', at: this.now, request, probability }),
        );
        return;
      }
      case 'reply':
        this.#lines.set(effect.generation, { user: effect.text + effect.digits, bot: '' });
        this.#start(effect.generation, false, thinkMs, speechMs);
        return;
      case 'prompt':
        this.#lines.set(effect.generation, { user: '', bot: '' });
        this.#start(effect.generation, true, 0, 1000);
        return;
      case 'say':
        this.#lines.set(effect.generation, { user: '', bot: '' });
        this.#start(effect.generation, true, thinkMs, 1000);
        return;
      case 'noted':
        this.#lines.set(-effect.turn, { user: effect.text + effect.digits, bot: 'noted' });
        return;
      case 'release':
        this.#change(effect.generation, (playing) => (playing.released = true));
        return;
      case 'pause':
        this.#change(effect.generation, (playing) => (playing.paused = true));
        return;
      case 'resume':
        this.#change(effect.generation, (playing) => (playing.paused = false));
        return;
      case 'stop':
        this.#end(effect.generation, 'cut');
        return;
      case 'drop_reply':
        this.#playing.delete(effect.generation);
        this.#lines.delete(effect.generation);
        return;
      case 'wake':
        this.#wake = effect.at;
        return;
      case 'hangup':
        this.hungUp = effect.reason;
        return;
      case 'drop_transcript':
      case 'turn_ended':
      case 'duck':
      case 'state':
        return;
    }
  }

  #start(generation: number, released: boolean, thinkMs: number, speechMs: number): void {
    const playing = { left: speechMs, since: null, audio: false, released, paused: false, started: false };
    this.#playing.set(generation, playing);
    this.#at(this.now + thinkMs, () => {
      if (!this.#playing.has(generation)) return;
      if (this.#options.hangsUp?.(generation) === true) {
        this.send({ type: 'reply_hangup', at: this.now, generation });
      }
      const fate = this.#options.reply?.(generation) ?? 'works';
      if (fate === 'fails') this.send({ type: 'reply_failed', at: this.now, generation });
      if (fate === 'works') this.#change(generation, (playing) => (playing.audio = true));
    });
  }

  /** Works out what leaves now: starts, stops or goes on playing. */
  #change(generation: number, change: (playing: Playing) => void): void {
    const playing = this.#playing.get(generation);
    if (playing === undefined) return;
    change(playing);
    const leaves = playing.audio && playing.released && !playing.paused;
    if (leaves && playing.since === null) {
      playing.since = this.now;
      if (!playing.started) {
        playing.started = true;
        this.#at(this.now, () => this.send({ type: 'reply_playing', at: this.now, generation }));
      }
      const since = this.now;
      this.#at(this.now + playing.left, () => {
        const still = this.#playing.get(generation);
        if (still?.since !== since) return;
        this.#end(generation, 'whole');
        this.send({ type: 'reply_finished', at: this.now, generation });
      });
    } else if (!leaves && playing.since !== null) {
      playing.left -= this.now - playing.since;
      playing.since = null;
    }
  }

  #end(generation: number, how: 'cut' | 'whole'): void {
    const playing = this.#playing.get(generation);
    const line = this.#lines.get(generation);
    this.#playing.delete(generation);
    if (line === undefined) return;
    line.bot = playing?.started === true ? how : 'unheard';
  }

  /** The conversation as the context holds it: "caller's words > how the bot's answer ended". */
  conversation(): string[] {
    return [...this.#lines.values()].map(({ user, bot }) => `${user} > ${bot === '' ? 'going on' : bot}`);
  }
}

function storyLine(effect: TurnEffect): string | null {
  switch (effect.type) {
    case 'wake':
    case 'state':
    case 'judge':
      return null;
    case 'transcribe':
      return `transcribe ${effect.from}-${effect.to}`;
    case 'drop_transcript':
      return `drop_transcript ${effect.request}`;
    case 'turn_ended':
      return `turn_ended ${effect.turn} waited ${effect.waited}`;
    case 'reply':
      return `reply ${effect.generation} ${saidIn(effect)}${effect.speculative ? ' speculative' : ''}`;
    case 'noted':
      return `noted ${effect.turn} ${saidIn(effect)}`;
    case 'prompt':
      return `prompt ${effect.generation} ${effect.kind}`;
    case 'say':
      return `say ${effect.generation} "${effect.text}"`;
    case 'hangup':
      return `hangup ${effect.reason}`;
    case 'release':
    case 'drop_reply':
    case 'duck':
    case 'pause':
    case 'resume':
    case 'stop':
      return `${effect.type} ${effect.generation}`;
  }
}

function saidIn({ text, digits }: { text: string; digits: string }): string {
  return `"${text}"${digits === '' ? '' : ` [${digits}]`}`;
}
