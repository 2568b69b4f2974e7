import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { appSettingsPatch, type AppSettings } from './app-settings.ts';
import type { CallEvent } from './events.ts';
import {
  EXPORT_FORMATS,
  frozenStages,
  type PackedView,
  type PacketRow,
  type ReplayResult,
  type TraceEntry,
} from './traces.ts';
import {
  accountName,
  accountSettings,
  probeRequest,
  type AccountSettings,
  type AccountView,
  type LineView,
  type ProbeResult,
  type SipMessageView,
  type SipStep,
} from './sip.ts';
import type { TraceNotes } from './trace.ts';
import { llmSettings, sttSettings, ttsSettings, type BotSettings } from './settings.ts';

/**
 * All that crosses between the window and the main process: commands that the window sends and each answered once,
 * messages that the main process sends. One gate on either side carries them; nothing else may.
 */

const call = z.string().regex(/^[\w-]{1,64}$/);
const on = z.boolean();
const said = z.string().trim().min(1).max(4000);
/** A bot's folder: one that `bot.list` named, which the main process checks. */
const bot = z.string().min(1).max(4096);
/** A file in a bot's `voices` folder, or its `ref_audio`. */
const voice = z.string().min(1).max(255);
/** Name of a trace's folder among the traces. */
const trace = z.string().regex(/^[\w-]{1,64}$/);
/** ms since a call's start. */
const moment = z.number().min(0).max(1e9);
const secretName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/);
const modelName = z.string().regex(/^[\w.-]{1,64}$/);
/** 64 MB: more than any reference recording; larger files are refused before they are read. */
export const MAX_VOICE_BYTES = 64 * 1024 * 1024;

/** What each command is asked with. */
export const requests = {
  /** The window is up: answers with all there is to show and lets messages flow. */
  'window.open': z.null(),
  /** The window has taken the signals up to this batch number; frees the way for newer ones. */
  'signals.taken': z.strictObject({ batch: z.int().nonnegative() }),
  'settings.change': appSettingsPatch,
  'secret.set': z.strictObject({ name: secretName, value: z.string().max(4096).nullable() }),
  'link.open': z.strictObject({ url: z.url({ protocol: /^https$/ }) }),
  'folder.show': z.strictObject({ what: z.enum(['recordings', 'settings', 'bot']), call: call.nullable() }),
  'folder.choose': z.strictObject({ what: z.enum(['recordings', 'bot']) }),
  /** Remedy for a listener that could not start: tries again. */
  'listener.restart': z.null(),

  /** A recorded caller calls the bot that answers. */
  'call.demo': z.null(),
  /** The person calls the bot that answers. */
  'call.talk': z.null(),
  'call.place': z.strictObject({
    /** `rtp:HOST:PORT` or `HOST:PORT`; `sip:`, `sips:`, `tel:`, USER@HOST; with an account a number or user alone. */
    target: z.string().trim().min(1).max(300),
    /** Of raw RTP; SIP negotiates. */
    codec: z.enum(['PCMU', 'PCMA']),
    who: z.enum(['bot', 'person', 'script']),
    /** For SIP; null: the usual one. */
    account: accountName.nullable(),
  }),
  'call.hang_up': z.strictObject({ call }),
  'call.mute': z.strictObject({ call, on }),
  'call.hold_bot': z.strictObject({ call, on }),
  'call.say': z.strictObject({ call, text: said }),
  'call.whisper': z.strictObject({ call, text: said }),
  'call.send_dtmf': z.strictObject({ call, digits: z.string().regex(/^[0-9A-D*#]{1,32}$/) }),
  'call.mark': z.strictObject({ call, label: z.string().trim().max(200) }),
  'call.listen_in': z.strictObject({ call, on }),
  'call.take_over': z.strictObject({ call, on }),
  /** A call over SIP that comes in. Who answers in person puts other calls of theirs on hold. */
  'line.answer': z.strictObject({ call, who: z.enum(['bot', 'person']) }),
  'line.reject': z.strictObject({ call, why: z.enum(['busy', 'decline', 'unavailable']) }),
  'line.hold': z.strictObject({ call, on }),
  /** This call and no other: takes it off hold, puts the person's other calls on hold. */
  'line.activate': z.strictObject({ call }),
  /** Blind. */
  'line.transfer': z.strictObject({ call, target: z.string().trim().min(1).max(300) }),
  /** Attended: the far ends of both calls talk to each other, and we are out of it. */
  'line.join': z.strictObject({ call, other: call }),
  /** SIP messages of a call so far; `phone.messages` tells of new ones. */
  'line.messages': z.strictObject({ call }),
  'account.list': z.null(),
  /** `password` undefined: stays as it is; null: forgotten. `was`: its name so far, null: it is new. */
  'account.save': z.strictObject({
    was: accountName.nullable(),
    name: accountName,
    settings: accountSettings,
    password: z.string().max(400).nullable().optional(),
  }),
  'account.remove': z.strictObject({ name: accountName }),
  'account.refresh': z.strictObject({ name: accountName }),
  /** Steps come as `sip.step` with this id. */
  'account.check': z.strictObject({ id: z.string().max(64), name: accountName }),
  'account.probe': z.strictObject({ id: z.string().max(64), request: probeRequest }),
  'history.clear': z.strictObject({ call: call.nullable() }),
  /** Missed calls have been seen. */
  'history.seen': z.null(),
  /** The microphone of the window works, or does not: for every call where the person speaks. */
  'person.microphone': z.strictObject({ live: z.boolean(), message: z.string().max(300) }),

  'bot.list': z.null(),
  'bot.open': z.strictObject({ bot }),
  /** Writes the prompt's file; the next answer of running calls uses it. */
  'bot.save_prompt': z.strictObject({ bot, text: z.string().max(1_000_000) }),
  /** Writes one key of bot.yaml, keeping its comments; `null` removes the key. */
  'bot.set': z.strictObject({
    bot,
    path: z
      .array(z.string().regex(/^[a-z_]{1,40}$/))
      .min(1)
      .max(3),
    value: z.union([z.string().max(10_000), z.number(), z.boolean(), z.null(), z.array(z.string().max(200))]),
  }),
  /** Takes back the last change made from the window. */
  'bot.undo': z.strictObject({ bot }),
  'voice.add': z.strictObject({
    bot,
    name: z.string().trim().min(1).max(120),
    bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= MAX_VOICE_BYTES, 'longer than 64 MB'),
  }),
  'voice.remove': z.strictObject({ bot, voice }),
  /** As the phone hears it: WAV through 8 kHz mu-law. */
  'voice.preview': z.strictObject({ bot, voice }),

  'endpoint.test': z.discriminatedUnion('stage', [
    z.strictObject({ stage: z.literal('stt'), bot, settings: sttSettings }),
    z.strictObject({ stage: z.literal('llm'), bot, settings: llmSettings }),
    z.strictObject({ stage: z.literal('tts'), bot, settings: ttsSettings }),
  ]),
  'model.pull': z.strictObject({ model: modelName }),
  'model.cancel': z.strictObject({ model: modelName }),
  'model.remove': z.strictObject({ model: modelName }),

  /** All traces in the folder of records, newest first. `traces.changed` tells of what is new or gone. */
  'trace.list': z.null(),
  'trace.open': z.strictObject({ trace }),
  /** RTP, RTCP and keys on the wire between two moments of the call. */
  'trace.packets': z.strictObject({ trace, from: moment, to: moment }),
  /** Takes the place of all notes of the trace. */
  'trace.annotate': z.strictObject({
    trace,
    notes: z
      .array(z.strictObject({ id: z.string().max(64), at: moment, text: z.string().max(4000) }))
      .max(1000),
  }),
  'trace.pin': z.strictObject({ trace, on }),
  /** Moved aside; `trace.restore` brings it back until the app ends. */
  'trace.remove': z.strictObject({ traces: z.array(trace).min(1).max(10_000) }),
  'trace.restore': z.strictObject({ traces: z.array(trace).min(1).max(10_000) }),
  /** Asks where to, writes it there. */
  'trace.export': z.strictObject({ trace, format: z.enum(EXPORT_FORMATS) }),
  /** A `.sidetone` file or a capture, by its path; null: asks which. It joins the traces. */
  'trace.import': z.strictObject({ path: z.string().min(1).max(4096).nullable() }),
  'trace.replay': z.strictObject({
    trace,
    freeze: frozenStages,
    repeat: z.int().min(1).max(50),
    pace: z.enum(['original', 'conversation']),
  }),
  'trace.stop_replay': z.null(),
} satisfies Readonly<Record<keyof Answers, z.ZodType>>;

/** What each command is answered with. */
export interface Answers {
  'window.open': Snapshot;
  'signals.taken': null;
  'settings.change': AppSettings;
  'secret.set': readonly string[];
  'link.open': null;
  'folder.show': null;
  /** null: nothing was chosen. */
  'folder.choose': string | null;
  'listener.restart': null;
  /** Ids of calls placed. */
  'call.demo': string;
  'call.talk': string;
  'call.place': string;
  'call.hang_up': null;
  'call.mute': null;
  'call.hold_bot': null;
  'call.say': null;
  'call.whisper': null;
  'call.send_dtmf': null;
  'call.mark': null;
  'call.listen_in': null;
  'call.take_over': null;
  'line.answer': null;
  'line.reject': null;
  'line.hold': null;
  'line.activate': null;
  'line.transfer': null;
  'line.join': null;
  'line.messages': readonly SipMessageView[];
  'account.list': readonly AccountEntry[];
  'account.save': readonly AccountEntry[];
  'account.remove': readonly AccountEntry[];
  'account.refresh': null;
  'account.check': { readonly ok: boolean };
  'account.probe': ProbeResult;
  /** null: all. */
  'history.clear': null;
  'history.seen': null;
  'person.microphone': null;
  'bot.list': readonly BotEntry[];
  'bot.open': BotView;
  'bot.save_prompt': BotView;
  'bot.set': BotView;
  'bot.undo': BotView;
  'voice.add': BotView;
  'voice.remove': BotView;
  'voice.preview': Uint8Array;
  'endpoint.test': EndpointReport;
  'model.pull': null;
  'model.cancel': null;
  'model.remove': null;
  'trace.list': readonly TraceEntry[];
  'trace.open': PackedView;
  'trace.packets': readonly PacketRow[];
  'trace.annotate': TraceNotes;
  'trace.pin': TraceNotes;
  'trace.remove': null;
  'trace.restore': null;
  /** Where it was written; null: the person thought better of it. */
  'trace.export': string | null;
  /** The new trace; null: nothing was chosen. */
  'trace.import': string | null;
  /** Answered when all repeats are over. */
  'trace.replay': ReplayResult;
  'trace.stop_replay': null;
}

export type Command = keyof Answers;
export type Request<Name extends Command> = z.input<(typeof requests)[Name]>;
export type Answer<Name extends Command> = Answers[Name];

/** How an answer travels. */
export type Reply<Name extends Command> =
  { readonly ok: true; readonly answer: Answer<Name> } | { readonly ok: false; readonly problem: Problem };

/** What the main process sends by itself. */
export interface Messages {
  'call.events': readonly CallEvent[];
  /** contract/signals.ts; numbered, taken note of by `signals.taken`. */
  signals: { readonly batch: number; readonly bytes: Uint8Array };
  'host.status': HostStatus;
  'bot.changed': BotView;
  'models.changed': readonly ModelView[];
  /** The trace is new or changed (`entry`), or gone. */
  'traces.changed': readonly { readonly id: string; readonly entry: TraceEntry | null }[];
  /** A trace was opened from outside the window (a file, the command line): show it. */
  'trace.show': { readonly id: string };
  /** Settings that were changed elsewhere than in the window: by the tray's menu. */
  'settings.changed': AppSettings;
  /** What has changed of the phone; `lines` only those that changed. */
  'phone.changed': {
    readonly accounts?: readonly AccountView[];
    readonly lines?: readonly LineView[];
    readonly history?: readonly PastCall[];
    readonly problem?: string | null;
  };
  'phone.messages': readonly SipMessageView[];
  /** A step of `account.check` or `account.probe`. */
  'sip.step': { readonly id: string; readonly step: SipStep };
  /** A sip:, sips: or tel: link was opened outside: it goes into the dial field, ready to call. */
  'phone.dial': { readonly target: string };
  /** A notification or the tray was clicked: show this call. */
  'phone.show': { readonly call: string };
  'replay.progress': { readonly trace: string; readonly done: number; readonly of: number };
  notice: Notice;
  /** A menu item or shortcut of the application. */
  menu: MenuAction;
}
export type Message = keyof Messages;

export type MenuAction =
  | 'call.demo'
  | 'call.talk'
  | 'view.call'
  | 'view.traces'
  | 'view.settings'
  | 'palette'
  | 'shortcuts'
  | 'tour';

/** Something the person should know that no command of theirs led to. */
export interface Notice {
  readonly severity: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string | null;
}

/** All there is to show when a window opens, be it the first or one after a crash. */
export interface Snapshot {
  readonly version: string;
  readonly platform: string;
  /** The system's language, for `language: auto`. */
  readonly systemLanguage: 'en' | 'ru';
  readonly settings: AppSettings;
  /** What was wrong in settings.yaml when it was read; the file is left as it is and defaults count. */
  readonly settingsProblem: string | null;
  readonly paths: { readonly settings: string; readonly recordings: string; readonly models: string };
  /** Names of secrets that are stored. */
  readonly secrets: readonly string[];
  /** Whether the system has a key store; false: no secret can be stored. */
  readonly secretsEncrypted: boolean;
  readonly status: HostStatus;
  readonly bots: readonly BotEntry[];
  readonly bot: BotView | null;
  readonly models: readonly ModelView[];
  /** Event logs of the calls going on and of the latest that ended, in the order of their starts. */
  readonly calls: readonly (readonly CallEvent[])[];
  readonly phone: PhoneView;
}

export interface AccountEntry {
  readonly name: string;
  readonly settings: AccountSettings;
  readonly hasPassword: boolean;
}

/** A call of the past as the history keeps it. */
export interface PastCall {
  readonly line: LineView;
  /** Name of its trace; null: none was kept, or it is gone. */
  readonly trace: string | null;
  readonly seen: boolean;
}

export interface PhoneView {
  readonly accounts: readonly AccountView[];
  /** Calls going on over SIP. */
  readonly lines: readonly LineView[];
  /** Newest first, 500 at most. */
  readonly history: readonly PastCall[];
  /** What is wrong in accounts.yaml; null: nothing. */
  readonly problem: string | null;
}

export interface HostStatus {
  /** Address that answers; null while none does. */
  readonly listening: { readonly host: string; readonly port: number } | null;
  /** Why the address of the settings does not answer; `listening` is then one of this machine's own, for demo calls. */
  readonly listenProblem: Problem | null;
  readonly calls: number;
  readonly answered: number;
  /** Packet lateness since the start, ms; null before the first packet. */
  readonly pacing: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** Share of a core each media worker used in the latest seconds, 0..1. */
  readonly load: readonly number[];
  /** Callers not answered, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The endpoints and models of the bot that answers. */
  readonly health: readonly StageHealth[];
}

export interface StageHealth {
  readonly stage: 'stt' | 'llm' | 'tts';
  /** As `moonshine-tiny-en` or `qwen2.5 at http://localhost:8085/v1`. */
  readonly what: string;
  readonly state: 'ok' | 'unknown' | 'failing' | 'missing';
  readonly message: string;
}

export interface BotEntry {
  readonly dir: string;
  readonly name: string;
}

/** A bot as its files and its running calls have it. */
export interface BotView {
  readonly dir: string;
  /** As calls use it now. */
  readonly settings: BotSettings;
  /** `onDisk` differs from `inUse` while the file cannot be used; null: the file is gone. */
  readonly prompt: { readonly file: string; readonly inUse: string; readonly onDisk: string | null };
  readonly voices: readonly VoiceCard[];
  /** Voices that are models of this machine: what `tts.model` may be when it is embedded. */
  readonly embeddedVoices: readonly string[];
  /** Why the files as they are cannot be used; the settings in use stay. */
  readonly problem: string | null;
  /** What `bot.undo` would take back, as a person reads it; null: nothing. */
  readonly undo: string | null;
}

export interface VoiceCard {
  /** Relative to the bot's folder: `voices/anna.wav`, `ref_audio.wav`. */
  readonly file: string;
  readonly name: string;
  readonly inUse: boolean;
  readonly durationMs: number;
  readonly sampleRate: number;
  readonly findings: readonly VoiceFinding[];
  /** Highest magnitude of each 1/120th of the recording, 0..1, to draw it. */
  readonly shape: readonly number[];
}

/** One thing about a reference recording that was checked. */
export interface VoiceFinding {
  readonly check: 'length' | 'speech' | 'clipping' | 'noise' | 'trimmed';
  readonly verdict: 'ok' | 'warn';
  /** With the figure: "7.2 s", "0.3 % of samples at full scale". */
  readonly message: string;
}

export interface EndpointReport {
  readonly ok: boolean;
  /** What answered, what it said, or what went wrong and what to do. */
  readonly message: string;
  /** To the first useful byte; null when there was none. */
  readonly firstMs: number | null;
  readonly tookMs: number;
  /** A transcript, or the model's words. */
  readonly text: string | null;
  /** A voice's audio. */
  readonly wav: Uint8Array | null;
}

export interface ModelView {
  readonly name: string;
  readonly purpose: 'vad' | 'stt' | 'turn' | 'llm' | 'tts';
  readonly languages: readonly string[];
  readonly licence: string;
  readonly about: string;
  readonly bytes: number;
  readonly state: 'installed' | 'absent' | 'fetching' | 'failed';
  readonly receivedBytes: number;
  readonly problem: string | null;
}

/** What goes over the audio port. 8 kHz, 20 ms to the window, 5 ms from it; buffers are copied, never transferred. */
export type AudioToWindow = {
  readonly call: string;
  readonly side: 'caller' | 'bot';
  readonly pcm: Int16Array;
};
export type AudioFromWindow = { readonly pcm: Int16Array };

export const audioFromWindow = z.strictObject({
  pcm: z.instanceof(Int16Array).refine((pcm) => pcm.length > 0 && pcm.length <= 480, 'not a frame of audio'),
});
