import {
  type Dialog,
  IncomingRequestMessage,
  type IncomingResponseMessage,
  NameAddrHeader,
  type URI,
} from 'sip.js/lib/core/index.js';

/**
 * A Contact for a message that lacks the one it must have: sip.js drops such responses without a word, and a call
 * would ring for ever. What is taken instead is what the far end is known by anyway.
 */
export function mendContact(
  message: IncomingRequestMessage | IncomingResponseMessage,
  dialog?: Dialog,
): void {
  if (message.method !== 'INVITE' || message.hasHeader('contact')) return;
  if (message instanceof IncomingRequestMessage) {
    // Without a dialog the INVITE is answered 400 by the core, as it should be.
    if (dialog) setContact(message, dialog.remoteTarget);
    return;
  }
  const code = message.statusCode ?? 0;
  if (code > 100 && code < 300) setContact(message, message.to.uri);
}

/** Parsed at once: what sip.js parses later it reads as a list. */
function setContact(message: IncomingRequestMessage | IncomingResponseMessage, uri: URI): void {
  const parsed = new NameAddrHeader(uri.clone(), '', {});
  message.headers['Contact'] = [{ parsed, raw: parsed.toString() }];
}
