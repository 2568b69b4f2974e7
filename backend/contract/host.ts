import { z } from 'zod';
import type { MessagePort } from 'node:worker_threads';
import type { Problem } from '../base/errors.ts';
import type { CallEvent, ConfigHashes } from './events.ts';
import type { ReplayFeed } from './frozen.ts';
import type { PartyOrder } from './party.ts';
import type { BotSettings, RecordingSettings } from './settings.ts';
import type { MediaPort, NegotiatedMedia, SipMessageView } from './sip.ts';

/** What crosses between the host's main thread and its media workers. */

/** A bot's folder as read and checked by the host; workers never touch its files. */
export interface BotFolder {
  readonly dir: string;
  readonly settings: BotSettings;
  readonly prompt: string;
  /** WAV bytes of ref_audio; null when the bot has none. */
  readonly referenceWav: Uint8Array | null;
  readonly hashes: ConfigHashes;
  /** API keys by the environment variable that bot.yaml names them by; never written down. */
  readonly keys: Readonly<Record<string, string>>;
}

export const scriptParty = z.strictObject({
  kind: z.literal('script'),
  /** WAV files, one per turn. */
  audio: z.array(z.string()).min(1),
  /** Speak the next turn this long after the bot began, instead of after it has finished. */
  barge_in_ms: z.number().nonnegative().nullable(),
  /** Transcribe what the far end said. */
  listen: z.boolean(),
});
export type ScriptParty = z.infer<typeof scriptParty>;

/** Whoever sits at the window, by microphone and speaker. */
export interface PersonParty {
  readonly kind: 'person';
}

export type PartySpec = { readonly kind: 'bot'; readonly dir: string } | ScriptParty | PersonParty;

export interface ListenCommand {
  readonly type: 'listen';
  readonly host: string;
  /** 0: any free one; the answer says which. */
  readonly port: number;
  /** Folder of the bot that answers. */
  readonly bot: string;
  /** CIDR networks that may call; null: anyone. */
  readonly allow: readonly string[] | null;
  readonly maxCalls: number;
  /** The calls it answers are a replay; null: they are calls. */
  readonly replay: ReplayFeed | null;
}

export interface PlaceCommand {
  readonly type: 'place';
  readonly call: string;
  readonly host: string;
  readonly port: number;
  readonly codec: 'PCMU' | 'PCMA';
  readonly party: PartySpec;
  /** Longest call; null: until somebody ends it. */
  readonly maxMs: number | null;
}

/** Who is on the other end of a call over SIP, for its log and its trace. */
export interface CallLine {
  readonly account: string;
  readonly direction: 'in' | 'out';
  /** `sip:bob@example.com` */
  readonly remote: string;
  readonly name: string | null;
  readonly dialled: string;
}

/** A call over SIP whose audio was agreed on: from here on it is like any other, on the port that `reserve` bound. */
export interface ConnectCommand {
  readonly type: 'connect';
  readonly call: string;
  readonly line: CallLine;
  readonly media: NegotiatedMedia;
  readonly party: PartySpec;
  /** The account's own; null: as the party's settings say. */
  readonly recording: RecordingSettings | null;
  readonly maxMs: number | null;
}

/** What signalling tells a call that is connected. */
export type LineChange =
  /** Other addresses, keys, direction, codec. */
  | { readonly type: 'media'; readonly media: NegotiatedMedia }
  | { readonly type: 'held'; readonly by: 'us' | 'them'; readonly on: boolean }
  /** Somebody else is on the other end now. */
  | { readonly type: 'line'; readonly line: CallLine }
  /** A key the far end sent by SIP INFO. */
  | { readonly type: 'key'; readonly digit: string; readonly durationMs: number }
  | {
      readonly type: 'transfer';
      readonly target: string;
      readonly state: 'trying' | 'done' | 'failed';
      readonly message: string;
    }
  /** For the log, and for the capture beside the packets; also those from before it was connected. */
  | { readonly type: 'sip'; readonly messages: readonly SipMessageView[] };

/** What a call needs of signalling: its party wants it, or the person. */
export type LineWish =
  | { readonly type: 'transfer'; readonly target: string }
  /** Keys, where no telephone events were agreed on. */
  | { readonly type: 'keys'; readonly digits: string }
  /** The call stays open until signalling has said goodbye, so that its log has that too. */
  | { readonly type: 'hang_up'; readonly reason: string };

/** What a person at the window does to a call going on. */
export type CallAction =
  | { readonly type: 'hang_up'; readonly reason: string }
  /** Silence to the far end, whoever speaks. */
  | { readonly type: 'mute'; readonly on: boolean }
  | { readonly type: 'mark'; readonly label: string }
  | { readonly type: 'send_dtmf'; readonly digits: string }
  /** Sends what both sides say to the window (CallAudio). */
  | { readonly type: 'listen_in'; readonly on: boolean }
  /** The microphone speaks in the bot's place; the bot listens on and keeps what both say. */
  | { readonly type: 'take_over'; readonly on: boolean }
  | { readonly type: 'microphone'; readonly live: boolean; readonly message: string }
  | PartyOrder;

export type WorkerCommand =
  | ListenCommand
  /** Answers nobody new; calls going on stay. */
  | { readonly type: 'unlisten' }
  | PlaceCommand
  | { readonly type: 'call'; readonly call: string; readonly action: CallAction }
  /** Binds a pair of ports (RTP even, RTCP above it) for a call over SIP; answered with it. */
  | { readonly type: 'reserve'; readonly call: string; readonly family: 'ipv4' | 'ipv6' }
  /** Gives a port back that never came to a call. */
  | { readonly type: 'release'; readonly call: string }
  | ConnectCommand
  | { readonly type: 'line'; readonly call: string; readonly change: LineChange }
  /** Whether dense signals (contract/signals.ts) are wanted. */
  | { readonly type: 'signals'; readonly on: boolean }
  /** A bot's folder, new or changed; calls going on use it from their next generation. */
  | { readonly type: 'bot'; readonly folder: BotFolder }
  | { readonly type: 'bot_rejected'; readonly dir: string; readonly message: string }
  /** The way to a fresh inference worker, after a crash of the old one. */
  | { readonly type: 'inference'; readonly port: MessagePort }
  /** Readies what the bot needs (connections, greeting audio) so that the first call waits for nothing. */
  | { readonly type: 'warm'; readonly bot: string }
  /** Folder of the records of calls that begin from now on; null: none are kept. */
  | { readonly type: 'records'; readonly dir: string | null }
  | { readonly type: 'report' }
  | { readonly type: 'close' };

/** How a media worker is doing. */
export interface WorkerReport {
  readonly calls: number;
  readonly answered: number;
  /** Deviation of sends from their grid, ms. */
  readonly pacing: {
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
    readonly count: number;
  };
  /** Callers not answered, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Datagrams dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** CPU time of the worker's thread so far. */
  readonly cpuSeconds: number;
}

/** Commands carry an id; each is answered once. */
export interface WorkerRequest {
  readonly id: number;
  readonly command: WorkerCommand;
}

/** 5 ms of the person's microphone, 8 kHz; not answered. Goes to every call of this worker where the person speaks. */
export interface MicrophoneFrame {
  readonly type: 'microphone';
  readonly pcm: Int16Array;
}

/** 20 ms of a call for the window's speaker, 8 kHz. */
export interface CallAudio {
  readonly call: string;
  /** `caller`: what the far end sends; `bot`: what we send. */
  readonly side: 'caller' | 'bot';
  readonly pcm: Int16Array;
}

export type WorkerAnswer = MediaPort | WorkerReport | null;

export type WorkerMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: WorkerAnswer }
  | { readonly type: 'failure'; readonly id: number; readonly problem: Problem }
  | { readonly type: 'events'; readonly events: readonly CallEvent[] }
  /** contract/signals.ts; every 33 ms at most. */
  | { readonly type: 'signals'; readonly batch: Uint8Array }
  | { readonly type: 'audio'; readonly audio: CallAudio }
  | { readonly type: 'wish'; readonly call: string; readonly wish: LineWish };

/** What a media worker is started with. */
export interface WorkerStart {
  readonly modelsDir: string;
  /** Folder of the calls' records; null: none are kept. */
  readonly recordsDir: string | null;
  readonly version: string;
  readonly inference: MessagePort;
}
