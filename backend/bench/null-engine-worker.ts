import dgram from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { encodeMulaw, firstVoiced, lastVoiced, PACKET_SAMPLES, SAMPLES_PER_MS } from './mulaw.ts';
import type { NullEngineReport, NullEngineStart } from './null-engine.ts';
import { spread } from './percentiles.ts';

/** Entry of the worker that null-engine.ts describes. */

const SLOT_MS = 5;
const PHASES = 4;
const HEADER_BYTES = 12;
/** Voice after so much silence is a new utterance. */
const NEW_UTTERANCE_MS = 200;

const SILENCE = new Uint8Array(PACKET_SAMPLES).fill(0xff);
const TONE = Uint8Array.from({ length: PACKET_SAMPLES }, (_, i) =>
  encodeMulaw(8000 * Math.cos((2 * Math.PI * 500 * i) / (SAMPLES_PER_MS * 1000))),
);

class NullCall {
  readonly #start: NullEngineStart;
  readonly #packet = Buffer.alloc(HEADER_BYTES + PACKET_SAMPLES);
  #sequence = 0;
  #voiceFrom = -Infinity;
  #voiceTo = -Infinity;
  #answered = true;
  #speaksUntil = -Infinity;
  readonly address: string;
  readonly port: number;

  constructor(start: NullEngineStart, from: dgram.RemoteInfo) {
    this.#start = start;
    this.address = from.address;
    this.port = from.port;
    this.#packet[0] = 0x80;
    this.#packet.writeUInt32BE(from.port, 8);
  }

  hear(bytes: Uint8Array, now: number): void {
    const first = firstVoiced(bytes, HEADER_BYTES, bytes.length);
    if (first < 0) return;
    const at = (sample: number): number => now - (bytes.length - sample) / SAMPLES_PER_MS;
    if (at(first) - this.#voiceTo > NEW_UTTERANCE_MS) this.#voiceFrom = at(first);
    this.#voiceTo = at(lastVoiced(bytes, HEADER_BYTES, bytes.length));
    this.#answered = false;
    // Spoken over for long enough.
    if (now - this.#voiceFrom >= this.#start.interruptMs) this.#speaksUntil = -Infinity;
  }

  next(now: number): Buffer {
    if (!this.#answered && now - this.#voiceTo >= this.#start.waitMs) {
      this.#answered = true;
      this.#speaksUntil = now + this.#start.answerMs;
    }
    const packet = this.#packet;
    packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    packet.writeUInt32BE((this.#sequence * PACKET_SAMPLES) >>> 0, 4);
    packet.set(now < this.#speaksUntil ? TONE : SILENCE, HEADER_BYTES);
    this.#sequence += 1;
    return packet;
  }
}

async function main(port: NonNullable<typeof parentPort>, start: NullEngineStart): Promise<void> {
  const scope = new Scope();
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  const calls = new Map<string, NullCall>();
  const slots: NullCall[][] = Array.from({ length: PHASES }, () => []);
  const late: number[] = [];
  socket.on('message', (bytes, from) => {
    const second = bytes[1] ?? 0;
    if (second >= 192 && second <= 223) return;
    const key = `${from.address}:${from.port}`;
    let call = calls.get(key);
    if (!call) {
      call = new NullCall(start, from);
      slots[calls.size % PHASES]?.push(call);
      calls.set(key, call);
    }
    call.hear(bytes, performance.now());
  });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));

  const startedAt = performance.now();
  let slot = 0;
  const serve = (): void => {
    const dueAt = startedAt + slot * SLOT_MS;
    for (const call of slots[slot % PHASES] ?? []) {
      const now = performance.now();
      socket.send(call.next(now), call.port, call.address);
      late.push(performance.now() - dueAt);
    }
    slot += 1;
    // Timers take whole milliseconds; rounded up, so that no packet leaves early.
    scope.after(Math.max(0, Math.ceil(startedAt + slot * SLOT_MS - performance.now())), serve);
  };
  serve();
  port.on('message', () => {
    const report: NullEngineReport = { late: spread(late) };
    socket.close();
    void scope.close();
    port.postMessage(report);
    port.close();
  });
  port.postMessage({ port: socket.address().port });
}

if (!parentPort) throw new SidetoneError('internal', 'null-engine-worker.ts runs as a worker thread');
void main(parentPort, workerData);
