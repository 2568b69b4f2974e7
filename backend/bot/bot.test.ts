import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import type { CallEventBody } from '../contract/events.ts';
import { botSettings } from '../contract/settings.ts';
import { ManualSleep, ScriptedLlm, ScriptedStt, ScriptedTts } from '../providers/scripted.ts';
import type { ChatMessage } from '../providers/types.ts';
import { loadSilero, speech } from '../vad/fixtures/speech.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { Bot } from './bot.ts';
import { BotMeans } from './means.ts';

const FRAME = 160;
/** "And so my fellow Americans", with a quarter of a second before it. */
const WORDS = speech('jfk').subarray(0, 2.3 * 8000);
const ANSWER = 'We are open from nine to five on every day of the week.';

let silero: SileroBatch;
let scope: Scope;
beforeAll(async () => {
  silero = await loadSilero();
});
afterAll(() => silero.release());
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

/** A bot on a line of its own: 20 ms at a time, in time that stands still in between. */
class Line {
  readonly bot: Bot;
  readonly events: CallEventBody[] = [];
  readonly cancelled: Int16Array[] = [];
  readonly probabilities: { value: number; end: number }[] = [];
  /** What the model was asked with, each time. */
  readonly asked: (readonly ChatMessage[])[] = [];
  /** What the recogniser makes of whatever the caller says. */
  words = 'When are you open?';
  /** All that left, silence included. */
  readonly sent: number[] = [];
  readonly #time = new ManualSleep();
  readonly #frame = new Int16Array(FRAME);
  #position = 0;

  constructor(settings: object = {}, answered = false) {
    const { sleep, clock } = this.#time;
    const folder = {
      dir: '',
      settings: botSettings.parse({ turn: { completeness: 'off', idle_ms: 60_000 }, ...settings }),
      prompt: 'Be kind.',
      referenceWav: null,
      keys: {},
      hashes: { settings: '', prompt: '', ref_audio: null },
    };
    const providers = {
      stt: new ScriptedStt(sleep, { transcript: () => this.words }),
      llm: new ScriptedLlm(sleep, {
        reply: (_, messages) => {
          this.asked.push(messages);
          return ANSWER;
        },
      }),
      tts: new ScriptedTts(sleep),
      fallbackTts: null,
      completeness: null,
    };
    this.bot = new Bot({
      means: new BotMeans(folder, () => providers, scope),
      silero,
      clock,
      control: { hangUp: () => undefined, sendDtmf: () => undefined, transfer: () => undefined },
      answered,
      emit: (event) => this.events.push(event),
      probability: (value, end) => this.probabilities.push({ value, end }),
      produced: () => undefined,
      cancelled: (pcm) => this.cancelled.push(pcm),
    });
  }

  /** 20 ms in which nothing comes from the caller. */
  async pass(): Promise<void> {
    const now = this.#time.clock.now();
    this.bot.speak(this.#frame.fill(0), this.#position, now);
    this.bot.tick(now);
    this.#position += FRAME;
    await this.#time.advance(20);
  }

  /** The caller says this; silence where it is none. */
  async hear(pcm: Int16Array): Promise<void> {
    for (let at = 0; at < pcm.length; at += FRAME) {
      const now = this.#time.clock.now();
      this.bot.hear({
        pcm: pcm.subarray(at, at + FRAME),
        position: this.#position,
        endsAt: now,
        kind: 'packet',
      });
      await silero.flush();
      this.bot.speak(this.#frame.fill(0), this.#position, now);
      this.sent.push(...this.#frame);
      this.bot.tick(now);
      this.#position += FRAME;
      await this.#time.advance(20);
    }
  }

  silence(ms: number): Promise<void> {
    return this.hear(new Int16Array(ms * 8));
  }

  async until(what: CallEventBody['type']): Promise<void> {
    for (let ms = 0; !this.has(what); ms += 20) {
      if (ms > 10_000) throw new Error(`no ${what} in ten seconds`);
      await this.silence(20);
    }
  }

  has(what: CallEventBody['type']): boolean {
    return this.events.some(({ type }) => type === what);
  }

  of<Type extends CallEventBody['type']>(what: Type): Extract<CallEventBody, { type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<CallEventBody, { type: Type }> => event.type === what,
    );
  }

  /** What the model reads about the next turn of the caller, made by a key. */
  async contextOfNext(): Promise<readonly ChatMessage[]> {
    const before = this.asked.length;
    this.bot.dtmf('#');
    while (this.asked.length === before) await this.silence(20);
    return this.asked.at(-1) ?? [];
  }
}

describe('a bot whose caller sends nothing', () => {
  const quiet = async (line: Line): Promise<void> => {
    for (let ms = 0; ms < 1000; ms += 20) await line.pass();
  };

  it('greets when signalling says that they are there', async () => {
    const line = new Line({ greeting: 'Hello.' }, true);
    await quiet(line);
    expect(line.of('bot.speaking')).toHaveLength(1);
  });

  it('waits for their first packet where there is no signalling', async () => {
    const line = new Line({ greeting: 'Hello.' });
    await quiet(line);
    expect(line.has('bot.speaking')).toBe(false);
  });
});

describe('a bot that is held', () => {
  it('stops at once, keeps what the caller says, and answers the next turn with all of it in its context', async () => {
    const line = new Line();
    await line.hear(WORDS);
    await line.until('bot.speaking');
    await line.silence(700);
    line.bot.order({ type: 'hold', on: true });
    const sentBefore = line.sent.length;
    await line.silence(500);
    expect(line.sent.slice(sentBefore).every((sample) => sample === 0)).toBe(true);
    const [said] = line.of('bot.said');
    expect(said).toMatchObject({ interrupted: true, heard: expect.stringMatching(/^We/) });
    expect(ANSWER).toBe(`${said?.heard} ${said?.unheard}`);

    line.words = 'Hello?';
    await line.hear(WORDS);
    await line.until('turn.noted');
    await line.silence(3000);
    expect(line.of('turn.noted')).toEqual([{ type: 'turn.noted', turn: 2, text: 'Hello?' }]);
    expect(line.of('turn.ended').map(({ turn }) => turn)).toEqual([1, 2]);
    expect(line.asked).toHaveLength(1);

    line.bot.order({ type: 'hold', on: false });
    expect(await line.contextOfNext()).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'When are you open?' },
      { role: 'assistant', content: `${said?.heard} …` },
      { role: 'user', content: 'Hello?' },
      { role: 'user', content: '[pressed #]' },
    ]);
    expect(line.of('bot.held').map(({ on }) => on)).toEqual([true, false]);
  });

  it('keeps keys as well', async () => {
    const line = new Line();
    await line.silence(20);
    line.bot.order({ type: 'hold', on: true });
    for (const key of '12#') line.bot.dtmf(key);
    await line.silence(100);
    expect(line.of('turn.ended')).toHaveLength(1);
    expect(line.of('turn.noted')).toEqual([]);
    line.bot.order({ type: 'hold', on: false });
    expect(await line.contextOfNext()).toContainEqual({ role: 'user', content: '[pressed 1 2]' });
  });

  it('is told once, however often it is ordered', () => {
    const line = new Line();
    for (const on of [false, true, true, false, false]) line.bot.order({ type: 'hold', on });
    expect(line.of('bot.held').map(({ on }) => on)).toEqual([true, false]);
  });

  it('still says what a person typed', async () => {
    const line = new Line();
    await line.silence(20);
    line.bot.order({ type: 'hold', on: true });
    line.bot.order({ type: 'say', text: 'One moment, please.' });
    await line.until('bot.said');
    expect(line.of('bot.said')).toMatchObject([{ heard: 'One moment, please.', interrupted: false }]);
    expect(line.sent.some((sample) => sample !== 0)).toBe(true);
  });
});

describe('other orders', () => {
  it('a whisper is in the context of the next answer, and not said', async () => {
    const line = new Line();
    await line.silence(20);
    line.bot.order({ type: 'whisper', text: 'Offer ten percent off.' });
    expect(line.of('bot.whispered')).toEqual([{ type: 'bot.whispered', text: 'Offer ten percent off.' }]);
    expect(await line.contextOfNext()).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'system', content: 'Offer ten percent off.' },
      { role: 'user', content: '[pressed #]' },
    ]);
    await line.until('bot.said');
    expect(line.of('bot.said')).toMatchObject([{ heard: ANSWER }]);
  });

  it("what somebody said in the bot's place is its own in the context, and nothing else happens", async () => {
    const line = new Line();
    await line.silence(20);
    const before = line.events.length;
    line.bot.order({ type: 'spoken_for', text: 'I will look into it.' });
    await line.silence(500);
    expect(line.events).toHaveLength(before);
    expect(await line.contextOfNext()).toContainEqual({ role: 'assistant', content: 'I will look into it.' });
  });

  it('before the first packet count from that packet on', async () => {
    const line = new Line({ greeting: 'Hello.' });
    line.bot.order({ type: 'hold', on: true });
    line.bot.order({ type: 'say', text: 'One moment, please.' });
    line.bot.order({ type: 'whisper', text: 'Be brief.' });
    line.bot.order({ type: 'spoken_for', text: 'Good morning.' });
    expect(line.events.map(({ type }) => type)).toEqual(['config.used', 'bot.held', 'bot.whispered']);
    await line.until('bot.said');
    await line.silence(2000);
    expect(line.of('bot.said').map(({ heard }) => heard)).toEqual(['One moment, please.']);
    line.bot.order({ type: 'hold', on: false });
    expect(await line.contextOfNext()).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'system', content: 'Be brief.' },
      { role: 'assistant', content: 'Good morning.' },
      { role: 'assistant', content: 'One moment, please.' },
      { role: 'user', content: '[pressed #]' },
    ]);
  });
});

describe('what a bot tells its call', () => {
  it('the audio it was cut off from saying: with what had left, all that was made', async () => {
    const whole = new Line();
    whole.bot.order({ type: 'say', text: ANSWER });
    await whole.until('bot.said');
    expect(whole.cancelled).toEqual([]);

    const cut = new Line();
    cut.bot.order({ type: 'say', text: ANSWER });
    await cut.until('bot.speaking');
    await cut.silence(700);
    cut.bot.order({ type: 'hold', on: true });
    const [unplayed, ...others] = cut.cancelled;
    expect(others).toEqual([]);
    // Both say the same, so what was cut off has to carry on where the sound broke off.
    const start = whole.sent.findIndex((sample) => sample !== 0);
    const heard = cut.sent.slice(cut.sent.findIndex((sample) => sample !== 0));
    expect(unplayed?.length).toBeGreaterThan(4000);
    expect([...heard, ...(unplayed ?? [])]).toEqual(
      whole.sent.slice(start, start + heard.length + (unplayed?.length ?? 0)),
    );
  });

  it('nothing of it before any was made', async () => {
    const line = new Line();
    await line.silence(20);
    line.bot.order({ type: 'say', text: ANSWER });
    await line.bot.close();
    expect(line.of('bot.said')).toMatchObject([{ interrupted: true, unheard: ANSWER }]);
    expect(line.cancelled).toEqual([]);
  });

  it("where on the caller's track each verdict of the VAD belongs", async () => {
    const line = new Line();
    await line.hear(WORDS);
    expect(line.probabilities.map(({ end }) => end)).toEqual(
      Array.from({ length: Math.floor(WORDS.length / 256) }, (_, i) => (i + 1) * 256),
    );
    const voiced = line.probabilities.filter(({ value }) => value > 0.9);
    expect(voiced.length).toBeGreaterThan(20);
  });
});
