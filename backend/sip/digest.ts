import { randomBytes } from 'node:crypto';
import {
  UserAgentClient,
  type Dialog,
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  type UserAgentCore,
} from 'sip.js/lib/core/index.js';
import { SidetoneError } from '../base/errors.ts';
import { answerTo, demandsOf, type Challenge } from './digest-answer.ts';

/**
 * Digest authentication in the place of sip.js's, which knows MD5 only, sees the last challenge of several, answers
 * one of proxy and server, and forgets a nonce once it has used it. sip.js asks UserAgentClient in two places, and both
 * are led here: `init`, as a request is about to leave, and `authenticationGuard`, as a response has come.
 */

export interface DigestCredentials {
  readonly user: string;
  readonly password: string | null;
}

/** More answers than this to one request are no authentication any more. */
const MOST_ROUNDS = 6;
/** Nonces kept for requests to come, of the places asked last. */
const MOST_NONCES = 64;

/** A nonce in use. */
interface Session {
  readonly challenge: Challenge;
  readonly cnonce: string;
  count: number;
}

/** What of sip.js's UserAgentClient is used. */
interface Client {
  readonly core: UserAgentCore;
  readonly message: OutgoingRequestMessage;
  init(): void;
}

/** What one request has been through. */
interface Attempt {
  readonly sessions: Map<string, Session>;
  /** Realms answered within this request, and whether that was after `stale`. */
  readonly answered: Map<string, 'first' | 'stale'>;
  rounds: number;
}

class Authenticator {
  readonly #credentials: DigestCredentials;
  /** By where and what for: see placeOf(). */
  readonly #known = new Map<string, Session>();
  readonly #attempts = new WeakMap<Client, Attempt>();

  constructor(credentials: DigestCredentials) {
    this.#credentials = credentials;
  }

  /** Answers beforehand where the nonce of an earlier request may still do: that saves a round trip. */
  prepare(client: Client): void {
    if (this.#attempts.has(client) || client.message.method === 'CANCEL') return;
    const attempt: Attempt = { sessions: new Map(), answered: new Map(), rounds: 0 };
    this.#attempts.set(client, attempt);
    for (const by of ['server', 'proxy'] as const) {
      const session = this.#known.get(placeOf(client.message, by));
      if (session) attempt.sessions.set(keyOf(session.challenge), session);
    }
    this.#sign(client.message, attempt);
  }

  /** Whether the request left again with answers; false: the response is final. */
  retry(client: Client, response: string, dialog: Dialog | undefined): boolean {
    const attempt = this.#attempts.get(client);
    if (!attempt || this.#credentials.password === null || attempt.rounds >= MOST_ROUNDS) return false;
    const fresh = demandsOf(response).challenges.filter((challenge) => {
      const before = attempt.answered.get(keyOf(challenge));
      return before === undefined || (before === 'first' && challenge.stale);
    });
    if (fresh.length === 0) {
      for (const { challenge } of attempt.sessions.values()) {
        this.#known.delete(placeOf(client.message, challenge.by));
      }
      return false;
    }
    attempt.rounds += 1;
    for (const challenge of fresh) {
      const key = keyOf(challenge);
      attempt.answered.set(key, attempt.answered.has(key) ? 'stale' : 'first');
      const used = attempt.sessions.get(key);
      const session =
        used?.challenge.nonce === challenge.nonce
          ? used
          : { challenge, cnonce: randomBytes(12).toString('hex'), count: 0 };
      attempt.sessions.set(key, session);
      this.#keep(placeOf(client.message, challenge.by), session);
    }
    this.#sign(client.message, attempt);
    advance(client, dialog);
    client.init();
    return true;
  }

  #sign(message: OutgoingRequestMessage, { sessions }: Attempt): void {
    const { user, password } = this.#credentials;
    if (password === null) return;
    const request = { method: message.method, uri: message.ruri.toRaw(), body: bodyOf(message) };
    for (const [by, header] of [
      ['server', 'authorization'],
      ['proxy', 'proxy-authorization'],
    ] as const) {
      const values = [...sessions.values()]
        .filter(({ challenge }) => challenge.by === by)
        .map((session) => {
          session.count += 1;
          return answerTo(session.challenge, request, { user, password }, session.cnonce, session.count);
        });
      if (values.length > 0)
        message.headers[header === 'authorization' ? 'Authorization' : 'Proxy-Authorization'] = values;
    }
  }

  #keep(place: string, session: Session): void {
    this.#known.delete(place);
    this.#known.set(place, session);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > MOST_NONCES && oldest !== undefined) this.#known.delete(oldest);
  }
}

const authenticators = new WeakMap<UserAgentCore, Authenticator>();

/** Has all requests of `core` authenticated with these credentials; again: with others from now on. */
export function installDigest(core: UserAgentCore, credentials: DigestCredentials): void {
  lead();
  authenticators.set(core, new Authenticator(credentials));
}

/** For a person, of a 401 or 407 that came back for good: "401: wrong password". */
export function refusalText(response: IncomingResponseMessage, password: string | null): string {
  const { challenges, others } = demandsOf(response.data);
  const code = response.statusCode ?? 401;
  if (challenges.length === 0) {
    return others.length > 0
      ? `${code}: the server asks for ${others.join(' or ')}, which is not supported`
      : `${code}: the server refuses, and does not say which password it wants`;
  }
  return password === null ? `${code}: this account has no password` : `${code}: wrong password`;
}

/** Makes every UserAgentClient ask here, whose core was installed; done once for the whole process. */
let led = false;
function lead(): void {
  if (led) return;
  led = true;
  const prototype = UserAgentClient.prototype;
  const init = ownMethod(prototype, 'init');
  const guard = ownMethod(prototype, 'authenticationGuard');
  Object.defineProperty(prototype, 'init', {
    value(this: Client) {
      authenticators.get(this.core)?.prepare(this);
      Reflect.apply(init, this, []);
    },
  });
  Object.defineProperty(prototype, 'authenticationGuard', {
    value(this: Client, message: IncomingResponseMessage, dialog: Dialog | undefined): unknown {
      const authenticator = authenticators.get(this.core);
      if (!authenticator) return Reflect.apply(guard, this, [message, dialog]);
      if (message.statusCode !== 401 && message.statusCode !== 407) return true;
      return !authenticator.retry(this, message.data, dialog);
    },
  });
}

function ownMethod(prototype: object, name: string): () => unknown {
  const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  if (!isFunction(method))
    throw new SidetoneError('internal', `sip.js has no UserAgentClient.${name} any more`);
  return method;
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

/** The next CSeq, also in the dialog's own count, which sip.js leaves behind for all but INVITE. */
function advance({ core, message }: Client, given: Dialog | undefined): void {
  const dialog = given ?? core.dialogs.get(message.callId + message.fromTag + (message.toTag ?? ''));
  message.cseq += 1;
  if (dialog?.localSequenceNumber) {
    dialog.incrementLocalSequenceNumber();
    message.cseq = dialog.localSequenceNumber;
  }
  message.setHeader('cseq', `${message.cseq} ${message.method}`);
}

function bodyOf({ body }: OutgoingRequestMessage): string {
  return typeof body === 'string' ? body : (body?.body ?? '');
}

function keyOf({ by, realm }: Challenge): string {
  return `${by} ${realm}`;
}

/** A nonce serves requests of its kind to the same host: what a registrar gave is no business of those we call. */
function placeOf({ method, ruri }: OutgoingRequestMessage, by: Challenge['by']): string {
  return `${by} ${method === 'REGISTER' ? 'register' : 'other'} ${ruri.host.toLowerCase()}`;
}
