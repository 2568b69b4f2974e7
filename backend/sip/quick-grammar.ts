import { isIPv4 } from 'node:net';
import { Grammar, NameAddrHeader, URI } from 'sip.js';

/**
 * sip.js reads every header by a generated parser that decodes its whole table anew each time: 1.2 to 1.8 ms a message,
 * most of a core at 100 calls a second. Here the forms that nearly all messages consist of are read by one expression
 * each; whatever else there is goes to sip.js's own parser, so nothing is accepted that it would refuse
 * (quick-grammar.test.ts holds both against each other).
 */

const HOST =
  '(?:\\d{1,3}(?:\\.\\d{1,3}){3}|(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?)';
const TOKEN = "[A-Za-z0-9.!%*_+`'~-]+";
/** Neither escapes nor passwords. */
const USER = '[A-Za-z0-9._~*!+-]+';
const URI_PARAMS = '((?:;[A-Za-z0-9_-]+(?:=[A-Za-z0-9._:-]+)?)*)';
const SIP_URI = `(sips?):(?:(${USER})@)?(${HOST})(?::(\\d{1,5}))?${URI_PARAMS}`;
const PARAMS = `((?:;${TOKEN}(?:=${TOKEN})?)*)`;

const METHOD =
  '(?:INVITE|ACK|OPTIONS|BYE|CANCEL|REGISTER|SUBSCRIBE|NOTIFY|REFER|PUBLISH|PRACK|UPDATE|INFO|MESSAGE)';

const uri = new RegExp(`^${SIP_URI}$`, 'i');
const nameAddr = new RegExp(
  `^(?:"([^"\\\\\\x00-\\x1f\\x7f-\\uffff]*)" ?|(${TOKEN}) )?<${SIP_URI}>${PARAMS}$`,
  'i',
);
const requestLine = new RegExp(`^(${METHOD}) ${SIP_URI} (SIP/2\\.0)$`);
const statusLine = /^(SIP\/2\.0) ([1-6]\d\d) ([A-Za-z0-9 '.-]*)$/;
const via = new RegExp(`^(SIP)/2\\.0/(UDP|TCP|TLS|WSS|WS) (${HOST})(?::(\\d{1,5}))?${PARAMS}$`);
const cseq = new RegExp(`^(\\d{1,10}) (${METHOD})$`);
const number = /^\d{1,9}$/;
const callId = new RegExp(`^${TOKEN}(?:@${TOKEN})?$`);
const mediaType = /^application\/sdp$/;

/** URI parameters that the grammar treats by a rule of its own that is not followed here. */
const ODD_URI_PARAMS = new Set(['ttl', 'method', 'maddr']);
/** Of transport and user only these; the grammar may know more. */
const TRANSPORTS = new Set(['udp', 'tcp', 'tls', 'ws', 'wss']);
const USERS = new Set(['phone', 'ip']);

/** What sip.js's parser would make of the text; undefined: ask it. */
export function quickParse(text: string, rule: string): unknown {
  switch (rule) {
    case 'Request_Response':
      return parseStatusLine(text) ?? parseRequestLine(text);
    case 'Via':
      return parseVia(text);
    case 'From':
    case 'To':
      return parseNameAddr(text, false);
    case 'Contact':
    case 'Record_Route':
      return parseOnly(text, rule === 'Contact');
    case 'CSeq': {
      const match = cseq.exec(text);
      return match ? { value: Number(match[1]), method: match[2] } : undefined;
    }
    case 'Content_Length':
    case 'Max_Forwards':
      return number.test(text) ? Number(text) : undefined;
    case 'Call_ID':
      return callId.test(text) ? text : undefined;
    case 'Content_Type':
      return mediaType.test(text) ? text : undefined;
    case 'SIP_URI': {
      const match = uri.exec(text);
      return match ? uriOf(match, 1) : undefined;
    }
    default:
      return undefined;
  }
}

/** From now on sip.js reads by quickParse first. Once per thread; again does nothing. */
export function quickenGrammar(): void {
  if (quickened) return;
  quickened = true;
  const slow = Grammar.parse;
  Object.assign(Grammar, {
    parse: (text: string, rule: string): unknown => quickParse(text, rule) ?? slow(text, rule),
  });
}
let quickened = false;

function parseStatusLine(text: string): unknown {
  const match = statusLine.exec(text);
  if (!match) return undefined;
  const [, version, code, reason] = match;
  return { sip_version: version, status_code: Number(code), reason_phrase: reason };
}

function parseRequestLine(text: string): unknown {
  const match = requestLine.exec(text);
  const target = match && uriOf(match, 2);
  return target ? { method: match[1], uri: target, sip_version: 'SIP/2.0' } : undefined;
}

function parseVia(text: string): unknown {
  const match = via.exec(text);
  if (!match || !isHost(match[3])) return undefined;
  const [, protocol, transport, host, port, params = ''] = match;
  const read: Record<string, unknown> = { protocol, transport, host };
  if (port !== undefined) read['port'] = Number(port);
  for (const [name, value] of split(params)) {
    switch (name.toLowerCase()) {
      case 'branch':
        if (value === null) return undefined;
        read['branch'] = value;
        break;
      case 'rport':
        if (value === null || !number.test(value)) return undefined;
        read['rport'] = value;
        break;
      case 'received':
        if (value === null || !isIPv4(value)) return undefined;
        read['received'] = value;
        break;
      default:
        return undefined;
    }
  }
  return read;
}

/** The one value of a header that may have several. */
function parseOnly(text: string, isContact: boolean): unknown {
  const parsed = parseNameAddr(text, isContact);
  // The parser's own idea of where a value lies: its end as `position`, its start as `offset`.
  return parsed && [{ position: text.length, offset: 0, parsed }];
}

function parseNameAddr(text: string, isContact: boolean): NameAddrHeader | undefined {
  const match = nameAddr.exec(text);
  const target = match && uriOf(match, 3);
  if (!target) return undefined;
  const header = new NameAddrHeader(target, match[1] ?? match[2] ?? '', {});
  for (const [name, value] of split(match[8] ?? '')) {
    const key = name.toLowerCase();
    // Numbers there are read as numbers; whatever is said twice has rules of its own.
    if ((isContact && (key === 'q' || key === 'expires')) || header.hasParam(key)) return undefined;
    if (key === 'tag' && value === null) return undefined;
    header.setParam(key, value);
  }
  return header;
}

/** From the five groups of SIP_URI, the first of which is `at`; undefined: the parser has rules of its own for it. */
function uriOf(match: RegExpExecArray, at: number): URI | undefined {
  const [scheme = '', user, host = '', port, params = ''] = match.slice(at, at + 5);
  if (!isHost(host)) return undefined;
  const read: Record<string, string | null> = {};
  for (const [name, value] of split(params)) {
    const key = name.toLowerCase();
    if (ODD_URI_PARAMS.has(key) || key in read) return undefined;
    if (key === 'transport') {
      if (value === null || !TRANSPORTS.has(value.toLowerCase())) return undefined;
      read[key] = value.toLowerCase();
    } else if (key === 'user') {
      if (value === null || !USERS.has(value.toLowerCase())) return undefined;
      read[key] = value.toLowerCase();
    } else if (key.startsWith('lr') && (key !== 'lr' || value !== null)) return undefined;
    else read[key] = value;
  }
  // The library's type wants a user where its own parser gives none.
  const target = new URI(scheme, user ?? '', host, port === undefined ? undefined : Number(port), read);
  if (user === undefined) target.user = undefined;
  return target;
}

/** ";a=b;c" as pairs. */
function split(params: string): readonly (readonly [string, string | null])[] {
  if (params === '') return [];
  return params
    .slice(1)
    .split(';')
    .map((param) => {
      const equals = param.indexOf('=');
      return equals === -1 ? [param, null] : [param.slice(0, equals), param.slice(equals + 1)];
    });
}

/** What looks like an IPv4 address is one. */
function isHost(host: string | undefined): boolean {
  return host !== undefined && (!/^[\d.]+$/.test(host) || isIPv4(host));
}
