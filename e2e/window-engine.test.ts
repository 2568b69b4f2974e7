import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { voicedRange } from '../backend/audio/voiced.ts';
import { readWav } from '../backend/audio/wav.ts';
import type { CallAction } from '../backend/contract/host.ts';
import { SIGNAL_TRACKS, readSignals } from '../backend/contract/signals.ts';
import { CALLER, SCRIPTED_BOT, copyDemoBot, makeBot, speech } from './support/bots.ts';
import { Ears } from './support/ears.ts';
import { Engine } from './support/engine.ts';
import { Microphone } from './support/microphone.ts';
import { audioOf } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { crash, watchThreads } from './support/threads.ts';
import { until } from './support/until.ts';
import { overlap } from './support/words.ts';

/** Share of the words that a small recogniser must find again. */
const MOST = 0.7;

let engine: Engine;
beforeEach(async () => {
  engine = await Engine.start();
});
afterEach(() => engine[Symbol.asyncDispose]());

function talk(port: number): Promise<string> {
  const party = { kind: 'person' } as const;
  return engine.host.place({ host: '127.0.0.1', port, codec: 'PCMU', party, maxMs: null });
}

/** The answered call whose far end is the placed one. */
async function otherEnd(call: string): Promise<string> {
  const { local } = await engine.event(call, 'rtp.ready');
  return until(
    `an answer to ${local}`,
    () => engine.events.find((event) => event.type === 'call.started' && event.peer === local)?.call,
  );
}

const act = (call: string, action: CallAction): Promise<void> => engine.host.act(call, action);

/** Lowest and highest of each 2.5 ms of a recording, as upper bytes: what a wave form shows. */
async function peaksOf(call: string, file: string): Promise<[number, number][]> {
  const { pcm } = readWav(await readFile(path.join(engine.record(call), file)));
  const peaks: [number, number][] = [];
  for (let at = 0; at < pcm.length; at += 20) {
    const part = pcm.subarray(at, at + 20);
    peaks.push([Math.min(...part) >> 8, Math.max(...part) >> 8]);
  }
  return peaks;
}

describe('a person who calls a bot', () => {
  it('is understood, hears the answer, and sees the signals that the record then has', async () => {
    await using ears = new Ears();
    await using microphone = new Microphone(engine.host);
    const port = await engine.listen(await copyDemoBot(engine.folder));
    await engine.host.signals(true);
    const person = await talk(port);
    const bot = await otherEnd(person);
    const greeting = await engine.event(bot, 'bot.said');
    await microphone.say(speech(CALLER.book));
    const understood = await engine.event(
      bot,
      'stt.final',
      ({ text }) => overlap(CALLER.book.words, text) >= MOST,
    );
    expect(understood.turn).toBe(1);
    const answer = await engine.event(bot, 'bot.said', ({ seq }) => seq > greeting.seq);
    expect(answer.heard).toContain('Which day would suit you?');

    // The window's speaker had both, and only the far end's side.
    const audio = engine.audio.filter(({ call }) => call === person);
    expect(audio.length).toBeGreaterThan(100);
    expect(audio.every(({ side, pcm }) => side === 'caller' && pcm.length === 160)).toBe(true);
    const heard = Int16Array.from(audio.flatMap(({ pcm }) => [...pcm]));
    const words = await ears.hear(heard.slice(voicedRange(heard)?.from));
    expect(overlap(`${greeting.heard} ${answer.heard}`, words), words).toBeGreaterThanOrEqual(MOST);
    expect(engine.audio.some(({ call }) => call === bot)).toBe(false);
    expect(engine.all(person, 'speech.started').length).toBeGreaterThanOrEqual(2);

    await act(person, { type: 'mark', label: 'here' });
    await act(person, { type: 'send_dtmf', digits: '5' });
    expect(await engine.event(bot, 'dtmf.received')).toMatchObject({ digit: '5' });
    expect(engine.all(person, 'call.marked')).toMatchObject([{ label: 'here' }]);
    await expect(act(person, { type: 'hold', on: true })).rejects.toThrow('only a bot takes this');
    await expect(act(person, { type: 'take_over', on: true })).rejects.toThrow(
      'only a bot can be taken over from',
    );

    await act(person, { type: 'hang_up', reason: 'enough' });
    expect(await engine.over(person)).toMatchObject({ reason: 'enough' });
    await engine.over(bot);
    await expect(act(person, { type: 'mute', on: true })).rejects.toThrow('the call is over');

    for (const [track, file] of [
      ['caller', 'caller.wav'],
      ['bot', 'bot.wav'],
    ] as const) {
      const recorded = await peaksOf(bot, file);
      const shown = new Map<number, [number, number]>();
      for (const batch of engine.signals) {
        readSignals(batch, (call, name, start, values) => {
          if (call !== bot || name !== track) return;
          const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
          for (let i = 0; i < values.length / 2; i += 1)
            shown.set(start / SIGNAL_TRACKS[track].stepSamples + i, [
              view.getInt8(2 * i),
              view.getInt8(2 * i + 1),
            ]);
        });
      }
      const differing = [...shown].filter(([pair, [min, max]]) => {
        const [low, high] = recorded[pair] ?? [NaN, NaN];
        if (low === min && high === max) return false;
        // Beside a hole in the track the record has silence in the rest of the 2.5 ms.
        const besideHole = !shown.has(pair - 1) || !shown.has(pair + 1);
        return !besideHole || low !== Math.min(0, min) || high !== Math.max(0, max);
      });
      expect(differing, track).toEqual([]);
      expect(shown.size, track).toBeGreaterThan(recorded.length * 0.95);
      expect(
        [...shown.values()].some(([min, max]) => min < -8 && max > 8),
        track,
      ).toBe(true);
    }
    const tracks = new Set<string>();
    for (const batch of engine.signals) readSignals(batch, (_, track) => tracks.add(track));
    expect([...tracks].sort()).toEqual(['bot', 'caller', 'jitter', 'late', 'lost', 'voice']);
  });

  it('sees what the bot did not get to say when it was interrupted', async () => {
    const port = await engine.listen(await copyDemoBot(engine.folder));
    await engine.host.signals(true);
    await using phone = await Phone.call(port);
    const call = await engine.answered(phone.port);
    await engine.event(call, 'bot.speaking');
    await phone.say(speech(CALLER.book));
    const cut = await engine.event(call, 'bot.said', ({ interrupted }) => interrupted);
    expect(cut.unheard).not.toBe('');
    await phone.vanish();
    await engine.over(call);
    const starts: number[] = [];
    let loudest = 0;
    for (const batch of engine.signals) {
      readSignals(batch, (of, track, start, values) => {
        if (of !== call || track !== 'cancelled') return;
        starts.push(start);
        loudest = Math.max(loudest, ...new Int8Array(values));
      });
    }
    // Where the bot fell silent, within the packet that was on its way.
    expect(Math.abs((starts[0] ?? 0) / 8 - cut.at / 1000)).toBeLessThan(100);
    expect(loudest).toBeGreaterThan(8);
  });

  it('is told when the microphone gives no audio, and the call stays up', async () => {
    await using microphone = new Microphone(engine.host);
    const port = await engine.listen(await makeBot(engine.folder, SCRIPTED_BOT));
    const person = await talk(port);
    await until('the microphone to be heard', () => engine.audio.length > 10);
    microphone.unplug();
    const gone = await engine.event(person, 'person.microphone');
    expect(gone).toMatchObject({ live: false, message: 'the microphone gives no audio' });
    microphone.plugIn();
    await engine.event(person, 'person.microphone', ({ live }) => live);
    await act(person, { type: 'microphone', live: false, message: 'permission was taken back' });
    const refused = await engine.event(
      person,
      'person.microphone',
      ({ seq, live }) => seq > gone.seq && !live,
    );
    expect(refused.message).toBe('permission was taken back');
    expect(engine.all(person, 'call.ended')).toEqual([]);
  });
});

describe('a person beside the bot', () => {
  it('listens in, mutes, takes over, and gives back a bot that knows what was said', async () => {
    await using ears = new Ears();
    await using microphone = new Microphone(engine.host);
    const port = await engine.listen(await copyDemoBot(engine.folder));
    await using phone = await Phone.call(port);
    const call = await engine.answered(phone.port);
    await act(call, { type: 'listen_in', on: true });
    await engine.event(call, 'bot.said');

    await act(call, { type: 'mute', on: true });
    await engine.event(call, 'call.muted', ({ on }) => on);
    const whenMuted = phone.received.length + 5;
    await phone.say(speech(CALLER.book));
    const unheard = await engine.event(call, 'bot.said', ({ generation }) => generation > 1);
    const silent = audioOf(phone.received.slice(whenMuted));
    expect(silent.length).toBeGreaterThan(8000);
    expect(silent.every((sample) => sample === 0)).toBe(true);
    expect(unheard.unheard).toBe('');
    await act(call, { type: 'mute', on: false });
    const sides = new Set(engine.audio.filter((audio) => audio.call === call).map(({ side }) => side));
    expect([...sides].sort()).toEqual(['bot', 'caller']);

    await act(call, { type: 'take_over', on: true });
    await engine.event(call, 'bot.held', ({ on }) => on);
    const from = phone.received.length;
    await microphone.say(speech(CALLER.name));
    const said = await engine.event(call, 'person.said');
    expect(overlap(CALLER.name.words, said.text), said.text).toBeGreaterThanOrEqual(MOST);
    const heard = audioOf(phone.received.slice(from));
    expect(overlap(CALLER.name.words, await ears.hear(heard))).toBeGreaterThanOrEqual(MOST);
    // Where it was said is where it is in the record of what we sent.
    const spoken = voicedRange(speech(CALLER.name)) ?? { from: 0, to: 0 };
    expect(Math.abs(said.to - said.from - (spoken.to - spoken.from))).toBeLessThan(8000 * 0.4);

    // The caller speaks to the person: nobody else answers, and the bot keeps it.
    await phone.say(speech(CALLER.goodbye));
    const noted = await engine.event(call, 'turn.noted');
    expect(overlap(CALLER.goodbye.words, noted.text), noted.text).toBeGreaterThanOrEqual(MOST);
    expect(noted.seq).toBeGreaterThan(said.seq);

    // Given back in mid-sentence: what was said last is not lost, and the bot waits for it.
    await microphone.say(speech(CALLER.book));
    await act(call, { type: 'take_over', on: false });
    const released = await engine.event(call, 'bot.held', ({ on }) => !on);
    const rest = engine.all(call, 'person.said').filter(({ seq }) => seq > said.seq && seq < released.seq);
    const restWords = rest.map(({ text }) => text).join(' ');
    expect(overlap(CALLER.book.words, restWords), restWords).toBeGreaterThanOrEqual(MOST);
    expect(engine.all(call, 'bot.speaking').some(({ seq }) => seq > said.seq && seq < released.seq)).toBe(
      false,
    );

    await phone.say(speech(CALLER.name));
    const answer = await engine.event(call, 'bot.said', ({ seq }) => seq > released.seq);
    expect(answer.heard).not.toBe('');
    expect(engine.all(call, 'person.took_over').map(({ on }) => on)).toEqual([true, false]);

    await phone.vanish();
    await engine.over(call);
    const record = readWav(await readFile(path.join(engine.record(call), 'bot.wav'))).pcm;
    const place = voicedRange(record.slice(said.from - 1600, said.to + 1600));
    expect(place?.from).toBeGreaterThan(800);
    expect(place?.from).toBeLessThan(2400);
  });
});

describe('settings that change while calls go on', () => {
  it('answers anew on the same port with another bot; calls going on stay', async () => {
    const first = await makeBot(engine.folder, `greeting: The first.\n${SCRIPTED_BOT}`);
    const second = await makeBot(engine.folder, `greeting: The second.\n${SCRIPTED_BOT}`);
    const port = await engine.listen(first);
    await using stays = await Phone.call(port);
    const going = await engine.answered(stays.port);
    await engine.event(going, 'bot.said', ({ heard }) => heard === 'The first.');

    await engine.host.unlisten();
    await using early = await Phone.call(port);
    await until('some seconds of the call', () => stays.received.length > 200);
    expect(early.received).toEqual([]);

    await engine.host.listen({ host: '127.0.0.1', port, bot: second });
    const later = await engine.answered(early.port);
    await engine.event(later, 'bot.said', ({ heard }) => heard === 'The second.');
    await stays.say(speech(CALLER.name));
    await engine.event(going, 'bot.said', ({ generation }) => generation > 1);
    expect(engine.all(going, 'call.ended')).toEqual([]);

    // Hung up by us, its caller sends on for a while: that is no new call for the new bot.
    await act(going, { type: 'hang_up', reason: 'done' });
    await engine.over(going);
    const calls = engine.events.filter(({ type }) => type === 'call.started').length;
    const sent = early.received.length;
    await until('another second', () => early.received.length > sent + 50);
    expect(engine.events.filter(({ type }) => type === 'call.started')).toHaveLength(calls);
  });

  it('goes on with signals after a media worker crashed', async () => {
    const watch = watchThreads();
    await using watched = await Engine.start();
    const bot = await makeBot(watched.folder, SCRIPTED_BOT);
    const port = await watched.listen(bot);
    await watched.host.signals(true);
    await using before = await Phone.call(port);
    await until('signals', () => watched.signals.length > 0);
    const call = await watched.answered(before.port);
    await until('its record to begin', () => watched.manifest(call).catch(() => null));
    crash(watch.threads.find(({ threadName }) => threadName === 'media'));
    watch.stop();
    await watched.over(call);
    await before.vanish();
    watched.signals.length = 0;
    await using after = await Phone.call(port);
    await until('signals of the fresh worker', () => watched.signals.length > 0);
    await until('packets of it', () => after.received.length > 0);
  });

  it('shows a bot and its changes without a call', async () => {
    const dir = await makeBot(engine.folder, SCRIPTED_BOT, 'Be brief.');
    const folder = await engine.host.openBot(dir);
    expect(folder).toMatchObject({ dir, prompt: 'Be brief.' });
    await writeFile(path.join(dir, 'prompt.md'), 'Be briefer.');
    await until('the change', () =>
      engine.bots.some((bot) => 'prompt' in bot && bot.prompt === 'Be briefer.'),
    );
    expect((await engine.host.openBot(dir)).prompt).toBe('Be briefer.');
    await writeFile(path.join(dir, 'bot.yaml'), 'greting: Hi\n');
    const rejected = await until('the refusal', () => engine.bots.find((bot) => 'message' in bot));
    expect(rejected).toMatchObject({ dir, message: expect.stringContaining('did you mean `greeting`') });
  });
});
