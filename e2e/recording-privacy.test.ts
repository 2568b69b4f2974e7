import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dtmfTone } from '../backend/audio/dtmf-testing.ts';
import { readWav } from '../backend/audio/wav.ts';
import { readSignals } from '../backend/contract/signals.ts';
import { TRACE_FILES } from '../backend/contract/trace.ts';
import { CALLER, SCRIPTED_BOT, makeBot, speech } from './support/bots.ts';
import { StubEndpoint } from './support/endpoint.ts';
import { Cli, REPOSITORY } from './support/cli.ts';
import { Engine } from './support/engine.ts';
import { audioOf, readPcap, rtpFrom } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { has, output } from './support/tools.ts';
import { until } from './support/until.ts';

const CARD = '4929123456781234';
const EVENT_TYPE = 101;

let engine: Engine;
let llm: StubEndpoint;
let port: number;

beforeAll(async () => {
  engine = await Engine.start();
  // A model that repeats what it was told, as models do.
  llm = await StubEndpoint.start({ replies: [{ text: `Thank you. Your card is ${CARD}, is it not?` }] });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await llm[Symbol.asyncDispose]();
});

/** A card's number as tones, as a telephone without events sends it. */
function tones(): Int16Array {
  return joined(CARD.split('').flatMap((key) => [dtmfTone(key, { ms: 70, edgeMs: 2 }), new Int16Array(560)]));
}

function joined(parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

interface Answered {
  readonly call: string;
  readonly phone: Phone;
}

/** Calls a bot with these settings, presses the card's number in both ways, says something, and is hung up on. */
async function callBot(recording: string): Promise<Answered> {
  const bot = await makeBot(
    engine.folder,
    `greeting: Hello.
recording: ${recording}
${SCRIPTED_BOT.replace('llm: { provider: scripted }', `llm: { provider: openai, model: m, base_url: '${llm.url}' }`)}`,
  );
  await engine.host.unlisten();
  port = await engine.listen(bot);
  await using phone = await Phone.call(port);
  const call = await engine.answered(phone.port);
  await engine.event(call, 'bot.said');
  await phone.press(CARD);
  await engine.event(call, 'bot.said', ({ heard }) => heard.startsWith('Thank you'));
  await phone.say(tones());
  await phone.say(new Int16Array(4000));
  await phone.say(speech(CALLER.name));
  await engine.host.act(call, { type: 'send_dtmf', digits: CARD.slice(0, 4) });
  await until('our keys', () => engine.all(call, 'dtmf.sent').length === 4);
  await engine.host.act(call, { type: 'hang_up', reason: 'enough' });
  await engine.event(call, 'call.ended');
  await until('the end of the call', async () => (await engine.host.report())[0]?.calls === 0);
  return { call, phone };
}

const TONES_HZ = [697, 770, 852, 941, 1209, 1336, 1477, 1633] as const;
const KEYS = '123456789*0#';

/**
 * Keys that can be heard, one after the other: by the energy of 30 ms at each of the eight frequencies, by the Fourier
 * sum. Not the engine's detector, and much more credulous: half of all energy is enough.
 */
function keysHeard(pcm: Int16Array): string {
  let keys = '';
  let last = '';
  for (let at = 0; at + 240 <= pcm.length; at += 80) {
    const window = pcm.subarray(at, at + 240);
    const energy = window.reduce((sum, sample) => sum + sample * sample, 0);
    const powers = TONES_HZ.map((hz) => (2 * powerAt(window, hz)) / window.length / Math.max(energy, 1));
    const row = strongest(powers.slice(0, 4));
    const column = strongest(powers.slice(4));
    const [low = 0, high = 0] = [powers[row], powers[column + 4]];
    const key = energy > 240 * 50 ** 2 && Math.min(low, high) > 0.25 ? KEYS.charAt(row * 3 + column) : '';
    if (key !== '' && key !== last) keys += key;
    last = key;
  }
  return keys;
}

function powerAt(window: Int16Array, hz: number): number {
  const angle = (2 * Math.PI * hz) / 8000;
  const sum = (wave: (x: number) => number): number =>
    window.reduce((all, sample, i) => all + sample * wave(angle * i), 0);
  return sum(Math.cos) ** 2 + sum(Math.sin) ** 2;
}

function strongest(powers: readonly number[]): number {
  return powers.indexOf(Math.max(...powers));
}

async function wav(call: string, file: string): Promise<Int16Array> {
  return readWav(await readFile(path.join(engine.record(call), file))).pcm;
}

/** Amplitude at 1400 Hz in the first 200 ms that are not silent. */
function amplitudeAt1400(pcm: Int16Array): number {
  const begins = firstLoud(pcm);
  const window = pcm.subarray(begins, begins + 1600);
  return (2 * Math.sqrt(powerAt(window, 1400))) / window.length;
}

/** Where something louder than line noise begins. */
function firstLoud(pcm: Int16Array): number {
  return pcm.findIndex((sample) => Math.abs(sample) > 300);
}

describe('a bot with mask_dtmf and tone', () => {
  let call: string;
  let phone: Phone;
  let wire: string;

  beforeAll(async () => {
    ({ call, phone } = await callBot('{ mask_dtmf: true, tone: true }'));
    wire = path.join(engine.record(call), TRACE_FILES.wire);
    await engine.over(call);
  }, 90_000);

  it('gets the keys itself, and so does whoever it presses keys to', () => {
    const asked = JSON.stringify(llm.stub.requests.map(({ fields }) => fields));
    expect(asked).toContain(`[pressed ${CARD.split('').join(' ')}]`);
    const events = phone.received.filter((packet) => packet.getPayloadType() === EVENT_TYPE);
    expect(new Set(events.map((packet) => packet.getPayload().getUint8(0)))).toEqual(new Set([4, 9, 2]));
  });

  it('says in its manifest that they are masked', async () => {
    expect((await engine.manifest(call)).dtmf_masked).toBe(true);
  });

  it('leaves no key in any text of the trace, nor in what a window is told', async () => {
    const names = await readdir(engine.record(call), { recursive: true });
    const texts = names.filter((name) => /\.(json|ndjson|vtt)$/.test(name));
    expect(texts).toContain(TRACE_FILES.events);
    const files = texts.map((name) => readFile(path.join(engine.record(call), name), 'utf8'));
    for (const text of [...(await Promise.all(files)), JSON.stringify(engine.of(call))]) {
      for (const secret of [CARD, CARD.split('').join(' ')]) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/pressed \d|"digit":"\d"/);
    }
    expect(engine.all(call, 'dtmf.received').map(({ digit }) => digit)).toEqual(Array(16).fill('x'));
    expect(engine.all(call, 'dtmf.sent').map(({ digit }) => digit)).toEqual(Array(4).fill('x'));
    const asked = JSON.stringify(engine.all(call, 'llm.requested'));
    expect(asked).toContain(`[pressed${' x'.repeat(16)}]`);
    const said = engine.all(call, 'bot.said').map(({ heard }) => heard);
    expect(said).toContainEqual(expect.stringContaining(`Your card is ${'x'.repeat(16)}`));
  });

  it.each(['in', 'out'])('leaves no code of a key in the capture, %s', async (direction) => {
    const from = direction === 'in' ? phone.port : port;
    const packets = rtpFrom(await readPcap(wire), from);
    const events = packets.filter((packet) => packet.getPayloadType() === EVENT_TYPE);
    expect(events.length).toBeGreaterThanOrEqual(direction === 'in' ? 6 * 16 : 4 * 4);
    for (const packet of events) expect(packet.getPayload().getUint8(0)).toBe(255);
    // When and how long can still be seen.
    expect(Math.max(...events.map((packet) => packet.getPayload().getUint16(2)))).toBeGreaterThanOrEqual(640);
    const times = packets.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it.skipIf(!has('tshark'))('has a capture that is whole to tshark, checksums and all', async () => {
    const wrong = '_ws.malformed || udp.checksum.status == 0 || ip.checksum.status == 0';
    const checks = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-Y', wrong];
    const decoding = ['-d', `udp.port==${phone.port},rtp`];
    expect(await output('tshark', ['-r', wire, ...decoding, ...checks])).toBe('');
    const columns = ['-Y', 'rtpevent', '-T', 'fields', '-e', 'rtpevent.event_id'];
    const ids = (await output('tshark', ['-r', wire, ...decoding, ...columns])).trim().split('\n');
    expect(new Set(ids)).toEqual(new Set(['255']));
  });

  it('leaves no tone of a key in audio, capture or peaks, and keeps what was said', async () => {
    const caller = await wav(call, TRACE_FILES.caller);
    expect(keysHeard(caller)).toBe('');
    expect(caller.some((sample) => Math.abs(sample) > 2000)).toBe(true);

    const voice = rtpFrom(await readPcap(wire), phone.port).filter((packet) => packet.getPayloadType() === 0);
    expect(keysHeard(audioOf(voice))).toBe('');
    expect(audioOf(voice).some((sample) => Math.abs(sample) > 2000)).toBe(true);

    const peaks = await readFile(path.join(engine.record(call), TRACE_FILES.peaks));
    let firstPeak = Infinity;
    readSignals(peaks, (_call, track, start, values) => {
      if (track !== 'caller') return;
      const loud = values.findIndex((value) => value > 1 && value < 254);
      if (loud >= 0) firstPeak = Math.min(firstPeak, start + Math.floor(loud / 2) * 20);
    });
    expect(Math.abs(firstPeak - firstLoud(caller))).toBeLessThan(400);
  });

  it('is announced by the tone, which the far end hears and bot.wav has', async () => {
    const heard = audioOf(phone.received.filter((packet) => packet.getPayloadType() === 0));
    for (const pcm of [heard, await wav(call, TRACE_FILES.bot)]) {
      // -20 dBFS, with the greeting over it.
      expect(amplitudeAt1400(pcm)).toBeGreaterThan(2500);
      expect(amplitudeAt1400(pcm)).toBeLessThan(4500);
    }
  });
});

describe('a bot without', () => {
  it('has all keys in its trace, which shows that they can be found, and no tone', async () => {
    const { call, phone } = await callBot('{}');
    await engine.over(call);
    expect((await engine.manifest(call)).dtmf_masked).toBe(false);
    expect(engine.all(call, 'dtmf.received').map(({ digit }) => digit)).toEqual(CARD.split(''));
    expect(keysHeard(await wav(call, TRACE_FILES.caller))).toContain(CARD);
    const voice = rtpFrom(
      await readPcap(path.join(engine.record(call), TRACE_FILES.wire)),
      phone.port,
    ).filter((packet) => packet.getPayloadType() === 0);
    expect(keysHeard(audioOf(voice))).toContain(CARD);
    expect(amplitudeAt1400(audioOf(phone.received.slice(0, 50)))).toBeLessThan(1000);
  }, 90_000);

  it('keep leaves no trace, and no tone says that it does', async () => {
    const before = await readdir(engine.recordsDir);
    const { call, phone } = await callBot('{ keep: false, tone: true }');
    expect(engine.all(call, 'call.ended')).toHaveLength(1);
    expect(await readdir(engine.recordsDir)).toEqual(before);
    expect(amplitudeAt1400(audioOf(phone.received.slice(0, 50)))).toBeLessThan(1000);
  }, 90_000);
});

describe('serve --no-traces', () => {
  it('leaves no trace of a call', async () => {
    const bot = await makeBot(engine.folder, `greeting: Hello.\n${SCRIPTED_BOT}`);
    await using cli = new Cli(['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--no-traces', '--json']);
    await using phone = await Phone.call(await cli.ready());
    await phone.hears();
    phone.sayBye();
    const ended = await until('the end of the call', () =>
      /"call":"([^"]+)".*"call\.ended"/.exec(cli.stdout),
    );
    expect(existsSync(path.join(REPOSITORY, 'traces', ended[1] ?? ''))).toBe(false);
    expect(cli.stderr).not.toContain('record');
    cli.interrupt();
    expect(await cli.exit()).toBe(0);
  }, 60_000);
});
