import os from 'node:os';
import path from 'node:path';
// Held by this thread too: once the last thread that had loaded it ends, no later one (a replaced worker) can load it.
import 'onnxruntime-node';
import { loadBotFolder, watchBotFolder } from '../bot/folder.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import { EVENT_VERSION } from '../contract/events.ts';
import type { BotFolder, PlaceCommand, WorkerReport } from '../contract/host.ts';
import { InferenceWorker } from '../providers/embedded/inference-worker.ts';
import { completeRecord } from '../trace/complete.ts';
import { newCallId } from './call-id.ts';
import { requireFreePort } from './port-holder.ts';
import { WorkerLink } from './worker-link.ts';

export interface HostOptions {
  readonly modelsDir: string;
  /** Folder of the calls' records; null: none are kept. */
  readonly recordsDir: string | null;
  readonly version: string;
  /** Media workers; default: cores - 1, at least 1. */
  readonly workers?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  onEvent(event: CallEvent): void;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly bot: string;
  readonly allow?: readonly string[];
  readonly maxCalls?: number;
}

const DEFAULT_MAX_CALLS = 1000;

/**
 * The whole engine: media workers, the inference worker, the bots' folders. What the command line and the window
 * both start. No audio passes through here.
 */
export class Host {
  readonly #options: HostOptions;
  readonly #scope = new Scope();
  readonly #links: WorkerLink[] = [];
  readonly #inference: InferenceWorker;
  readonly #bots = new Map<string, BotFolder>();
  /** Calls going on, and the worker each lives in. */
  readonly #calls = new Map<string, { link: WorkerLink; last: CallEvent }>();
  #listening: ListenOptions | null = null;
  #nextWorker = 0;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#inference = new InferenceWorker(this.#scope, options.modelsDir, () => this.#reconnect());
    const count = options.workers ?? Math.max(1, os.availableParallelism() - 1);
    for (let index = 0; index < count; index += 1) this.#links.push(this.#startWorker());
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
      throw new SidetoneError('usage', 'this engine listens already', { hint: 'start another one' });
    if (options.port !== 0) await requireFreePort(options.host, options.port);
    const folder = await this.#openBot(options.bot);
    let listening = { ...options, bot: folder.dir };
    for (const link of this.#sharing()) {
      const port = await this.#listenOn(link, listening);
      listening = { ...listening, port };
    }
    this.#listening = listening;
    await Promise.all(this.#sharing().map((link) => link.request({ type: 'warm', bot: folder.dir })));
    return listening.port;
  }

  /** Places a call over raw RTP and returns its id; what becomes of it is told by its events. */
  async place(options: Omit<PlaceCommand, 'type' | 'call'>): Promise<string> {
    if (options.party.kind === 'bot') await this.#openBot(options.party.dir);
    const link = this.#links[this.#nextWorker % this.#links.length];
    if (!link) throw new SidetoneError('internal', 'no media worker is running');
    this.#nextWorker += 1;
    const call = newCallId();
    await link.request({ type: 'place', call, ...options });
    return call;
  }

  async hangUp(call: string, reason: string): Promise<void> {
    await this.#calls.get(call)?.link.request({ type: 'hang_up', call, reason });
  }

  /** How each media worker is doing. */
  async report(): Promise<WorkerReport[]> {
    const answers = await Promise.all(this.#links.map((link) => link.request({ type: 'report' })));
    return answers.filter((answer): answer is WorkerReport => answer !== null && 'pacing' in answer);
  }

  /** Ends all calls with complete records, then all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
    await this.#scope.close();
  }

  /** On Linux every worker shares the listening port; elsewhere the first has it alone. */
  #sharing(): readonly WorkerLink[] {
    return process.platform === 'linux' ? this.#links : this.#links.slice(0, 1);
  }

  async #listenOn(link: WorkerLink, options: ListenOptions): Promise<number> {
    const answer = await link.request({
      type: 'listen',
      host: options.host,
      port: options.port,
      bot: options.bot,
      allow: options.allow ?? null,
      maxCalls: Math.ceil((options.maxCalls ?? DEFAULT_MAX_CALLS) / this.#sharing().length),
    });
    if (answer === null || !('port' in answer))
      throw new SidetoneError('internal', 'the worker did not say its port');
    return answer.port;
  }

  async #openBot(dir: string): Promise<BotFolder> {
    const absolute = path.resolve(dir);
    const open = this.#bots.get(absolute);
    if (open) return open;
    const folder = await loadBotFolder(absolute, this.#options.env);
    this.#bots.set(absolute, folder);
    await this.#tellAll(folder);
    watchBotFolder(folder, this.#options.env, this.#scope, (change) => {
      if (change instanceof SidetoneError) {
        for (const link of this.#links) {
          void link
            .request({ type: 'bot_rejected', dir: absolute, message: change.message })
            .catch(() => undefined);
        }
        return;
      }
      this.#bots.set(absolute, change);
      void this.#tellAll(change).catch(() => undefined);
    });
    return folder;
  }

  async #tellAll(folder: BotFolder): Promise<void> {
    await Promise.all(this.#links.map((link) => link.request({ type: 'bot', folder })));
  }

  /** The inference worker is a fresh one: media workers get new ports to it. */
  #reconnect(): void {
    for (const link of this.#links) {
      const port = this.#inference.connect();
      void link.request({ type: 'inference', port }, [port]).catch(() => undefined);
    }
  }

  #startWorker(): WorkerLink {
    const start = {
      modelsDir: this.#options.modelsDir,
      recordsDir: this.#options.recordsDir,
      version: this.#options.version,
      inference: this.#inference.connect(),
    };
    return new WorkerLink(start, this.#scope, {
      onEvents: (link, events) => {
        for (const event of events) this.#takeEvent(link, event);
      },
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
    if (event.type === 'call.ended') this.#calls.delete(event.call);
    else this.#calls.set(event.call, { link, last: event });
    this.#options.onEvent(event);
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
      if (this.#options.recordsDir !== null) {
        await completeRecord(path.join(this.#options.recordsDir, call), ended).catch(() => undefined);
      }
      this.#takeEvent(crashed, ended);
    }
    if (this.#scope.closed) return;
    const index = this.#links.indexOf(crashed);
    const fresh = this.#startWorker();
    this.#links[index] = fresh;
    for (const folder of this.#bots.values()) await fresh.request({ type: 'bot', folder });
    if (this.#listening && this.#sharing().includes(fresh)) {
      await this.#listenOn(fresh, this.#listening);
      await fresh.request({ type: 'warm', bot: this.#listening.bot });
    }
  }
}
