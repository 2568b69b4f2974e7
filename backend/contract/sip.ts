import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { recordingSettings } from './settings.ts';

/**
 * Telephony over SIP: accounts as a person writes them (accounts.yaml), what is known of them and of their calls, and
 * what crosses between the host and the thread that speaks SIP.
 */

export const SIP_TRANSPORTS = ['udp', 'tcp', 'tls', 'wss'] as const;
export type SipTransport = (typeof SIP_TRANSPORTS)[number];

const codec = z.enum(['PCMU', 'PCMA']);
/** `sip:1.2.3.4:5060;transport=tcp`, or host and port alone. */
const hop = z.string().trim().min(1).max(300);

export const accountName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower case letters, digits, - and _');

export const accountSettings = z.strictObject({
  aor: z
    .string()
    .trim()
    .regex(/^sips?:[^@\s]+@[^@\s]+$/i, 'as sip:USER@DOMAIN')
    .describe('Address of record: who this account is, `sip:alice@example.com`.'),
  display_name: z.string().max(120).nullable().default(null).describe('Name that people called see.'),
  auth_user: z
    .string()
    .max(200)
    .nullable()
    .default(null)
    .describe('User name of the password; null: that of the AOR.'),
  password_env: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,63}$/)
    .nullable()
    .default(null)
    .describe('Environment variable with the password; null: `SIDETONE_SIP_NAME_PASSWORD`.'),
  password_file: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'File with the password alone, readable by its owner only (mode 0600), relative to accounts.yaml.',
    ),
  register: z
    .boolean()
    .default(true)
    .describe('false: a trunk that knows where to find us, or nobody needs to.'),
  registrar: hop.nullable().default(null).describe("Where to register; null: the AOR's domain."),
  proxy: hop
    .nullable()
    .default(null)
    .describe('Outbound proxy: where every request goes first; null: by its URI (RFC 3263).'),
  transport: z
    .enum(['auto', ...SIP_TRANSPORTS])
    .default('auto')
    .describe('auto: what the domain names in DNS (NAPTR, SRV), else UDP.'),
  bind: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'HOST:PORT of our end, as 0.0.0.0:5060 where others call without a registrar; null: any free port.',
    ),
  public_address: z
    .string()
    .nullable()
    .default(null)
    .describe('Address that the other side sees of us, where a NAT forwards ports; null: found out.'),
  codecs: z.array(codec).min(1).default(['PCMA', 'PCMU']).describe('Offered in this order.'),
  ptime_ms: z.union([z.literal(10), z.literal(20), z.literal(30), z.literal(40), z.literal(60)]).default(20),
  dtmf: z.enum(['rfc4733', 'info']).default('rfc4733').describe('How keys are sent; both are understood.'),
  srtp: z
    .enum(['never', 'if_asked', 'required'])
    .default('if_asked')
    .describe('SDES: required offers RTP/SAVP and refuses calls without; if_asked takes it when offered.'),
  prack: z
    .boolean()
    .default(true)
    .describe('Reliable provisional responses (RFC 3262) where the other side can.'),
  expires_s: z.int().min(30).max(86_400).default(600).describe('How long a registration is asked to hold.'),
  session_timer_s: z
    .int()
    .min(90)
    .max(86_400)
    .nullable()
    .default(1800)
    .describe(
      'Calls are refreshed, and ended when nobody answers (RFC 4028); null: only when the other side asks.',
    ),
  who: z
    .enum(['bot', 'ring', 'reject'])
    .default('bot')
    .describe('Who answers calls: the bot, a person at the window, nobody.'),
  bot: z
    .string()
    .nullable()
    .default(null)
    .describe('Folder of the bot, relative to accounts.yaml; null: the usual one.'),
  auto_answer: z
    .array(
      z.strictObject({
        from: z
          .string()
          .max(200)
          .nullable()
          .default(null)
          .describe('User part of the caller, with * for any; null: everybody.'),
        after_s: z.number().min(0).max(120).default(0),
        who: z.enum(['bot', 'person']).default('bot'),
      }),
    )
    .max(20)
    .default([])
    .describe('What answers by itself where `who` is ring; the first rule that fits counts.'),
  allow: z
    .array(z.string())
    .default([])
    .describe(
      'Networks that may call beside the registrar and the proxy, as 10.0.0.0/8; 0.0.0.0/0 and ::/0: anyone.',
    ),
  tls: z
    .strictObject({
      verify: z.boolean().default(true).describe('false accepts any certificate: for trials only.'),
      ca: z.string().nullable().default(null).describe("PEM file of one's own CA."),
      certificate: z
        .string()
        .nullable()
        .default(null)
        .describe('PEM file of our certificate, where the server asks for one.'),
      key: z.string().nullable().default(null).describe('PEM file of its private key.'),
    })
    .prefault({}),
  recording: recordingSettings
    .nullable()
    .default(null)
    .describe("How its calls are recorded; null: as the bot's settings say."),
  enabled: z.boolean().default(true),
});
export type AccountSettings = z.infer<typeof accountSettings>;

/** accounts.yaml: settings by the account's name. */
export const accountsFile = z.strictObject({
  accounts: z.record(accountName, accountSettings).default({}),
});

/** An account as the SIP thread is given it: paths absolute, files read, password at hand. Never logged. */
export interface Account {
  readonly name: string;
  readonly settings: AccountSettings;
  readonly password: string | null;
  /** Contents of the PEM files. */
  readonly tls: {
    readonly verify: boolean;
    readonly ca: string | null;
    readonly certificate: string | null;
    readonly key: string | null;
  };
}

/** Where a registration stands. `message` is for a person: "registered, 54 min left", "401: wrong password". */
export interface AccountView {
  readonly name: string;
  readonly aor: string;
  readonly state: 'off' | 'starting' | 'registering' | 'registered' | 'failed' | 'ready';
  readonly message: string;
  /** What to do about a failure; null: nothing, or nothing known. */
  readonly hint: string | null;
  /** Transport and far end in use, `UDP 10.0.0.1:5060`; null: none yet. */
  readonly via: string | null;
  /** Where others reach us: address and port of our Contact. */
  readonly contact: string | null;
  /** Epoch ms; null: no registration holds. */
  readonly registeredUntil: number | null;
  /** Epoch ms of the next attempt after a failure; null: none is planned. */
  readonly retryAt: number | null;
}

/**
 * calling: our INVITE is out; ringing: the far end rings; early: it sends audio before it answers; incoming: it calls us.
 */
export type LineState = 'calling' | 'ringing' | 'early' | 'incoming' | 'connected' | 'ended';

/**
 * A call as signalling sees it: from the first INVITE on, also when it never comes to audio. It outlives its dialog:
 * when the far end has us call somebody else (REFER) or somebody takes its place (Replaces), the call, its audio port
 * and the party on it stay, and `remote` changes.
 */
export interface LineView {
  readonly call: string;
  readonly account: string;
  readonly direction: 'in' | 'out';
  /** The other end: `sip:bob@example.com`, and the name it gives itself. */
  readonly remote: { readonly uri: string; readonly name: string | null };
  /** Whom the caller wanted: the request URI, whose user may be a number of ours that is not the AOR (DID). */
  readonly dialled: string;
  readonly state: LineState;
  readonly heldByUs: boolean;
  readonly heldByThem: boolean;
  /** `PCMA`, once negotiated. */
  readonly codec: string | null;
  readonly srtp: boolean;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly end: LineEnd | null;
  /** A transfer under way that we asked for, or that the far end asked of us. */
  readonly transfer: {
    readonly target: string;
    readonly state: 'trying' | 'done' | 'failed';
    readonly message: string;
  } | null;
}

export interface LineEnd {
  readonly by: 'us' | 'them' | 'network';
  /** Final SIP status of a call that was not answered; null: it was. */
  readonly code: number | null;
  /** For a person: "busy (486)", "hung up", "no answer from 10.0.0.1:5060 over UDP". */
  readonly reason: string;
  /** Came in and nobody answered it. */
  readonly missed: boolean;
}

/** What both ends agreed on by SDP, as the media worker needs it. */
export interface NegotiatedMedia {
  /** Where their audio is to be sent, from the SDP. */
  readonly remote: { readonly address: string; readonly port: number };
  /** Where reports go (a=rtcp, else the next port); null: on the audio's port (a=rtcp-mux). */
  readonly reports: { readonly address: string; readonly port: number } | null;
  readonly codec: 'PCMU' | 'PCMA';
  /** Number that the SDP maps the codec to, both ways, where it is not its own 0 or 8 (nearly nobody does that). */
  readonly dynamicPayload?: number;
  readonly ptimeMs: number;
  /** Of telephone events: what we send with, and what we said they come with; null: none agreed on. */
  readonly eventPayload: { readonly out: number; readonly in: number } | null;
  /** Whether we send; false while the far end holds us, or nobody sends. */
  readonly sends: boolean;
  /** Whether we listen; false while we hold the far end. */
  readonly receives: boolean;
  readonly srtp: SrtpKeys | null;
}

/** SDES (RFC 4568): master key and salt, 30 bytes, for either direction. Never logged. */
export interface SrtpKeys {
  readonly suite: 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';
  readonly out: Uint8Array;
  readonly in: Uint8Array;
}

/** One SIP message as it went over the wire, credentials and keys masked in place (same length). */
export interface SipMessageView {
  readonly call: string | null;
  readonly account: string;
  readonly direction: 'in' | 'out';
  readonly transport: SipTransport;
  /** `10.0.0.1:5060` */
  readonly local: string;
  readonly remote: string;
  /** Epoch ms with fractions. */
  readonly at: number;
  /** The very same bytes went this way before. */
  readonly repeated: boolean;
  readonly text: string;
}

/** One step of `sip check` or of finding an account's settings. */
export interface SipStep {
  /** `dns`, `tls`, `register`, `options`, `media`... */
  readonly step: string;
  readonly verdict: 'ok' | 'fail' | 'info';
  /** What was tried and what came of it, in words. */
  readonly message: string;
  readonly hint: string | null;
  readonly tookMs: number;
}

/** What a person has to know to set up an account; all else is found by SRV and probing. */
export const probeRequest = z.strictObject({
  domain: z.string().trim().min(1).max(253),
  user: z.string().trim().min(1).max(200),
  password: z.string().max(400),
});
export type ProbeRequest = z.infer<typeof probeRequest>;

export interface ProbeResult {
  /** Settings that registered; null: none did. */
  readonly settings: AccountSettings | null;
  readonly message: string;
}

/** Our end of a call's audio: the media worker has bound it. Port + 1 takes reports. */
export interface MediaPort {
  readonly port: number;
}

/** What the host asks of the SIP thread. Each is answered once. */
export interface SipWork {
  /** All accounts there are now, in the place of those before; calls of accounts that stay as they are go on. */
  accounts: { asked: { readonly accounts: readonly Account[] }; answer: null };
  /** Registers anew at once. */
  refresh: { asked: { readonly account: string }; answer: null };
  /**
   * Sends an INVITE. `account` null: the first enabled account that fits the target's domain, else the first, else
   * none at all (peer to peer, any port). Progress comes as lines.
   */
  place: {
    asked: {
      readonly call: string;
      readonly account: string | null;
      /** `sip:bob@host`, `sips:`, `tel:+49...`, `bob@host` or, with an account, a number or user alone. */
      readonly target: string;
      readonly media: MediaPort;
    };
    answer: LineView;
  };
  /** Tells the caller that it rings (180). */
  ring: { asked: { readonly call: string }; answer: null };
  answer: { asked: { readonly call: string; readonly media: MediaPort }; answer: null };
  /** 4xx-6xx to a call that came in and is not answered. */
  reject: { asked: { readonly call: string; readonly code: number; readonly reason: string }; answer: null };
  /** CANCEL, BYE or a rejection, whatever fits. Of a call that is over: nothing. */
  hang_up: { asked: { readonly call: string; readonly reason: string }; answer: null };
  /** Answered when the far end has agreed. @throws when it refused. */
  hold: { asked: { readonly call: string; readonly on: boolean }; answer: null };
  /** Keys by SIP INFO, where no telephone events were agreed on. */
  keys: { asked: { readonly call: string; readonly digits: string }; answer: null };
  /** Blind: the far end is asked to call `target` (REFER). Answered when it has agreed to try. */
  transfer: { asked: { readonly call: string; readonly target: string }; answer: null };
  /** Attended: the far end of `call` is asked to take our place in `other` (REFER with Replaces). */
  join: { asked: { readonly call: string; readonly other: string }; answer: null };
  /** Steps come as messages `step` with the same id. */
  check: { asked: { readonly id: string; readonly account: string }; answer: { readonly ok: boolean } };
  probe: { asked: { readonly id: string; readonly request: ProbeRequest }; answer: ProbeResult };
  /** Ends all calls and registrations with a goodbye. */
  close: { asked: null; answer: null };
}
export type SipJob = keyof SipWork;

export type SipThreadMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly problem: Problem }
  | { readonly type: 'account'; readonly view: AccountView }
  /** New or changed. A line in state `incoming` waits for `ring`, `answer` or `reject`. */
  | { readonly type: 'line'; readonly line: LineView }
  /** Audio was agreed on (also early), or something about it has changed. */
  | { readonly type: 'media'; readonly call: string; readonly media: NegotiatedMedia }
  /** A key by SIP INFO. */
  | { readonly type: 'key'; readonly call: string; readonly digit: string; readonly durationMs: number }
  | { readonly type: 'sip'; readonly message: SipMessageView }
  | { readonly type: 'step'; readonly id: string; readonly step: SipStep }
  /** For the log of the engine: something a person may want to know of, at most one of a kind each second. */
  | { readonly type: 'notice'; readonly code: string; readonly message: string };

export interface SipStart {
  readonly version: string;
}
