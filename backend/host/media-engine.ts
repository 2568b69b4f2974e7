import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { resample } from '../audio/resample.ts';
import { readWav } from '../audio/wav.ts';
import { systemClock } from '../base/clock.ts';
import { SidetoneError, unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { Bot } from '../bot/bot.ts';
import { BotMeans } from '../bot/means.ts';
import { Call, type PartySeat } from '../call/call.ts';
import { Listener } from '../call/listener.ts';
import { DEFAULT_PTIME_MS } from '../call/rtp-leg.ts';
import { ScriptParty } from '../call/script-party.ts';
import { openListener } from '../call/udp-link.ts';
import { EVENT_VERSION, type CallEvent } from '../contract/events.ts';
import type {
  BotFolder,
  ListenCommand,
  PlaceCommand,
  ScriptParty as ScriptSpec,
  WorkerAnswer,
  WorkerCommand,
  WorkerReport,
  WorkerStart,
} from '../contract/host.ts';
import { LINE_RATE, type Party } from '../contract/party.ts';
import { InferenceClient } from '../providers/embedded/client.ts';
import { Pacer } from '../rtp/pacer.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import { SileroBatch } from '../vad/silero.ts';
import { modelFile } from '../models/directory.ts';
import { newCallId } from './call-id.ts';
import { providerFactory } from './provider-factory.ts';

/** New callers a worker takes up in a second; a flood of sources costs no more than this. */
const MAX_NEW_PER_SECOND = 200;
const SCRIPT_STT = 'moonshine-tiny-en';

/** Everything in one media worker: the listening port, its calls, their pacer, VAD and bots. */
export class MediaEngine {
  readonly #start: WorkerStart;
  readonly #post: (events: readonly CallEvent[]) => void;
  readonly #scope = new Scope();
  readonly #pacer: Pacer;
  readonly #silero: SileroBatch;
  readonly #inference: InferenceClient;
  readonly #calls = new Map<string, Call>();
  readonly #bots = new Map<string, BotMeans>();
  readonly #dropped: Record<string, number> = {};
  readonly #cpuAtStart = process.threadCpuUsage();
  #listener: Listener | null = null;
  #closing = false;
  #answered = 0;
  #events: CallEvent[] = [];

  private constructor(start: WorkerStart, silero: SileroBatch, post: (events: readonly CallEvent[]) => void) {
    this.#start = start;
    this.#post = post;
    this.#silero = silero;
    this.#inference = new InferenceClient(start.inference);
    this.#pacer = new Pacer(this.#scope, systemClock, (now) => this.#slot(now));
  }

  /** @throws SidetoneError 'environment' when the VAD's model is missing. */
  static async start(start: WorkerStart, post: (events: readonly CallEvent[]) => void): Promise<MediaEngine> {
    const silero = await SileroBatch.load(modelFile(start.modelsDir, 'silero-vad-v6', 'silero_vad_v6.onnx'));
    return new MediaEngine(start, silero, post);
  }

  async carryOut(command: WorkerCommand): Promise<WorkerAnswer> {
    switch (command.type) {
      case 'listen':
        return { port: await this.#listen(command) };
      case 'place':
        await this.#place(command);
        return null;
      case 'hang_up':
        this.#calls.get(command.call)?.hangUp(command.reason);
        return null;
      case 'bot':
        await this.#takeBot(command.folder);
        return null;
      case 'bot_rejected':
        this.#bots.get(command.dir)?.reject(command.message);
        return null;
      case 'warm':
        await this.#bot(command.bot).warm();
        return null;
      case 'inference':
        this.#inference.reconnect(command.port);
        return null;
      case 'report':
        return this.#report();
      case 'close':
        await this.#close();
        return null;
      default:
        return unreachable(command);
    }
  }

  async #listen(command: ListenCommand): Promise<number> {
    const shared = process.platform === 'linux';
    const at = { address: command.host, port: command.port };
    const listener = new Listener(
      { maxCalls: command.maxCalls, maxNewPerSecond: MAX_NEW_PER_SECOND, allow: command.allow },
      {
        newCall: (remote, codec, samples, now) => {
          const ptimeMs = (samples * 1000) / LINE_RATE;
          const startedAt = now - ptimeMs;
          const call = this.#open({
            id: newCallId(),
            local: { address: command.host, port: bound.port },
            shared,
            remote,
            codec,
            ptimeMs,
            startedAt,
            partyName: this.#bot(command.bot).folder.settings.name,
            maxMs: null,
            makeParty: (seat) => this.#seatBot(command.bot, seat),
          });
          return call.leg;
        },
        refused: (peer, reason, message) => {
          this.#queue({ v: EVENT_VERSION, seq: 0, at: 0, call: peer, type: 'call.refused', reason, message });
        },
        dropped: (reason) => this.#drop(reason),
      },
    );
    const bound: Endpoint = await openListener(at, shared, this.#scope, (datagram, from) => {
      if (!this.#closing) listener.receive(datagram, from, systemClock.now());
    });
    this.#listener = listener;
    return bound.port;
  }

  async #place(command: PlaceCommand): Promise<void> {
    const { party } = command;
    const turns = party.kind === 'script' ? await Promise.all(party.audio.map(readTurn)) : [];
    this.#open({
      id: command.call,
      local: { address: command.host.includes(':') ? '::' : '0.0.0.0', port: 0 },
      shared: false,
      remote: { address: command.host, port: command.port },
      codec: command.codec,
      ptimeMs: DEFAULT_PTIME_MS,
      startedAt: systemClock.now(),
      partyName: party.kind === 'script' ? 'script' : this.#bot(party.dir).folder.settings.name,
      maxMs: command.maxMs,
      makeParty: (seat) =>
        party.kind === 'script' ? this.#seatScript(party, turns, seat) : this.#seatBot(party.dir, seat),
    });
  }

  #open(
    options: Omit<
      ConstructorParameters<typeof Call>[0],
      'recordsDir' | 'version' | 'clock' | 'pacer' | 'onEvent' | 'onDropped' | 'onStray' | 'onOver'
    >,
  ): Call {
    this.#answered += 1;
    const call = new Call({
      ...options,
      recordsDir: this.#start.recordsDir,
      version: this.#start.version,
      clock: systemClock,
      pacer: this.#pacer,
      onEvent: (event) => this.#queue(event),
      onDropped: (reason) => this.#drop(reason),
      onStray: (datagram, from) => {
        if (!this.#closing) this.#listener?.receive(datagram, from, systemClock.now());
      },
      onOver: (over) => {
        this.#calls.delete(over.id);
        this.#listener?.ended(options.remote, over.leg.remoteSsrc, systemClock.now());
        this.#flushEvents();
      },
    });
    this.#calls.set(call.id, call);
    return call;
  }

  #seatBot(dir: string, seat: PartySeat): Party {
    return new Bot({ means: this.#bot(dir), silero: this.#silero, clock: systemClock, ...seat });
  }

  #seatScript(spec: ScriptSpec, turns: readonly Int16Array[], seat: PartySeat): Party {
    return new ScriptParty({
      turns,
      bargeInMs: spec.barge_in_ms,
      language: 'en',
      stt: spec.listen ? this.#inference.stt(SCRIPT_STT) : null,
      clock: systemClock,
      ...seat,
    });
  }

  async #takeBot(folder: BotFolder): Promise<void> {
    const known = this.#bots.get(folder.dir);
    if (known) await known.change(folder);
    else
      this.#bots.set(
        folder.dir,
        new BotMeans(
          folder,
          providerFactory(this.#inference, this.#start.modelsDir, this.#scope),
          this.#scope,
        ),
      );
  }

  #bot(dir: string): BotMeans {
    const means = this.#bots.get(dir);
    if (!means) throw new SidetoneError('internal', `the bot in ${dir} was not opened`);
    return means;
  }

  /** After the packets of a slot have left: what else is due, then the VAD over all calls at once. */
  #slot(now: number): void {
    for (const call of this.#calls.values()) call.tick(now);
    void this.#silero.flush();
    this.#flushEvents();
  }

  #queue(event: CallEvent): void {
    this.#events.push(event);
    // Without calls there are no slots to carry the events away.
    if (this.#pacer.size === 0) this.#flushEvents();
  }

  #flushEvents(): void {
    if (this.#events.length === 0) return;
    this.#post(this.#events);
    this.#events = [];
  }

  #drop(reason: string): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  #report(): WorkerReport {
    const { deviation } = this.#pacer;
    const cpu = process.threadCpuUsage(this.#cpuAtStart);
    return {
      calls: this.#calls.size,
      answered: this.#answered,
      pacing: {
        p50: deviation.percentile(50),
        p99: deviation.percentile(99),
        max: deviation.max,
        count: deviation.count,
      },
      refused: { ...this.#listener?.refused },
      dropped: { ...this.#dropped },
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
    };
  }

  async #close(): Promise<void> {
    // Once a worker's socket on the shared port is closed, the callers it had come to the others: not as new calls.
    this.#closing = true;
    for (const call of this.#calls.values()) call.hangUp('Sidetone is closing');
    while (this.#calls.size > 0) await new Promise<void>((resolve) => void this.#scope.after(5, resolve));
    this.#flushEvents();
    this.#inference.close();
    await this.#scope.close();
    await this.#silero.release();
  }
}

/** @throws SidetoneError 'usage' naming the file when it cannot be read as speech. */
async function readTurn(file: string): Promise<Int16Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new SidetoneError('usage', `cannot read ${file}`, { hint: 'name WAV files with --audio', cause });
  }
  try {
    const { pcm, sampleRate } = readWav(bytes);
    return sampleRate === LINE_RATE ? pcm : resample(pcm, sampleRate, LINE_RATE);
  } catch (error) {
    if (!(error instanceof SidetoneError)) throw error;
    throw new SidetoneError('usage', `${path.basename(file)}: ${error.message}`, {
      ...(error.hint === null ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
