/**
 * `node scripts/bench-audio-path.ts [--quick] [--json]`: how long the person's voice takes from the microphone to the
 * wire, and the far end's from the wire to the speaker, beyond what the devices themselves buffer.
 *
 * The whole app runs with a WAV as its microphone and calls a telephone in this process. Either way goes a short tone
 * now and then; where it begins is noted at both ends by the same rule and the same clock: by the audio worklet, when
 * the microphone has handed it over or the speaker is handed it, and by the telephone, when its packet comes or goes.
 */
import dgram from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { _electron } from 'playwright-core';
import { z } from 'zod';
import { encodeWav } from '../backend/audio/wav.ts';
import { decodeMulaw, encodeMulaw, MULAW_SILENCE, PACKET_SAMPLES } from '../backend/bench/mulaw.ts';
import { spread } from '../backend/bench/percentiles.ts';
import { figureJson, figureTable, thisMachine, type Figure } from '../backend/bench/report.ts';
import { Loudness } from '../renderer/worklets/loudness.ts';

const ROOT = path.join(import.meta.dirname, '..');
const GOAL_MS = 60;
const LINE_RATE = 8000;
const PACKET_MS = 20;
const TONE_MS = 30;
/** Neither a multiple of a packet nor of the other, so that tones begin anywhere in a packet and seldom meet. */
const MICROPHONE_EVERY_MS = 503;
const PHONE_EVERY_PACKETS = 27;
/** The playout buffer and the devices settle first. */
const SETTLE_MS = 3000;
/** A tone that is not heard so soon is another one. */
const MATCH_MS = 400;

async function measure(ms: number): Promise<Figure[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-audio-path-'));
  const phone = await Phone.open();
  const microphone = path.join(folder, 'tones.wav');
  await writeFile(microphone, encodeWav(tones(), 48_000));
  const plain = 'echo_cancellation: false, noise_suppression: false, auto_gain: false';
  await writeFile(
    path.join(folder, 'settings.yaml'),
    `listen: { host: 127.0.0.1, port: 0 }\ndevices: { ${plain} }\ntour_done: true\n`,
  );
  const app = await _electron.launch({
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}`,
      `--user-data-dir=${folder}`,
      ROOT,
    ],
    executablePath: path.join(ROOT, 'node_modules', 'electron', 'dist', 'electron'),
  });
  try {
    const page = await app.firstWindow();
    await page.evaluate(OBSERVE);
    await page.evaluate(
      `sidetone.ask('call.place', ${JSON.stringify({ target: phone.address, codec: 'PCMU', who: 'person' })})`,
    );
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + ms));
    const onsets = onsetsByName.parse(await page.evaluate('audioOnsets'));
    return [
      figure('microphone to wire', onsets['microphone.onset'] ?? [], phone.heard, phone.lateness),
      figure('wire to speaker', phone.said, onsets['speaker.onset'] ?? [], phone.lateness),
    ];
  } finally {
    phone.close();
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const onsetsByName = z.record(z.string(), z.array(z.number()));

/** In the page: when sound began at the microphone and at the speaker, epoch ms. */
const OBSERVE = `
  globalThis.audioOnsets = {};
  new PerformanceObserver((list) => {
    for (const { name, detail } of list.getEntries())
      if (detail?.at) (audioOnsets[name] ??= []).push(detail.at);
  }).observe({ type: 'mark' });
`;

function figure(
  name: string,
  from: readonly number[],
  to: readonly number[],
  lateness: readonly number[],
): Figure {
  const settled = (from[0] ?? 0) + SETTLE_MS;
  const delays: number[] = [];
  for (const at of from.filter((one) => one >= settled)) {
    const arrived = to.find((one) => one >= at - 1);
    if (arrived !== undefined && arrived - at < MATCH_MS) delays.push(arrived - at);
  }
  return {
    bench: 'audio-path',
    name,
    unit: 'ms',
    measured: spread(delays),
    goal: { p95: GOAL_MS },
    control: { what: 'lateness of a plain timer', ...spread(lateness) },
  };
}

/** What the microphone gives, over and over. */
function tones(): Int16Array {
  const count = 8;
  const pcm = new Int16Array((48 * MICROPHONE_EVERY_MS * count) | 0);
  for (let i = 0; i < pcm.length; i += 1) {
    const ms = (i / 48) % MICROPHONE_EVERY_MS;
    if (ms < TONE_MS) pcm[i] = tone(ms);
  }
  return pcm;
}

function tone(ms: number): number {
  return Math.round(16_000 * Math.sin(2 * Math.PI * ms));
}

/** A telephone that is called, in raw RTP with PCMU: says tones and hears when tones begin. */
class Phone {
  /** Epoch ms of the packets with which tones began. */
  readonly said: number[] = [];
  readonly heard: number[] = [];
  /** How late its own timer was, ms: what the machine does to anybody at the time. */
  readonly lateness: number[] = [];
  readonly #socket: dgram.Socket;
  readonly #loudness = new Loudness(LINE_RATE);
  readonly #samples = new Float32Array(PACKET_SAMPLES);
  readonly #packet = Buffer.alloc(12 + PACKET_SAMPLES);
  #caller: dgram.RemoteInfo | null = null;
  #sent = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(socket: dgram.Socket) {
    this.#socket = socket;
    socket.on('message', (bytes, from) => this.#hear(bytes, from));
  }

  static async open(): Promise<Phone> {
    const socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', () => resolve()));
    return new Phone(socket);
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket.close();
  }

  #hear(bytes: Buffer, from: dgram.RemoteInfo): void {
    const now = Date.now();
    const second = bytes[1] ?? 0;
    if (bytes.length !== 12 + PACKET_SAMPLES || (second >= 192 && second <= 223)) return;
    if (!this.#caller) {
      this.#caller = from;
      this.#speak(performance.now());
    }
    for (let i = 0; i < PACKET_SAMPLES; i += 1) this.#samples[i] = decodeMulaw(bytes[12 + i] ?? 0) / 32_768;
    if (this.#loudness.write(this.#samples)) this.heard.push(now);
  }

  #speak(due: number): void {
    this.lateness.push(performance.now() - due);
    const ms = (this.#sent % PHONE_EVERY_PACKETS) * PACKET_MS;
    const packet = this.#packet;
    packet[0] = 0x80;
    packet.writeUInt16BE(this.#sent & 0xffff, 2);
    packet.writeUInt32BE(this.#sent * PACKET_SAMPLES, 4);
    packet.writeUInt32BE(0x51de704e, 8);
    for (let i = 0; i < PACKET_SAMPLES; i += 1) {
      const at = ms + i / 8;
      packet[12 + i] = at < TONE_MS ? encodeMulaw(tone(at)) : MULAW_SILENCE;
    }
    if (ms === 0) this.said.push(Date.now());
    if (this.#caller) this.#socket.send(packet, this.#caller.port, this.#caller.address);
    this.#sent += 1;
    const next = due + PACKET_MS;
    this.#timer = setTimeout(() => this.#speak(next), Math.max(0, next - performance.now()));
  }
}

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } });
const machine = thisMachine(new Date());
const figures = await measure(options.quick ? 10_000 : 60_000);
process.stdout.write(
  options.json
    ? figures.map((figure) => `${figureJson(figure, machine)}\n`).join('')
    : `${figureTable(figures, machine)}\n`,
);
