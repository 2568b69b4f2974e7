import type { SipMessage } from './message.ts';
import { tidyAddresses } from './tidy.ts';
import { parseSipUri } from './uri.ts';

const MEDIA_TYPE = /^([\w.!%*+`'~-]+\/[\w.!%*+`'~-]+)\s*(?:;.*)?$/;
/** In the place of a tag that is not there. */
const NO_TAG = 'untagged';

export interface Identity {
  /** User part of the AOR: sip.js answers 404 to a request for any other. */
  readonly user: string;
  readonly domain: string;
}

/**
 * Makes of an admitted message one that sip.js takes: a number of ours that is not the AOR (DID), tel: and sips: become
 * the AOR's sip: address; spellings it cannot read are put right. @returns what could not be read; null: all is well
 */
export function cleanFor(message: SipMessage, { user, domain }: Identity): string | null {
  const { request } = message;
  if (request) {
    const uri = parseSipUri(request.uri);
    if (uri?.scheme !== 'sip' || uri.user !== user) {
      message.start = `${request.method} sip:${user}@${domain} SIP/2.0`;
    }
  }
  const bad = tidyAddresses(message, domain);
  if (bad !== null) return bad;
  tagRinging(message);
  cleanBody(message);
  return null;
}

/** sip.js drops a provisional response whose To has no tag, which some gateways of old send: nobody would hear it ring. */
function tagRinging(message: SipMessage): void {
  const { status, toTag, cseq } = message;
  if (status === null || status <= 100 || status >= 200 || toTag !== null || cseq?.method !== 'INVITE')
    return;
  message.set('To', `${message.get('to') ?? ''};tag=${NO_TAG}`);
}

function cleanBody(message: SipMessage): void {
  const type = message.get('content-type');
  if (message.body !== '' && type === null) message.body = '';
  if (message.body === '') message.remove('content-type');
  else if (type !== null) {
    message.set('Content-Type', MEDIA_TYPE.exec(type)?.[1]?.toLowerCase() ?? 'application/octet-stream');
  }
  const disposition = message.get('content-disposition');
  if (disposition !== null && !/^[\w-]+(?:\s*;\s*[\w-]+\s*=\s*[\w-]+)*$/.test(disposition)) {
    message.remove('content-disposition');
  }
  message.set('Content-Length', String(Buffer.byteLength(message.body)));
}
