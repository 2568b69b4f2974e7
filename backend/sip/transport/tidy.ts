import { splitOutside, type SipMessage } from './message.ts';
import { parseSipUri } from './uri.ts';

/**
 * sip.js reads by the letter of RFC 3261's grammar and drops a whole message for a host with an underscore (Docker
 * names), a tel: address, a `#` in a number, a name in Cyrillic without quotes. Such spellings are put right here, on
 * the way up; what a name stands for is put back on the way down, so that the far end sees its own spelling.
 */

const ADDRESSES = new Set(['from', 'to', 'contact', 'record-route', 'route', 'refer-to', 'referred-by']);
/** In the place of an underscore in a host: letters, so that it may stand anywhere. */
const UNDERSCORE = 'zu5fz';
const PLAIN =
  /^(?:"[^"\\<>]*" ?|[\w.!%*+`'~-]+ )?<sips?:(?:[\w.~*!+-]+@)?(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*(?::\d{1,5})?>(?:;[\w-]+=[\w.-]+)*$/i;
// Nothing here may be matched in two ways: a header of 64 KB would take seconds.
const NAME_ADDRESS = /^(?:"((?:[^"\\]|\\.)*)"\s*|([^<"]*))<([^<>]*)>\s*(.*)$/s;
const PARAMETER = /^[\w.!%*+`'~-]+(?:\s*=\s*(?:[\w.!%*+`'~:-]+|"(?:[^"\\]|\\.)*"|\[[0-9a-f:.]+\]))?$/i;

/** An address as sip.js can read it; null: it is none. `domain`: where telephone numbers belong (RFC 3261, 19.1.6). */
export function tidyAddress(written: string, domain: string): string | null {
  if (PLAIN.test(written) && !written.includes('_')) return written;
  const [, quoted, bare, inBrackets, after] = NAME_ADDRESS.exec(written) ?? [];
  const [first = '', ...others] = splitOutside(written, ';');
  const uri = tidyUri((inBrackets ?? first).trim(), domain);
  if (uri === null) return null;
  const tail = after === undefined ? others : splitOutside(after, ';');
  if (after !== undefined && tail.shift() !== '') return null;
  const parameters = tail.filter((parameter) => PARAMETER.test(parameter));
  const name = quoted ?? (bare ?? '').replaceAll(/[\\"]/g, '').trim();
  // oxlint-disable-next-line no-control-regex -- what a terminal or log would obey has no place in a name
  const shown = name.replaceAll(/[\x00-\x1f\x7f]/g, ' ');
  return `${shown === '' ? '' : `"${shown}" `}<${uri}>${parameters.map((part) => `;${part}`).join('')}`;
}

/** null: neither SIP nor telephone. */
export function tidyUri(written: string, domain: string): string | null {
  const [, number] = /^tel:([+\d*#a-d().-]+)/i.exec(written) ?? [];
  if (number !== undefined) {
    const digits = number.replaceAll(/[().-]/g, '').replaceAll('#', '%23');
    return `sip:${digits}@${domain};user=phone`;
  }
  const [, scheme, user, rest] = /^(sips?:)(?:([^@]*)@)?([^@]*)$/i.exec(written) ?? [];
  if (scheme === undefined || rest === undefined) return null;
  const tidied = (user ?? '').replaceAll(/%(?![0-9a-f]{2})|[^\w.!~*'()&=+$,;?/:%-]/giu, (char) =>
    encodeURIComponent(char),
  );
  const [, host = '', more = ''] = /^(\[[^\]]*\]|[^:;?]*)(.*)$/s.exec(rest) ?? [];
  const name = host.startsWith('[') ? host : host.replace(/\.$/, '').replaceAll('_', UNDERSCORE);
  const uri = `${scheme}${user === undefined ? '' : `${tidied}@`}${name}${more}`;
  return parseSipUri(uri) === null ? null : uri;
}

/** Puts a message's addresses right. @returns the name of a header that could not be read; null: all is well */
export function tidyAddresses(message: SipMessage, domain: string): string | null {
  let bad: string | null = null;
  for (const name of ADDRESSES) {
    const values = message.all(name);
    const tidied = values.flatMap((value) => splitOutside(value, ',').map((one) => tidyAddress(one, domain)));
    if (tidied.includes(null)) bad = name;
    else if (values.length > 0) message.set(properName(name), ...tidied.filter((value) => value !== null));
  }
  return bad;
}

function properName(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Hosts as they were, in a message of the user agent's. */
export function untidy(message: SipMessage): void {
  if (message.start.includes(UNDERSCORE)) message.start = message.start.replaceAll(UNDERSCORE, '_');
  message.change(ADDRESSES, (value) => value.replaceAll(UNDERSCORE, '_'));
}
