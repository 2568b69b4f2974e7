import { parseVia, splitOutside, type SipMessage } from './message.ts';
import { parseSipUri } from './uri.ts';

/** What is wrong with a message: what to answer to a request. */
export interface Fault {
  readonly status: 400 | 416 | 505;
  readonly reason: string;
}

const MANDATORY = ['from', 'to', 'call-id', 'cseq'] as const;
const SINGLE = [...MANDATORY, 'max-forwards', 'content-length', 'content-type'] as const;
const CALL_ID = /^[\w.!%*+`'~()<>:\\"/[\]?{}@-]+$/;

/** Whether a response to this request can be built, and somebody would read it (RFC 3261 section 8.2.6). */
export function answerable(message: SipMessage): boolean {
  const [top = ''] = splitOutside(message.get('via') ?? '', ',');
  const method = message.request?.method ?? message.start.split(' ')[0];
  const asks = method !== 'ACK' && !/^SIP\//i.test(message.start);
  return asks && parseVia(top) !== null && MANDATORY.every((name) => message.get(name) !== null);
}

/** What RFC 3261 asks of every message before anybody looks at what it means; null: all is well. */
export function faultOf(message: SipMessage): Fault | null {
  const { request, status, cseq } = message;
  if (!request && status === null) {
    const version = /\sSIP\/(\S+)\s*$/i.exec(message.start)?.[1];
    if (version !== undefined && version !== '2.0') return { status: 505, reason: 'Version Not Supported' };
    return bad('Malformed Request-Line');
  }
  if (message.flawed) return bad('Malformed header');
  if (message.all('via').some((value) => splitOutside(value, ',').includes(''))) return bad('Malformed via');
  for (const name of MANDATORY) if (!message.get(name)) return bad(`Missing ${name}`);
  for (const name of SINGLE) if (message.all(name).length > 1) return bad(`More than one ${name}`);
  if (!cseq || cseq.number >= 2 ** 31) return bad('Malformed CSeq');
  if (request && cseq.method !== request.method) return bad('CSeq names another method');
  const ofUri = request ? faultOfUri(request.uri) : null;
  if (ofUri) return ofUri;
  if (!CALL_ID.test(message.callId)) return bad('Malformed Call-ID');
  const forwards = message.get('max-forwards');
  if (forwards !== null && !(/^\d{1,9}$/.test(forwards) && Number(forwards) <= 255))
    return bad('Malformed Max-Forwards');
  return faultOfBody(message);
}

/** RFC 3261 section 8.2.2.1. */
function faultOfUri(uri: string): Fault | null {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return bad('Malformed Request-URI');
  if (scheme === 'tel') return null;
  if (scheme !== 'sip' && scheme !== 'sips') return { status: 416, reason: 'Unsupported URI Scheme' };
  return parseSipUri(uri) === null ? bad('Malformed Request-URI') : null;
}

function faultOfBody(message: SipMessage): Fault | null {
  const said = message.get('content-length');
  const bytes = Buffer.byteLength(message.body);
  if (said !== null && !/^\d{1,9}$/.test(said)) return bad('Malformed Content-Length');
  if (said !== null && Number(said) > bytes) return bad('Body is shorter than Content-Length says');
  if (bytes > 0 && message.get('content-type') === null && message.request)
    return bad('Missing Content-Type');
  return null;
}

function bad(reason: string): Fault {
  return { status: 400, reason };
}
