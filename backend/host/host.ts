import os from 'node:os';
import path from 'node:path';
// Held by this thread too: once the last thread that had loaded it ends, no later one (a replaced worker) can load it.
import 'onnxruntime-node';
import { loadBotFolder, watchBotFolder } from '../bot/folder.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import { EVENT_VERSION } from '../contract/events.ts';
import type { ReplayFeed } from '../contract/frozen.ts';
import type {
  BotFolder,
  CallAction,
  CallAudio,
  PartySpec,
  PlaceCommand,
  WorkerReport,
} from '../contract/host.ts';
import { InferenceClient } from '../providers/embedded/client.ts';
import { InferenceWorker } from '../providers/embedded/inference-worker.ts';
import { completeRecord } from '../trace/complete.ts';
import { newCallId } from '../base/call-id.ts';
import type { MediaWorker } from './line-audio.ts';
import { Phone, type PhoneWatch } from './phone.ts';
import { requireFreePort } from './port-holder.ts';
import { SipLink } from './sip-link.ts';
import { WorkerLink } from './worker-link.ts';

export interface HostOptions extends PhoneWatch {
  readonly modelsDir: string;
  /** Folder of the calls' records; null: none are kept. */
  readonly recordsDir: string | null;
  readonly version: string;
  /** Media workers; default: cores - 1, at least 1. */
  readonly workers?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  onEvent(event: CallEvent): void;
  /** contract/signals.ts, 30 a second of each worker, while signals are on. */
  onSignals?(batch: Uint8Array): void;
  /** 20 ms of a call that is listened in on, or where the person speaks. */
  onAudio?(audio: CallAudio): void;
  /** A bot's files have changed: as they are now, or why they cannot be used. */
  onBot?(change: BotFolder | BotRejection): void;
  /** The bot that answers for SIP accounts that name none; null: none does. */
  usualBot?(): string | null;
  /** Calls at once before others over SIP are refused as busy. */
  readonly maxCalls?: number;
}

export interface BotRejection {
  readonly dir: string;
  readonly message: string;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly bot: string;
  readonly allow?: readonly string[];
  readonly maxCalls?: number;
  /** The calls it answers are a replay. */
  readonly replay?: ReplayFeed;
}

interface CallGoingOn {
  /** The worker it lives in. */
  readonly link: WorkerLink;
  readonly last: CallEvent;
  /** Our RTP address; null: not known yet. */
  readonly local: string | null;
  /** Whether the bot is in the middle of saying something. */
  readonly speaking: boolean;
}

const DEFAULT_MAX_CALLS = 1000;
/** A caller hears ringing for that much longer at most. */
const WARM_MS = 2000;

/**
 * The whole engine: media workers, the inference worker, the bots' folders. What the command line and the window
 * both start. No audio passes through here.
 */
export class Host {
  /** Telephony over SIP. */
  readonly phone: Phone;
  readonly #options: HostOptions;
  readonly #scope = new Scope();
  readonly #links: WorkerLink[] = [];
  readonly #inference: InferenceWorker;
  readonly #bots = new Map<string, BotFolder>();
  readonly #opening = new Map<string, Promise<BotFolder>>();
  /** That every worker knows each as it is now. */
  readonly #told = new Map<string, Promise<unknown>>();
  /** Calls going on. */
  readonly #calls = new Map<string, CallGoingOn>();
  /** Bots that each worker has readied for SIP calls, by their folders. */
  readonly #warmed = new WeakMap<MediaWorker, Map<string, Promise<unknown>>>();
  #listening: ListenOptions | null = null;
  #recordsDir: string | null;
  #ownInference: InferenceClient | null = null;
  #signalsOn = false;
  /** Settled when no call is going on any more; null: they go on. */
  #finished: PromiseWithResolvers<void> | null = null;
  #nextWorker = 0;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#recordsDir = options.recordsDir;
    this.#inference = new InferenceWorker(this.#scope, options.modelsDir, () => this.#reconnect());
    const count = options.workers ?? Math.max(1, os.availableParallelism() - 1);
    for (let index = 0; index < count; index += 1) this.#links.push(this.#startWorker());
    this.phone = new Phone({
      scope: this.#scope,
      watch: options,
      maxCalls: options.maxCalls ?? DEFAULT_MAX_CALLS,
      startSip: (events) => new SipLink({ version: options.version }, this.#scope, events),
      pickWorker: () => this.#pickWorker(),
      callsGoingOn: () => new Set([...this.#calls.keys(), ...this.phone.lines.map(({ call }) => call)]).size,
      usualBot: () => options.usualBot?.() ?? null,
      readyBot: (dir, worker) => this.#putOnCall(dir, worker),
    });
  }

  static start(options: HostOptions): Host {
    return new Host(options);
  }

  /**
   * Answers calls with the bot in a folder; resolves with the port when a call can be answered at once.
   * @throws SidetoneError: a taken port, a broken bot.yaml, a missing model, each with what to do.
   */
  async listen(options: ListenOptions): Promise<number> {
    if (this.#listening)
      throw new SidetoneError('usage', 'this engine listens already', { hint: 'let it unlisten first' });
    if (options.port !== 0 && !this.#holds(options.port)) await requireFreePort(options.host, options.port);
    const folder = await this.#readyBot(options.bot);
    let listening = { ...options, bot: folder.dir };
    try {
      for (const link of this.#sharing()) {
        const port = await this.#listenOn(link, listening);
        listening = { ...listening, port };
      }
      this.#listening = listening;
      await Promise.all(this.#sharing().map((link) => link.request({ type: 'warm', bot: folder.dir })));
    } catch (error) {
      await this.unlisten();
      throw error;
    }
    return listening.port;
  }

  /** Answers nobody new; calls going on stay. Then it may listen anew, elsewhere or with another bot. */
  async unlisten(): Promise<void> {
    this.#listening = null;
    await Promise.all(this.#sharing().map((link) => link.request({ type: 'unlisten' })));
  }

  /** Places a call over raw RTP and returns its id; what becomes of it is told by its events. */
  async place(options: Omit<PlaceCommand, 'type' | 'call'>): Promise<string> {
    if (options.party.kind === 'bot') await this.#readyBot(options.party.dir);
    const link = this.#pickWorker();
    const call = newCallId();
    await link.request({ type: 'place', call, ...options });
    return call;
  }

  /** What the person at the window does to a call. @throws SidetoneError 'usage' when it cannot be, or the call is over. */
  async act(call: string, action: CallAction): Promise<void> {
    if (action.type === 'hang_up' && this.phone.has(call)) {
      await this.phone.hangUp(call, action.reason);
      return;
    }
    const worker = this.#calls.get(call)?.link ?? (await this.phone.workerOf(call));
    await worker.request({ type: 'call', call, action });
  }

  /** 5 ms of the person's microphone, 8 kHz, for every call where they speak. Copies the samples. */
  microphone(pcm: Int16Array): void {
    for (const link of this.#links) link.microphone(pcm);
  }

  /** Whether dense signals are wanted. */
  async signals(on: boolean): Promise<void> {
    this.#signalsOn = on;
    await Promise.all(this.#links.map((link) => link.request({ type: 'signals', on })));
  }

  /** How each media worker is doing. */
  async report(): Promise<WorkerReport[]> {
    const answers = await Promise.all(this.#links.map((link) => link.request({ type: 'report' })));
    return answers.filter((answer): answer is WorkerReport => answer !== null && 'pacing' in answer);
  }

  /** The way to the embedded models for who asks them outside of a call. */
  inference(): InferenceClient {
    this.#ownInference ??= new InferenceClient(this.#inference.connect());
    return this.#ownInference;
  }

  /** Where records of calls that begin from now on go; null: none are kept. */
  async keepRecords(dir: string | null): Promise<void> {
    this.#recordsDir = dir;
    await Promise.all(this.#links.map((link) => link.request({ type: 'records', dir })));
  }

  /** Reads every open bot anew: the environment has changed. What keeps one from calls is heard by who puts it on one. */
  async reloadBots(): Promise<void> {
    for (const dir of this.#bots.keys()) {
      const folder = await loadBotFolder(dir, this.#options.env).catch(() => null);
      if (!folder) continue;
      this.#bots.set(dir, folder);
      this.#tell(folder);
    }
  }

  /** Answers nobody new, over raw RTP and SIP; calls going on stay. */
  async refuseNew(): Promise<void> {
    this.phone.refuseNew();
    await this.unlisten();
  }

  /** Ends each call as soon as its bot has said what it is saying. Returns when none is left, or after `withinMs`. */
  async finish(withinMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    this.#finished = Promise.withResolvers();
    const forget = this.#scope.after(withinMs, this.#finished.resolve);
    for (const call of this.#calls.keys()) this.#endInPause(call);
    await this.#finished.promise;
    forget();
  }

  /** Ends all calls with complete records, then all threads. */
  async close(): Promise<void> {
    await this.phone.close();
    await Promise.all(this.#links.map((link) => link.close()));
    this.#ownInference?.close();
    await this.#scope.close();
  }

  /** On Linux every worker shares the listening port; elsewhere the first has it alone. */
  #sharing(): readonly WorkerLink[] {
    return process.platform === 'linux' ? this.#links : this.#links.slice(0, 1);
  }

  /** Whether calls going on keep the port from everybody but us. */
  #holds(port: number): boolean {
    return [...this.#calls.values()].some(({ local }) => local?.endsWith(`:${port}`));
  }

  async #listenOn(link: WorkerLink, options: ListenOptions): Promise<number> {
    const answer = await link.request({
      type: 'listen',
      host: options.host,
      port: options.port,
      bot: options.bot,
      allow: options.allow ?? null,
      maxCalls: Math.ceil((options.maxCalls ?? DEFAULT_MAX_CALLS) / this.#sharing().length),
      replay: options.replay ?? null,
    });
    if (answer === null || !('port' in answer))
      throw new SidetoneError('internal', 'the worker did not say its port');
    return answer.port;
  }

  /**
   * A bot's folder as it is used now; its files are watched from now on.
   * @throws SidetoneError 'usage' that lists what is wrong in them.
   */
  async openBot(dir: string): Promise<BotFolder> {
    const absolute = path.resolve(dir);
    const open = this.#bots.get(absolute);
    if (open) return open;
    // Whoever else asks meanwhile waits for the same: watched twice, each change would be told twice.
    const opening =
      this.#opening.get(absolute) ??
      this.#openAndWatch(absolute).finally(() => this.#opening.delete(absolute));
    this.#opening.set(absolute, opening);
    return opening;
  }

  async #openAndWatch(absolute: string): Promise<BotFolder> {
    const folder = await loadBotFolder(absolute, this.#options.env);
    this.#bots.set(absolute, folder);
    this.#tell(folder);
    watchBotFolder(folder, this.#options.env, this.#scope, (change) => {
      if (change instanceof SidetoneError) {
        this.#options.onBot?.({ dir: absolute, message: change.message });
        for (const link of this.#links) {
          void link
            .request({ type: 'bot_rejected', dir: absolute, message: change.message })
            .catch(() => undefined);
        }
        return;
      }
      this.#bots.set(absolute, change);
      this.#options.onBot?.(change);
      this.#tell(change);
    });
    return folder;
  }

  /** @throws SidetoneError what keeps a worker from having the bot on a call. */
  async #readyBot(dir: string): Promise<BotFolder> {
    const folder = await this.openBot(dir);
    await this.#told.get(folder.dir);
    return folder;
  }

  /** Also warm, so that the greeting starts with the answer; an endpoint that does not answer is not waited for. */
  async #putOnCall(dir: string, worker: MediaWorker | null): Promise<PartySpec> {
    const folder = await this.#readyBot(dir);
    const warm = Promise.all((worker ? [worker] : this.#links).map((link) => this.#warm(link, folder.dir)));
    await Promise.race([warm, new Promise<void>((resolve) => void this.#scope.after(WARM_MS, resolve))]);
    return { kind: 'bot', dir: folder.dir };
  }

  /** Once for each worker: a bot that changes warms itself. */
  #warm(link: MediaWorker, dir: string): Promise<unknown> {
    const bots = this.#warmed.get(link) ?? new Map<string, Promise<unknown>>();
    this.#warmed.set(link, bots);
    const warm = bots.get(dir) ?? link.request({ type: 'warm', bot: dir }).catch(() => undefined);
    bots.set(dir, warm);
    return warm;
  }

  #pickWorker(): WorkerLink {
    const link = this.#links[this.#nextWorker % this.#links.length];
    if (!link) throw new SidetoneError('internal', 'no media worker is running');
    this.#nextWorker += 1;
    return link;
  }

  #tell(folder: BotFolder): void {
    const told = Promise.all(this.#links.map((link) => link.request({ type: 'bot', folder })));
    // Who puts the bot on a call hears of it.
    told.catch(() => undefined);
    this.#told.set(folder.dir, told);
  }

  /** The inference worker is a fresh one: media workers get new ports to it. */
  #reconnect(): void {
    this.#ownInference?.reconnect(this.#inference.connect());
    for (const link of this.#links) {
      const port = this.#inference.connect();
      void link.request({ type: 'inference', port }, [port]).catch(() => undefined);
    }
  }

  #startWorker(): WorkerLink {
    const start = {
      modelsDir: this.#options.modelsDir,
      recordsDir: this.#recordsDir,
      version: this.#options.version,
      inference: this.#inference.connect(),
    };
    return new WorkerLink(start, this.#scope, {
      onEvents: (link, events) => {
        for (const event of events) this.#takeEvent(link, event);
      },
      onSignals: (batch) => this.#options.onSignals?.(batch),
      onAudio: (audio) => this.#options.onAudio?.(audio),
      onWish: (call, wish) => this.phone.wish(call, wish),
      // A fresh worker that ends before it is ready was closed, or crashed as well and is replaced in its turn.
      onCrash: (link, reason) => {
        this.#replace(link, reason).catch((error: unknown) => {
          process.emitWarning(`a media worker could not be replaced: ${explain(error)}`);
        });
      },
    });
  }

  #takeEvent(link: WorkerLink, event: CallEvent): void {
    if (event.type === 'call.refused') {
      this.#options.onEvent(event);
      return;
    }
    if (event.type === 'call.ended') {
      this.#calls.delete(event.call);
      this.phone.callEnded(event.call, event.reason);
      if (this.#calls.size === 0) this.#finished?.resolve();
    } else {
      const before = this.#calls.get(event.call);
      const local = event.type === 'rtp.ready' ? event.local : (before?.local ?? null);
      const speaking =
        event.type === 'bot.speaking' || (event.type !== 'bot.said' && (before?.speaking ?? false));
      this.#calls.set(event.call, { link, last: event, local, speaking });
      if (this.#finished && before?.speaking) this.#endInPause(event.call);
    }
    this.#options.onEvent(event);
  }

  #endInPause(call: string): void {
    if (this.#calls.get(call)?.speaking) return;
    // One that is over by itself meanwhile needs no end.
    this.act(call, { type: 'hang_up', reason: 'Sidetone is closing' }).catch(() => undefined);
  }

  /** A crashed worker takes its own calls with it and nobody else's; its records are completed in its stead. */
  async #replace(crashed: WorkerLink, reason: string): Promise<void> {
    for (const [call, { link, last }] of this.#calls) {
      if (link !== crashed) continue;
      const ended: CallEvent = {
        v: EVENT_VERSION,
        seq: last.seq + 1,
        at: last.at,
        call,
        type: 'call.ended',
        reason: `media worker crashed: ${reason}`,
        duration_ms: last.at / 1000,
      };
      if (this.#recordsDir !== null) {
        await completeRecord(path.join(this.#recordsDir, call), ended).catch(() => undefined);
      }
      this.#takeEvent(crashed, ended);
    }
    this.phone.workerLost(crashed, `media worker crashed: ${reason}`);
    if (this.#scope.closed) return;
    const index = this.#links.indexOf(crashed);
    const fresh = this.#startWorker();
    this.#links[index] = fresh;
    for (const folder of this.#bots.values()) await fresh.request({ type: 'bot', folder });
    if (this.#signalsOn) await fresh.request({ type: 'signals', on: true });
    if (this.#listening && this.#sharing().includes(fresh)) {
      await this.#listenOn(fresh, this.#listening);
      await fresh.request({ type: 'warm', bot: this.#listening.bot });
    }
  }
}
