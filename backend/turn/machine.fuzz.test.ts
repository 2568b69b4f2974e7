import { describe, expect, it } from 'vitest';
import type { TurnSettings } from '../contract/settings.ts';
import { turnSettings } from '../contract/settings.ts';
import { startMachine, step, turnRules } from './machine.ts';
import { World } from './test-world.ts';
import type { TurnEffect, TurnInput } from './types.ts';

/** mulberry32: a small seeded generator, so that every failure can be seen again. */
function randomness(seed: number) {
  let a = seed;
  const unit = (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    unit,
    between: (from: number, to: number): number => from + Math.floor(unit() * (to - from + 1)),
    chance: (probability: number): boolean => unit() < probability,
  };
}
type Randomness = ReturnType<typeof randomness>;

function randomSettings(random: Randomness): Partial<TurnSettings> {
  return {
    min_silence_ms: random.between(50, 600),
    max_silence_ms: random.between(100, 2000),
    completeness: random.chance(0.5) ? 'auto' : 'off',
    speculate: random.chance(0.7),
    interrupt_min_ms: random.between(0, 600),
    idle_ms: random.between(1000, 8000),
    // A call that ends by itself would end the story early.
    idle_prompts: 10,
    max_call_ms: 86_400_000,
  };
}

/**
 * A caller who interrupts, hesitates, coughs and presses keys, until about `until`, and a person who types words and
 * holds the bot now and then. Each word is said once.
 */
function randomCaller(world: World, random: Randomness, until: number): void {
  let word = 0;
  for (let at = 500; at < until;) {
    const kind = random.unit();
    const ms = kind < 0.3 ? random.between(180, 700) : random.between(180, 2500);
    const count = Math.max(1, Math.floor(ms / 400));
    if (kind < 0.2) world.caller(at, ms);
    else if (kind < 0.3) world.caller(at, ms, 'mm-hm');
    else world.caller(at, ms, Array.from({ length: count }, () => `word${(word += 1)}`).join(' '));
    at += ms + (random.chance(0.5) ? random.between(20, 900) : random.between(900, 6000));
    if (random.chance(0.05)) world.press(at, String(random.between(0, 99)));
    if (random.chance(0.05)) world.say(at, 'a person says');
    if (random.chance(0.1)) world.hold(Math.min(at, until) - random.between(0, 3000), random.chance(0.5));
  }
}

/** What must hold of any run of effects, whatever the inputs were. Returns what is still alive. */
function checkEffects(effects: readonly TurnEffect[], finished: (generation: number) => boolean) {
  let alive: { generation: number; released: boolean } | null = null;
  const requests = new Set<number>();
  const noted = new Set<number>();
  const begin = (generation: number, released: boolean): void => {
    if (alive !== null && finished(alive.generation)) alive = null;
    expect(alive).toBeNull();
    alive = { generation, released };
  };
  for (const effect of effects) {
    switch (effect.type) {
      case 'reply':
        begin(effect.generation, false);
        break;
      case 'prompt':
      case 'say':
        begin(effect.generation, true);
        break;
      case 'release':
        expect(alive).toEqual({ generation: effect.generation, released: false });
        alive = { generation: effect.generation, released: true };
        break;
      case 'duck':
      case 'pause':
      case 'resume':
        expect(alive).toEqual({ generation: effect.generation, released: true });
        break;
      case 'stop':
        expect(alive).toEqual({ generation: effect.generation, released: true });
        alive = null;
        break;
      case 'drop_reply':
        expect(alive).toMatchObject({ generation: effect.generation });
        alive = null;
        break;
      case 'transcribe':
        expect(requests.has(effect.request)).toBe(false);
        expect(effect.from).toBeLessThanOrEqual(effect.to);
        requests.add(effect.request);
        break;
      case 'drop_transcript':
        expect(requests.delete(effect.request)).toBe(true);
        break;
      case 'noted':
        expect(alive === null || finished(alive.generation)).toBe(true);
        expect(effect.text + effect.digits).not.toBe('');
        expect(noted.has(effect.turn)).toBe(false);
        noted.add(effect.turn);
        break;
      case 'judge':
      case 'turn_ended':
      case 'hangup':
      case 'wake':
      case 'state':
        break;
    }
  }
}

function finishedIn(inputs: readonly TurnInput[]): (generation: number) => boolean {
  const finished = new Set(inputs.flatMap((i) => (i.type === 'reply_finished' ? [i.generation] : [])));
  return (generation) => finished.has(generation);
}

/** What a step of a held bot must not do: answer, ask or excuse itself. The longest call still ends. */
function checkHeld(effects: readonly TurnEffect[]): void {
  for (const effect of effects) {
    expect(['reply', 'release']).not.toContain(effect.type);
    if (effect.type === 'prompt') expect(effect.kind).toBe('goodbye');
  }
}

/** The words of every reply that was not dropped and of every turn that was noted, in order. */
function takenWords(world: World): string[] {
  const replies = new Map<string, string>();
  for (const { effect } of world.effects) {
    if (effect.type === 'noted') replies.set(`turn ${effect.turn}`, effect.text);
    if (effect.type === 'reply') replies.set(`reply ${effect.generation}`, effect.text);
    if (effect.type === 'drop_reply') replies.delete(`reply ${effect.generation}`);
  }
  return [...replies.values()].flatMap((text) => text.split(' ')).filter((word) => word.startsWith('word'));
}

const seeds = Array.from({ length: 200 }, (_, i) => i + 1);

describe('the turn machine under random callers', () => {
  it('loses no word and says none twice: each ends in exactly one answer or is noted, in order', () => {
    for (const seed of seeds) {
      const random = randomness(seed);
      const world = new World({
        settings: randomSettings(random),
        greeting: random.chance(0.5),
        sttMs: random.between(20, 1800),
        thinkMs: random.between(20, 1500),
        speechMs: random.between(300, 6000),
        complete: (to) => (to % 7) / 6,
      });
      randomCaller(world, random, 60_000);
      world.run(90_000);
      const said = [...world.words()].map(({ word }) => word).filter((word) => word.startsWith('word'));
      expect({ seed, words: takenWords(world) }).toEqual({ seed, words: said });
    }
  });

  it('keeps its promises, forgets nothing by being stored, and does the same again when it is run again', () => {
    for (const seed of seeds) {
      const random = randomness(seed + 1000);
      const fate = (failing: number) => (n: number) =>
        (n * 7919 + seed) % 10 < failing ? (n % 2 === 0 ? 'fails' : 'lost') : 'works';
      const settings = randomSettings(random);
      const world = new World({
        settings,
        sttMs: random.between(0, 900),
        thinkMs: random.between(0, 900),
        stt: fate(random.between(0, 3)),
        reply: fate(random.between(0, 3)),
        hangsUp: (generation) => random.chance(0.02) && generation > 3,
      });
      randomCaller(world, random, 60_000);
      world.run(200_000);
      const effects = world.effects.map(({ effect }) => effect);
      checkEffects(effects, finishedIn(world.inputs));

      const rules = turnRules(world.settings, 'en');
      let state = startMachine(rules);
      const again: TurnEffect[] = [];
      for (const input of world.inputs) {
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        const next = step(state, input);
        state = next.state;
        if (state.held) checkHeld(next.effects);
        again.push(...next.effects);
      }
      expect(JSON.stringify(again)).toBe(JSON.stringify(effects));
    }
  });

  it('is never deaf: whatever went before, words are answered or asked for again, or the call has ended', () => {
    for (const seed of seeds) {
      const random = randomness(seed + 2000);
      const trouble = random.between(3000, 20_000);
      let calm = false;
      const fate = (failing: number) => () =>
        !calm && random.chance(failing) ? (random.chance(0.5) ? 'fails' : 'lost') : 'works';
      const world = new World({
        settings: { ...randomSettings(random), idle_ms: 600_000 },
        sttMs: random.between(0, 900),
        thinkMs: random.between(0, 900),
        stt: fate(0.3),
        reply: fate(0.3),
      });
      randomCaller(world, random, trouble);
      world.run(trouble + 5000);
      calm = true;
      world.send({ type: 'hold', at: world.now, on: false });
      const before = world.effects.length;
      world.caller(world.now + 100, 1500, 'can anybody hear me').run(world.now + 80_000);
      const after = world.effects.slice(before).map(({ effect }) => effect);
      const response = after.some(
        (effect) =>
          (effect.type === 'reply' && effect.text.includes('can anybody hear me')) ||
          (effect.type === 'prompt' && (effect.kind === 'apology' || effect.kind === 'repeat')),
      );
      expect({ seed, heard: response || world.hungUp !== null }).toEqual({ seed, heard: true });
    }
  });
});

describe('the turn machine under a host gone mad', () => {
  it('takes any inputs in any order', () => {
    for (const seed of seeds) {
      const random = randomness(seed + 3000);
      let state = startMachine(turnRules(turnSettings.parse(randomSettings(random)), 'en'));
      const inputs: TurnInput[] = [];
      const effects: TurnEffect[] = [];
      let at = 0;
      for (let i = 0; i < 300; i += 1) {
        at += random.chance(0.05) ? random.between(1000, 40_000) : random.between(0, 300);
        const input = randomInput(random, at, state.generations, state.requests);
        const before = JSON.stringify(state);
        const next = step(state, input);
        expect(JSON.stringify(state)).toBe(before);
        inputs.push(input);
        effects.push(...next.effects);
        state = next.state;
        if (state.held) checkHeld(next.effects);
        else expect(next.effects.map(({ type }) => type)).not.toContain('noted');
        // A wake that is due already would be a timer that fires for ever.
        if (state.wake !== null) expect(state.wake).toBeGreaterThan(at);
      }
      checkEffects(effects, finishedIn(inputs));
    }
  });
});

function randomInput(random: Randomness, at: number, generations: number, requests: number): TurnInput {
  const generation = generations - random.between(0, 1);
  const request = requests - random.between(0, 2);
  const text = ['', 'mm-hm', 'some words', '...'][random.between(0, 3)] ?? '';
  const inputs: readonly TurnInput[] = [
    { type: 'voice', at, from: at - random.between(-50, 400) },
    { type: 'silence', at, lastVoiced: at - random.between(-50, 400) },
    { type: 'completeness', at, request, probability: random.unit() * 1.2 - 0.1 },
    { type: 'partial', at, request, text },
    { type: 'transcript', at, request, text },
    { type: 'transcript_failed', at, request },
    { type: 'reply_playing', at, generation },
    { type: 'reply_finished', at, generation },
    { type: 'reply_failed', at, generation },
    { type: 'timer', at },
    { type: 'call_started', at, greeting: true },
    { type: 'dtmf', at, digit: random.chance(0.3) ? '#' : '5' },
    { type: 'say', at, text: 'now' },
    { type: 'hold', at, on: random.chance(0.3) },
  ];
  const rare: readonly TurnInput[] = [
    { type: 'reply_hangup', at, generation },
    { type: 'call_over', at },
  ];
  const from = random.chance(0.005) ? rare : inputs;
  return from[random.between(0, from.length - 1)] ?? { type: 'timer', at };
}
