import { SidetoneError, unreachable } from '../base/errors.ts';
import { callIsOver } from '../call/call.ts';
import type {
  CallLine,
  ConnectCommand,
  LineChange,
  PartySpec,
  WorkerAnswer,
  WorkerCommand,
} from '../contract/host.ts';
import type { LineView, MediaPort, NegotiatedMedia, SipMessageView } from '../contract/sip.ts';

/** A media worker, by what a line needs of it. */
export interface MediaWorker {
  request(command: WorkerCommand): Promise<WorkerAnswer>;
}

export interface LineAudioOptions {
  readonly call: string;
  readonly worker: MediaWorker;
  readonly party: PartySpec;
  readonly maxMs: number | null;
  /** How calls of an account are recorded. */
  readonly recordingOf: (account: string) => ConnectCommand['recording'];
  /** The worker could not have the call: signalling has to end it. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * idle: no port yet; reserved: a port, no call; connected: a call; over: nothing is asked of the worker any more.
 */
type Stage = 'idle' | 'reserved' | 'connected' | 'over';

/**
 * The media worker's half of a call over SIP. Signalling says how things stand, at any moment and in any order; this
 * brings the worker up to that, one command after the other, whatever happens while one is under way.
 */
export class LineAudio {
  readonly worker: MediaWorker;
  readonly #options: LineAudioOptions;
  readonly #call = Promise.withResolvers<void>();
  readonly #changes: LineChange[] = [];
  #stage: Stage = 'idle';
  #view: LineView | null = null;
  #media: NegotiatedMedia | null = null;
  /** Not told to the worker yet. */
  #messages: SipMessageView[] = [];
  /** Why signalling has ended; null: it has not. */
  #ended: string | null = null;
  #working = false;

  constructor(options: LineAudioOptions) {
    this.#options = options;
    this.worker = options.worker;
    // Nobody may be waiting for it.
    this.#call.promise.catch(() => undefined);
  }

  /** Resolves when the worker has the call. @throws SidetoneError 'usage' when it ends before */
  get connected(): Promise<void> {
    return this.#call.promise;
  }

  /** Our end of the audio. @throws SidetoneError when no port is to be had, or the call ended meanwhile. */
  async reserve(family: 'ipv4' | 'ipv6'): Promise<MediaPort> {
    const { call } = this.#options;
    const answer = await this.worker.request({ type: 'reserve', call, family });
    if (answer === null || !('port' in answer))
      throw new SidetoneError('internal', 'the worker did not say its port');
    if (this.#stage === 'idle') this.#stage = 'reserved';
    this.#work();
    if (this.#ended !== null) throw new SidetoneError('cancelled', this.#ended);
    return { port: answer.port };
  }

  line(view: LineView): void {
    if (this.#stage === 'connected' && this.#view) this.#changes.push(...changesOf(this.#view, view));
    this.#view = view;
    this.#work();
  }

  media(media: NegotiatedMedia): void {
    if (this.#stage === 'connected') this.#changes.push({ type: 'media', media });
    this.#media = media;
    this.#work();
  }

  /** A key by SIP INFO, or what came of a transfer. Of a call that is not connected: nothing. */
  change(change: LineChange): void {
    if (this.#stage === 'connected') this.#changes.push(change);
    this.#work();
  }

  messages(messages: readonly SipMessageView[]): void {
    this.#messages.push(...messages);
    this.#work();
  }

  /** Signalling is over: the call too, or its port is given back. */
  end(reason: string): void {
    this.#ended ??= reason;
    if (this.#stage !== 'connected') this.#call.reject(callIsOver());
    this.#work();
  }

  /** The call is over in the worker, or the worker is gone. */
  over(): void {
    this.#stage = 'over';
    this.#call.reject(callIsOver());
  }

  #work(): void {
    if (!this.#working) void this.#settle();
  }

  async #settle(): Promise<void> {
    this.#working = true;
    for (let command = this.#next(); command; command = this.#next()) {
      try {
        await this.worker.request(command);
        if (command.type === 'connect') this.#call.resolve();
      } catch (error) {
        // A change to a call that ended meanwhile: the worker tells of its end by itself.
        if (command.type !== 'connect') continue;
        this.#stage = 'reserved';
        this.#ended ??= 'the call could not be connected';
        this.#call.reject(error);
        this.#options.onFailed(error);
      }
    }
    this.#working = false;
  }

  /** The next command, taken note of; null: the worker is up to date. */
  #next(): WorkerCommand | null {
    const { call } = this.#options;
    switch (this.#stage) {
      case 'idle':
      case 'over':
        return null;
      case 'reserved':
        if (this.#ended === null) return this.#connect();
        this.#stage = 'over';
        return { type: 'release', call };
      case 'connected': {
        if (this.#messages.length > 0) {
          const messages = this.#messages;
          this.#messages = [];
          return { type: 'line', call, change: { type: 'sip', messages } };
        }
        const change = this.#changes.shift();
        if (change) return { type: 'line', call, change };
        if (this.#ended === null) return null;
        this.#stage = 'over';
        return { type: 'call', call, action: { type: 'hang_up', reason: this.#ended } };
      }
      default:
        return unreachable(this.#stage);
    }
  }

  /** What the far end plays before it answers is for a person's ears; a bot would talk to it. */
  #connect(): ConnectCommand | null {
    const { call, party, maxMs, recordingOf } = this.#options;
    const view = this.#view;
    const media = this.#media;
    if (
      !view ||
      !media ||
      !(view.state === 'connected' || (view.state === 'early' && party.kind === 'person'))
    )
      return null;
    this.#stage = 'connected';
    if (view.heldByUs) this.#changes.push({ type: 'held', by: 'us', on: true });
    if (view.heldByThem) this.#changes.push({ type: 'held', by: 'them', on: true });
    const recording = recordingOf(view.account);
    return { type: 'connect', call, line: lineOf(view), media, party, recording, maxMs };
  }
}

function lineOf({ account, direction, remote, dialled }: LineView): CallLine {
  return { account, direction, remote: remote.uri, name: remote.name, dialled };
}

function changesOf(was: LineView, is: LineView): LineChange[] {
  const changes: LineChange[] = [];
  if (was.remote.uri !== is.remote.uri || was.remote.name !== is.remote.name)
    changes.push({ type: 'line', line: lineOf(is) });
  if (was.heldByUs !== is.heldByUs) changes.push({ type: 'held', by: 'us', on: is.heldByUs });
  if (was.heldByThem !== is.heldByThem) changes.push({ type: 'held', by: 'them', on: is.heldByThem });
  const { transfer } = is;
  if (transfer && (transfer.state !== was.transfer?.state || transfer.target !== was.transfer.target))
    changes.push({ type: 'transfer', ...transfer });
  return changes;
}
