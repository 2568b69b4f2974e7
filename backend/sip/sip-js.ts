import { AllowedMethods } from 'sip.js/lib/core/user-agent-core/allowed-methods.js';
import {
  type Body,
  Grammar,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  LoggerFactory,
  NonInviteServerTransaction,
  type OutgoingRequestMessage,
  Parser,
  type Session,
  SessionDialog,
  Timers,
  type URI,
  type UserAgentCore,
  UserAgentServer,
} from 'sip.js/lib/core/index.js';
import { SidetoneError } from '../base/errors.ts';
import { quickenGrammar } from './quick-grammar.ts';

/**
 * sip.js as this project uses it: its core (transactions, dialogs, parser) and nothing above, whose sessions know
 * neither UPDATE, nor forked early media, nor a call to one of our own accounts. What is set or reached into here is
 * all that is bent; the package itself stays as it is.
 */

// Answered by us (RFC 3311), and what a telephone has no use for is answered 405 by the core itself.
const METHODS = ['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'NOTIFY', 'OPTIONS', 'PRACK', 'REFER', 'UPDATE'];
AllowedMethods.splice(0, AllowedMethods.length, ...METHODS);
export const ALLOW = `Allow: ${METHODS.join(', ')}`;

// The layer below gives up first (RFC 3261, timers B and F) and says who did not answer; these are a safety net.
Timers.TIMER_B = 72 * Timers.T1;
Timers.TIMER_F = 72 * Timers.T1;

quickenGrammar();

/** sip.js's own log: silent. Its lines may carry whole messages. */
export function silence(): LoggerFactory {
  const factory = new LoggerFactory();
  factory.builtinEnabled = false;
  return factory;
}

const logger = silence().getLogger('sip');

/** null: not a SIP message. @throws what sip.js throws at some of them. */
export function parseMessage(text: string): IncomingRequestMessage | IncomingResponseMessage | null {
  // A challenge that sip.js cannot read would cost the whole response; digest.ts reads them, from `data`.
  const hidden = CHALLENGED.test(text) ? text.replaceAll(CHALLENGE_NAME, 'X-$1-Authenticate') : text;
  const message = Parser.parseMessage(hidden, logger);
  if (message) message.data = text;
  return message ?? null;
}

const CHALLENGED = /^SIP\/2\.0 40[17] /i;
const CHALLENGE_NAME = /^(www|proxy)-authenticate(?=[ \t]*:)/gim;

export function parseUri(text: string): URI | null {
  return Grammar.URIParse(text) ?? null;
}

/** A parameter of a URI in lower case; '' where it has none or no value. */
export function parameterOf(uri: URI, name: string): string {
  const value: unknown = uri.getParam(name);
  return typeof value === 'string' ? value.toLowerCase() : '';
}

/** @throws SidetoneError 'internal' where sip.js does not do as it always does. */
export function dialogOf(session: Session): SessionDialog {
  if (session instanceof SessionDialog) return session;
  throw new SidetoneError('internal', 'a session of sip.js is no SessionDialog');
}

/** The remote target of a dialog after a target refresh by UPDATE (RFC 3311, section 5.2), which sip.js knows for INVITE only. */
export function retarget(dialog: SessionDialog, message: IncomingRequestMessage): void {
  const contact: unknown = message.parseHeader('contact');
  if (contact === null || typeof contact !== 'object' || !('uri' in contact)) return;
  const state: unknown = Reflect.get(dialog, 'dialogState');
  if (state !== null && typeof state === 'object') Reflect.set(state, 'remoteTarget', contact.uri);
}

/**
 * Server side of an UPDATE within a dialog, which sip.js would answer 405. null: it was out of order and is answered.
 */
export function updateServer(
  core: UserAgentCore,
  dialog: SessionDialog,
  message: IncomingRequestMessage,
): UserAgentServer | null {
  if (dialog.remoteSequenceNumber !== undefined && message.cseq <= dialog.remoteSequenceNumber) {
    core.replyStateless(message, { statusCode: 500 });
    return null;
  }
  const state: unknown = Reflect.get(dialog, 'dialogState');
  if (state !== null && typeof state === 'object') Reflect.set(state, 'remoteSequenceNumber', message.cseq);
  return new UserAgentServer(NonInviteServerTransaction, core, message);
}

/**
 * A request that was challenged went out again with a higher CSeq, of which sip.js tells the dialog only for INVITE:
 * without this the next request would repeat it.
 */
export function keepCount(dialog: SessionDialog, message: OutgoingRequestMessage): void {
  while (dialog.localSequenceNumber !== undefined && dialog.localSequenceNumber < message.cseq) {
    dialog.incrementLocalSequenceNumber();
  }
}

export function sdpBody(content: string): Body {
  return { contentDisposition: 'session', contentType: 'application/sdp', content };
}
