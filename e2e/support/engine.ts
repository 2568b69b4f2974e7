import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CallEvent } from '../../backend/contract/events.ts';
import type { BotFolder, CallAudio } from '../../backend/contract/host.ts';
import type { AccountView, LineView, SipMessageView, SipStep } from '../../backend/contract/sip.ts';
import { traceManifest, type TraceManifest } from '../../backend/contract/trace.ts';
import { Host, type BotRejection, type HostOptions } from '../../backend/host/host.ts';
import { modelsDirectory } from '../../backend/models/directory.ts';
import { until } from './until.ts';

export type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/** The engine as the command line starts it, with a log of all its events and a folder for its records. */
export class Engine implements AsyncDisposable {
  readonly host: Host;
  readonly folder: string;
  readonly recordsDir: string;
  readonly events: CallEvent[] = [];
  /** What a window would be sent: batches of dense signals, audio, changes of bots. */
  readonly signals: Uint8Array[] = [];
  readonly audio: CallAudio[] = [];
  readonly bots: (BotFolder | BotRejection)[] = [];
  /** What it tells of telephony over SIP, every change in turn. */
  readonly accounts: AccountView[] = [];
  readonly lines: LineView[] = [];
  readonly sip: SipMessageView[] = [];
  readonly steps: SipStep[] = [];
  readonly notices: string[] = [];

  private constructor(folder: string, workers: number, incoming: HostOptions['incoming']) {
    this.folder = folder;
    this.recordsDir = path.join(folder, 'records');
    this.host = Host.start({
      modelsDir: modelsDirectory(),
      recordsDir: this.recordsDir,
      version: 'e2e',
      workers,
      env: {},
      onEvent: (event) => this.events.push(event),
      onSignals: (batch) => this.signals.push(batch),
      onAudio: (audio) => this.audio.push(audio),
      onBot: (change) => this.bots.push(change),
      onAccount: (view) => this.accounts.push(view),
      onLine: (line) => this.lines.push(line),
      onSipMessage: (message) => this.sip.push(message),
      onSipStep: (_id, step) => this.steps.push(step),
      onSipNotice: (code, message) => this.notices.push(`${code}: ${message}`),
      ...(incoming ? { incoming } : {}),
    });
  }

  /** `incoming`: what becomes of calls over SIP; without it, as on the command line, nobody is there to be rung. */
  static async start({
    workers = 1,
    incoming,
  }: { workers?: number; incoming?: HostOptions['incoming'] } = {}): Promise<Engine> {
    return new Engine(await mkdtemp(path.join(os.tmpdir(), 'sidetone-e2e-')), workers, incoming);
  }

  listen(bot: string, limits: { maxCalls?: number; allow?: string[] } = {}): Promise<number> {
    return this.host.listen({ host: '127.0.0.1', port: 0, bot, ...limits });
  }

  of(call: string): CallEvent[] {
    return this.events.filter((event) => event.call === call);
  }

  all<Type extends CallEvent['type']>(call: string, type: Type): EventOf<Type>[] {
    return this.of(call).filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The first event of the type that `matches`, come already or still to come. */
  event<Type extends CallEvent['type']>(
    call: string,
    type: Type,
    matches: (event: EventOf<Type>) => boolean = () => true,
    deadlineMs?: number,
  ): Promise<EventOf<Type>> {
    return until(`${type} of ${call}`, () => this.all(call, type).find(matches), deadlineMs).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}; there was:\n${this.#summary(call)}`);
      },
    );
  }

  /** Id of the answered call of a peer on this machine. */
  answered(peerPort: number): Promise<string> {
    return until(`an answer to port ${peerPort}`, () => {
      const peer = `127.0.0.1:${peerPort}`;
      return this.events.findLast((event) => event.type === 'call.started' && event.peer === peer)?.call;
    });
  }

  /** Id of the call that a bot of this engine answered from another of its own calls. */
  answeredFromHere(): Promise<string> {
    const isBots = (event: CallEvent): boolean => event.type === 'call.started' && event.party !== 'script';
    return until('a call to the bot', () => this.events.findLast(isBots)?.call);
  }

  /** The call is over and its record complete. */
  async over(call: string, deadlineMs?: number): Promise<EventOf<'call.ended'>> {
    const ended = await this.event(call, 'call.ended', () => true, deadlineMs);
    await until(`the record of ${call}`, async () => (await this.manifest(call)).state !== 'recording');
    return ended;
  }

  async manifest(call: string): Promise<TraceManifest> {
    return traceManifest.parse(
      JSON.parse(await readFile(path.join(this.record(call), 'manifest.json'), 'utf8')),
    );
  }

  record(call: string): string {
    return path.join(this.recordsDir, call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #summary(call: string): string {
    const dense = new Set(['llm.token', 'rtp.stats', 'stt.partial']);
    return this.of(call)
      .filter(({ type }) => !dense.has(type))
      .map((event) => JSON.stringify(event))
      .join('\n');
  }
}
