import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readWav } from '../backend/audio/wav.ts';
import { traceManifest, type TraceManifest } from '../backend/contract/trace.ts';
import { CALLER, SCRIPTED_BOT, SCRIPTED_REPLY, makeBot, speech } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Engine } from './support/engine.ts';
import { decodeG711 } from './support/g711.ts';
import { readPcap, rtpFrom } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { has, output } from './support/tools.ts';
import { until } from './support/until.ts';

const BOT = `greeting: Hello, what can I do for you today?\n${SCRIPTED_BOT}`;
const PACKET_SAMPLES = 160;
/** How far two observers of the same call may see a moment apart: either keeps the track within 20 ms of its clock. */
const OBSERVERS_MS = 40;
/** So long without a packet, each of which should follow the last by 20. */
const STALL_MS = 50;

const shown = z.object({
  metrics: z.object({ turns: z.array(z.object({ botBeganAt: z.number(), wireMs: z.number() })) }),
});

/** A capture of what passes on loopback, by somebody else's program; null where the kernel does not let it. */
class Kernel {
  readonly #dumpcap: ChildProcess;
  readonly #file: string;

  private constructor(dumpcap: ChildProcess, file: string) {
    this.#dumpcap = dumpcap;
    this.#file = file;
  }

  static async listen(file: string): Promise<Kernel | null> {
    const dumpcap = spawn('dumpcap', ['-q', '-i', 'lo', '-f', 'udp', '-w', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    dumpcap.stderr.on('data', (part: Buffer) => (said += part.toString()));
    const began = await until('dumpcap', () => dumpcap.exitCode !== null || said.includes('File:'));
    if (began && dumpcap.exitCode === null) return new Kernel(dumpcap, file);
    process.stderr.write(`dumpcap may not capture here: ${said}`);
    return null;
  }

  /** The file, complete. */
  async end(): Promise<string> {
    this.#dumpcap.kill('SIGINT');
    await once(this.#dumpcap, 'exit');
    return this.#file;
  }
}

interface Recorded {
  readonly dir: string;
  readonly manifest: TraceManifest;
  readonly caller: Int16Array;
  readonly bot: Int16Array;
}

async function read(dir: string): Promise<Recorded> {
  const track = async (name: string): Promise<Int16Array> =>
    readWav(await readFile(path.join(dir, name))).pcm;
  return {
    dir,
    manifest: traceManifest.parse(JSON.parse(await readFile(path.join(dir, 'manifest.json'), 'utf8'))),
    caller: await track('caller.wav'),
    bot: await track('bot.wav'),
  };
}

/** Where a timestamp stands on its side's recording, by the manifest alone. */
function sampleOf({ mapping }: TraceManifest, stream: 'caller' | 'bot', timestamp: number): number {
  const before = mapping.findLast(
    (point) => point.stream === stream && ((timestamp - point.rtp_timestamp) | 0) >= 0,
  );
  return before ? before.sample + ((timestamp - before.rtp_timestamp) | 0) : NaN;
}

/** Whether the caller's track steps near a packet: where the clocks are brought together again, packets are cut. */
function isCut(manifest: TraceManifest, timestamp: number): boolean {
  const sample = sampleOf(manifest, 'caller', timestamp);
  const steps = manifest.mapping.filter(({ stream }) => stream === 'caller').slice(1);
  return steps.some((point) => Math.abs(point.sample - sample) < 3 * PACKET_SAMPLES);
}

/**
 * Whether the machine kept time in the 3 s before a moment. Where it did not, either observer has its own idea of when a
 * burst of belated packets should have come.
 */
function calmTimes(packets: readonly { readonly atMs: number }[]): (atMs: number) => boolean {
  const stalls = packets.filter(({ atMs }, index) => atMs - (packets[index - 1]?.atMs ?? atMs) > STALL_MS);
  return (atMs) => !stalls.some((stall) => atMs >= stall.atMs - STALL_MS && atMs < stall.atMs + 3000);
}

describe.skipIf(!has('editcap') || !has('dumpcap'))('a call on loopback, captured by others', () => {
  let engine: Engine;
  let own: Recorded;
  let phonePort = 0;
  let seenByKernel: string | null = null;

  beforeAll(async () => {
    engine = await Engine.start();
    const port = await engine.listen(await makeBot(engine.folder, BOT));
    const kernel = await Kernel.listen(path.join(engine.folder, 'lo.pcapng'));
    await using phone = await Phone.call(port);
    phonePort = phone.port;
    const call = await engine.answered(phone.port);
    await engine.event(call, 'bot.said');
    for (const [turn, said] of [CALLER.name, CALLER.correction].entries()) {
      await phone.say(speech(said));
      await until(
        'an answer',
        () => engine.all(call, 'bot.said').filter(({ heard }) => heard === SCRIPTED_REPLY).length > turn,
      );
    }
    phone.sayBye();
    await engine.over(call);
    seenByKernel = (await kernel?.end()) ?? null;
    own = await read(engine.record(call));
  }, 60_000);

  afterAll(() => engine[Symbol.asyncDispose]());

  async function imported(file: string, ...more: string[]): Promise<Recorded> {
    const traces = path.join(engine.folder, 'imported');
    const cli = await Cli.run(['trace', 'import', file, '--traces', traces, '--json', ...more]);
    expect(cli.stderr).toBe('');
    return read(z.object({ dir: z.string() }).parse(cli.json[0]).dir);
  }

  async function turnsOf({ dir }: Recorded): Promise<{ at: number; wireMs: number }[]> {
    const { json } = await Cli.run(['trace', 'show', dir, '--json']);
    return shown.parse(json[0]).metrics.turns.map(({ botBeganAt, wireMs }) => ({ at: botBeganAt, wireMs }));
  }

  /** The same audio at the places that either trace's mapping says, and the same waits. */
  async function expectTheSame(theirs: Recorded): Promise<void> {
    expect(theirs.manifest).toMatchObject({ origin: 'import', peer: own.manifest.peer, codec: 'PCMU' });
    const datagrams = await readPcap(path.join(own.dir, 'wire.pcap'));
    const sent = rtpFrom(datagrams, phonePort);
    const seen = rtpFrom(await readPcap(path.join(theirs.dir, 'wire.pcap')), phonePort);
    // Who captures is stopped before it has written down the last of it.
    const end = seen.at(-1)?.getTimestamp() ?? NaN;
    const spoken = sent.filter((packet) => ((packet.getTimestamp() - end) | 0) <= 0);
    expect(spoken.length).toBeGreaterThan(sent.length * 0.9);
    const [calmHere, calmThere] = [calmTimes(spoken), calmTimes(seen)];
    const calm = (atMs: number): boolean => calmHere(atMs) && calmThere(atMs);
    const later = theirs.manifest.clock.wall_ms - own.manifest.clock.wall_ms;
    let [compared, differing] = [0, 0];
    for (const packet of spoken) {
      const timestamp = packet.getTimestamp();
      if (!calm(packet.atMs) || [own, theirs].some(({ manifest }) => isCut(manifest, timestamp))) continue;
      compared += 1;
      const view = packet.getPayload();
      const samples = decodeG711(0, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      const [here, there] = [own, theirs].map(({ manifest }) => sampleOf(manifest, 'caller', timestamp));
      expect(Math.abs((there ?? NaN) / 8 + later - (here ?? NaN) / 8)).toBeLessThan(OBSERVERS_MS);
      const isThere = ({ caller }: Recorded, from = 0): boolean =>
        Buffer.from(caller.slice(from, from + samples.length).buffer).equals(Buffer.from(samples.buffer));
      if (!isThere(own, here) || !isThere(theirs, there)) differing += 1;
    }
    expect({ compared: compared > spoken.length / 20, differing }).toEqual({ compared: true, differing: 0 });
    const [here, there] = [await turnsOf(own), await turnsOf(theirs)];
    for (const { at, wireMs } of here) {
      if (!calm(own.manifest.clock.wall_ms + at)) continue;
      const same = there.find((turn) => Math.abs(turn.at + later - at) < OBSERVERS_MS);
      expect(Math.abs((same?.wireMs ?? NaN) - wireMs)).toBeLessThan(OBSERVERS_MS);
    }
  }

  it('from its own packets, converted by editcap, becomes the trace that the engine wrote', async () => {
    const file = path.join(engine.folder, 'converted.pcapng');
    await output('editcap', ['-F', 'pcapng', path.join(own.dir, 'wire.pcap'), file]);
    const theirs = await imported(file);
    await expectTheSame(theirs);
    expect((await imported(path.join(own.dir, 'wire.pcap'))).caller).toEqual(theirs.caller);
  });

  it('from what the kernel saw, among all else on loopback, too', async ({ skip }) => {
    if (seenByKernel === null) return skip();
    await expectTheSame(await imported(seenByKernel, '--caller', `127.0.0.1:${phonePort}`));
  });
});
