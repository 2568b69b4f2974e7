import { isIP } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { SidetoneError, unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { Afterglow } from '../call/afterglow.ts';
import { Call, callIsOver, type CallOptions } from '../call/call.ts';
import { Listener } from '../call/listener.ts';
import { PortPair, addressTowards } from '../call/port-pair.ts';
import { DEFAULT_PTIME_MS } from '../call/rtp-leg.ts';
import type { SipLink } from '../call/sip-line.ts';
import { openListener } from '../call/udp-link.ts';
import { EVENT_VERSION, type CallEvent } from '../contract/events.ts';
import type {
  ConnectCommand,
  LineWish,
  ListenCommand,
  PartySpec,
  PlaceCommand,
  WorkerAnswer,
  WorkerCommand,
  WorkerMessage,
  WorkerReport,
  WorkerStart,
} from '../contract/host.ts';
import { LINE_RATE } from '../contract/party.ts';
import { SIGNAL_RATE_HZ, SignalBatch } from '../contract/signals.ts';
import { InferenceClient } from '../providers/embedded/client.ts';
import { Pacer } from '../rtp/pacer.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import { loadSrtp } from '../rtp/srtp.ts';
import { SileroBatch } from '../vad/silero.ts';
import { modelFile } from '../models/directory.ts';
import { newCallId } from '../base/call-id.ts';
import { Seats, readTurn } from './seats.ts';

/** New callers a worker takes up in a second; a flood of sources costs no more than this. */
const MAX_NEW_PER_SECOND = 200;

/** Sends to the host; what is transferred is gone here, all else is copied before this returns. */
export type Post = (message: WorkerMessage, transfer?: readonly ArrayBuffer[]) => void;

/** What the engine itself brings to a call. */
type OwnOptions =
  'recordsDir' | 'version' | 'clock' | 'pacer' | 'onEvent' | 'onAudio' | 'onDropped' | 'onOver';

/** Everything in one media worker: the listening port, its calls, their pacer, VAD and bots. */
export class MediaEngine {
  readonly #start: WorkerStart;
  readonly #post: Post;
  readonly #scope = new Scope();
  readonly #pacer: Pacer;
  readonly #inference: InferenceClient;
  readonly #calls = new Map<string, Call>();
  /** Ports of calls over SIP that have no audio yet. */
  readonly #reserved = new Map<string, PortPair>();
  /** null: no call over SIP was here yet. */
  #makeSrtp: Awaited<ReturnType<typeof loadSrtp>> | null = null;
  readonly #seats: Seats;
  /** null: not loaded yet. */
  #silero: SileroBatch | null = null;
  /** null: nobody tries to, or the last one who did failed. */
  #loadingSilero: Promise<void> | null = null;
  readonly #dropped: Record<string, number> = {};
  readonly #cpuAtStart = process.threadCpuUsage();
  readonly #afterglow = new Afterglow();
  /** Callers not answered, by listeners that have ended. */
  readonly #refusedBefore: Record<string, number> = {};
  #listening: { readonly listener: Listener; readonly scope: Scope } | null = null;
  /** null: nobody looks. */
  #signals: SignalBatch | null = null;
  #signalsSentAt = -Infinity;
  #closing = false;
  #recordsDir: string | null;
  #answered = 0;
  #events: CallEvent[] = [];

  constructor(start: WorkerStart, post: Post) {
    this.#start = start;
    this.#recordsDir = start.recordsDir;
    this.#post = post;
    this.#inference = new InferenceClient(start.inference);
    this.#seats = new Seats(start.modelsDir, () => this.#loadedSilero(), this.#inference, this.#scope);
    this.#pacer = new Pacer(this.#scope, systemClock, (now) => this.#slot(now));
    // Ahead of the first call. Who asks for a call hears what is wrong.
    this.#loadSilero().catch(() => undefined);
  }

  /** @throws SidetoneError 'environment' from what begins calls, while the VAD's model is missing. */
  async carryOut(command: WorkerCommand): Promise<WorkerAnswer> {
    switch (command.type) {
      case 'listen':
        await this.#loadSilero();
        return { port: await this.#listen(command) };
      case 'place':
        await this.#loadSilero();
        await this.#place(command);
        // Whoever is told the call's id finds it in the host's list.
        this.#flushEvents();
        return null;
      case 'unlisten':
        await this.#unlisten();
        return null;
      case 'call': {
        const call = this.#calls.get(command.call);
        if (!call) throw callIsOver();
        call.act(command.action);
        // What came of it is known when it is answered.
        this.#flushEvents();
        return null;
      }
      case 'signals':
        this.#watch(command.on);
        return null;
      case 'bot':
        await this.#seats.takeBot(command.folder);
        return null;
      case 'bot_rejected':
        this.#seats.rejectBot(command.dir, command.message);
        return null;
      case 'warm':
        await this.#seats.warm(command.bot);
        return null;
      case 'inference':
        this.#inference.reconnect(command.port);
        return null;
      case 'records':
        this.#recordsDir = command.dir;
        return null;
      case 'reserve':
        await this.#loadSilero();
        return { port: await this.#reserve(command.call, command.family) };
      case 'release':
        this.#reserved.get(command.call)?.close();
        this.#reserved.delete(command.call);
        return null;
      case 'connect':
        await this.#connect(command);
        this.#flushEvents();
        return null;
      case 'line':
        // Of a call that is over: nothing, the two have crossed.
        this.#calls.get(command.call)?.signalled(command.change);
        this.#flushEvents();
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

  /** A frame of the person's microphone, for every call where they speak. */
  microphone(pcm: Int16Array): void {
    const now = systemClock.now();
    for (const call of this.#calls.values()) call.hearPerson(pcm, now);
  }

  async #listen(command: ListenCommand): Promise<number> {
    const scope = this.#scope.child();
    const shared = process.platform === 'linux';
    const at = { address: command.host, port: command.port };
    const party: PartySpec = { kind: 'bot', dir: command.bot };
    if (command.replay) this.#seats.freeze(command.bot, command.replay.frozen);
    const listener = new Listener(
      { maxCalls: command.maxCalls, maxNewPerSecond: MAX_NEW_PER_SECOND, allow: command.allow },
      this.#afterglow,
      {
        newCall: (remote, codec, samples, now) => {
          const ptimeMs = (samples * 1000) / LINE_RATE;
          const local = { address: command.host, port: bound.port };
          const startedAt = now - ptimeMs;
          const call = this.#open(
            {
              id: newCallId(),
              link: {
                kind: 'raw',
                local,
                shared,
                remote,
                codec,
                ptimeMs,
                onStray: (datagram, from) => this.#stray(datagram, from, listener),
              },
              startedAt,
              maxMs: null,
              replayOf: command.replay?.of ?? null,
              ...this.#seats.of(party, startedAt),
            },
            (over) => listener.ended(remote, over.leg.remoteSsrc, systemClock.now()),
          );
          return call.leg;
        },
        refused: (peer, reason, message) => {
          this.#queue({ v: EVENT_VERSION, seq: 0, at: 0, call: peer, type: 'call.refused', reason, message });
        },
        dropped: (reason) => this.#drop(reason),
      },
    );
    let bound: Endpoint;
    try {
      bound = await openListener(at, shared, scope, (datagram, from) => {
        if (!this.#closing) listener.receive(datagram, from, systemClock.now());
      });
    } catch (error) {
      await scope.close();
      throw error;
    }
    this.#listening = { listener, scope };
    return bound.port;
  }

  async #unlisten(): Promise<void> {
    if (!this.#listening) return;
    const { listener, scope } = this.#listening;
    this.#listening = null;
    addCounts(this.#refusedBefore, listener.refused);
    await scope.close();
  }

  async #place(command: PlaceCommand): Promise<void> {
    const { party } = command;
    const turns = party.kind === 'script' ? await Promise.all(party.audio.map(readTurn)) : [];
    const startedAt = systemClock.now();
    this.#open(
      {
        id: command.call,
        link: {
          kind: 'raw',
          local: { address: command.host.includes(':') ? '::' : '0.0.0.0', port: 0 },
          shared: false,
          remote: { address: command.host, port: command.port },
          codec: command.codec,
          ptimeMs: DEFAULT_PTIME_MS,
          onStray: () => undefined,
        },
        startedAt,
        maxMs: command.maxMs,
        replayOf: null,
        ...this.#seats.of(party, startedAt, turns),
      },
      () => undefined,
    );
  }

  async #reserve(call: string, family: 'ipv4' | 'ipv6'): Promise<number> {
    if (this.#reserved.has(call)) throw new SidetoneError('internal', `call ${call} has a port already`);
    // Now, not when audio is agreed on: calls that go on feel it once, while this one rings.
    this.#makeSrtp ??= await loadSrtp();
    const ports = await PortPair.open(family, this.#scope);
    this.#reserved.set(call, ports);
    return ports.port;
  }

  async #connect(command: ConnectCommand): Promise<void> {
    const { call: id, line, media, party, recording, maxMs } = command;
    const ports = this.#reserved.get(id);
    const makeSrtp = this.#makeSrtp;
    if (!ports || !makeSrtp) throw new SidetoneError('internal', `call ${id} has no port`);
    if (isIP(media.remote.address) === 0)
      throw new SidetoneError(
        'internal',
        `'${media.remote.address}' is not an address that audio can be sent to`,
      );
    const [address, turns] = await Promise.all([
      addressTowards(media.remote),
      party.kind === 'script' ? Promise.all(party.audio.map(readTurn)) : [],
    ]);
    // Given back, or the worker closed, in the meantime.
    if (this.#reserved.get(id) !== ports) throw callIsOver();
    const startedAt = systemClock.now();
    const seat = this.#seats.of(party, startedAt, turns);
    const onWish = (wish: LineWish): void => this.#post({ type: 'wish', call: id, wish });
    const link: SipLink = { kind: 'sip', ports, address, media, line, makeSrtp, onWish };
    this.#open(
      { id, link, startedAt, maxMs, replayOf: null, ...seat, recording: recording ?? seat.recording },
      () => undefined,
    );
    this.#reserved.delete(id);
  }

  #open(options: Omit<CallOptions, OwnOptions>, onOver: (call: Call) => void): Call {
    this.#answered += 1;
    const call = new Call({
      ...options,
      recordsDir: this.#recordsDir,
      version: this.#start.version,
      clock: systemClock,
      pacer: this.#pacer,
      onEvent: (event) => this.#queue(event),
      onAudio: (audio) => this.#post({ type: 'audio', audio }),
      onDropped: (reason) => this.#drop(reason),
      onOver: (over) => {
        this.#calls.delete(over.id);
        onOver(over);
        this.#flushEvents();
        if (this.#signals) this.#sendSignals(this.#signals, systemClock.now());
      },
    });
    this.#calls.set(call.id, call);
    call.watch(this.#signals);
    return call;
  }

  /** A datagram that a call's socket got before it was connected. */
  #stray(datagram: Uint8Array, from: Endpoint, listener: Listener): void {
    if (this.#closing || listener !== this.#listening?.listener) return;
    listener.receive(datagram, from, systemClock.now());
  }

  /** After the packets of a slot have left: what else is due, then the VAD over all calls at once. */
  #slot(now: number): void {
    for (const call of this.#calls.values()) call.tick(now);
    void this.#silero?.flush();
    this.#flushEvents();
    if (this.#signals && now - this.#signalsSentAt >= 1000 / SIGNAL_RATE_HZ)
      this.#sendSignals(this.#signals, now);
  }

  /** Nobody is heard without it. */
  #loadSilero(): Promise<void> {
    const load = async (): Promise<void> => {
      const file = modelFile(this.#start.modelsDir, 'silero-vad-v6', 'silero_vad_v6.onnx');
      this.#silero = await SileroBatch.load(file);
    };
    this.#loadingSilero ??= load().catch((error: unknown) => {
      this.#loadingSilero = null;
      throw error;
    });
    return this.#loadingSilero;
  }

  #loadedSilero(): SileroBatch {
    if (!this.#silero) throw new SidetoneError('internal', 'a call began before the VAD was loaded');
    return this.#silero;
  }

  #watch(on: boolean): void {
    if (on === (this.#signals !== null)) return;
    this.#signals = on ? new SignalBatch() : null;
    for (const call of this.#calls.values()) call.watch(this.#signals);
  }

  #sendSignals(signals: SignalBatch, now: number): void {
    this.#signalsSentAt = now;
    for (const call of this.#calls.values()) call.flushSignals();
    const batch = signals.take();
    if (batch) this.#post({ type: 'signals', batch }, [batch.buffer]);
  }

  #queue(event: CallEvent): void {
    this.#events.push(event);
    // Without calls there are no slots to carry the events away.
    if (this.#pacer.size === 0) this.#flushEvents();
  }

  #flushEvents(): void {
    if (this.#events.length === 0) return;
    this.#post({ type: 'events', events: this.#events });
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
      refused: this.#refused(),
      dropped: { ...this.#dropped },
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
    };
  }

  #refused(): Record<string, number> {
    const refused = { ...this.#refusedBefore };
    if (this.#listening) addCounts(refused, this.#listening.listener.refused);
    return refused;
  }

  async #close(): Promise<void> {
    // Once a worker's socket on the shared port is closed, the callers it had come to the others: not as new calls.
    this.#closing = true;
    this.#reserved.clear();
    for (const call of this.#calls.values()) call.end('Sidetone is closing');
    while (this.#calls.size > 0) await new Promise<void>((resolve) => void this.#scope.after(5, resolve));
    this.#flushEvents();
    this.#inference.close();
    await this.#scope.close();
    await this.#loadingSilero?.catch(() => undefined);
    await this.#silero?.release();
  }
}

function addCounts(to: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [what, count] of Object.entries(counts)) to[what] = (to[what] ?? 0) + count;
}
