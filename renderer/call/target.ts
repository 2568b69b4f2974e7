/** Why what was typed into the dial field cannot be called. */
export type TargetProblem = 'empty' | 'scheme' | 'host' | 'port' | 'user' | 'number' | 'account';

export type Target =
  | { readonly ok: true; readonly kind: 'rtp' | 'sip'; readonly target: string }
  | { readonly ok: false; readonly problem: TargetProblem };

/**
 * What a person typed: `rtp:HOST:PORT` or HOST:PORT is raw RTP; `sip:`, `sips:`, `tel:` and USER@HOST are SIP, and
 * with an account so is a number or a user alone. `accounts`: whether there is one to call with.
 */
export function parseTarget(typed: string, accounts: boolean): Target {
  const text = typed.trim();
  if (text === '') return no('empty');
  const scheme = /^(sips?|tel):(\/\/)?/i.exec(text);
  if (scheme) return ofScheme((scheme[1] ?? '').toLowerCase(), text.slice(scheme[0].length), accounts);
  if (/^(https?|udp|tcp|callto):/i.test(text)) return no('scheme');
  if (text.includes('@')) return sipAddress('sip', text);
  if (/^rtp:/i.test(text) || text.includes(':')) return rawRtp(text);
  // Nobody is called 10.0.0.5: the port was forgotten.
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return no('port');
  if (accounts) return numberOrUser(text);
  return isNumber(text) || /^[\w-]+$/.test(text) ? no('account') : rawRtp(text);
}

/** What the field of a transfer takes: all that can be called by SIP. */
export function parseSipTarget(typed: string): Target {
  const target = parseTarget(typed, true);
  return target.ok && target.kind === 'rtp' ? no('scheme') : target;
}

function ofScheme(scheme: string, rest: string, accounts: boolean): Target {
  const text = rest.trim();
  if (scheme === 'tel') {
    const number = dialled(text.split(';')[0] ?? '');
    if (!isNumber(number)) return no('number');
    return accounts ? sip(`tel:${number}`) : no('account');
  }
  if (text.includes('@')) return sipAddress(scheme, text);
  if (text === '') return no('user');
  // A host alone is called too (RFC 3261, 19.1.1); a number alone has none.
  if (/^\[|[.:]/.test(text) && !isNumber(text)) return sip(`${scheme}:${text}`);
  return accounts ? numberOrUser(text) : no('account');
}

function sipAddress(scheme: string, text: string): Target {
  const at = text.lastIndexOf('@');
  const [user, host] = [text.slice(0, at), text.slice(at + 1)];
  if (user === '' || /[\s<>"]/.test(user)) return no('user');
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?([;?]\S*)?$/i.test(host)) return no('host');
  return sip(`${scheme}:${user}@${host}`);
}

function numberOrUser(text: string): Target {
  const number = dialled(text);
  if (isNumber(number)) return sip(number);
  return /^[\w.!~'&=+$,;?/%-]+$/.test(text) ? sip(text) : no('user');
}

function rawRtp(text: string): Target {
  const address = text.replace(/^rtp:(\/\/)?/i, '');
  const parts = /^(\[[0-9a-f:.]+\]|[^:\s]*):?(\S*)$/i.exec(address);
  const [host, port] = [parts?.[1] ?? '', parts?.[2] ?? ''];
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)$/i.test(host)) return no('host');
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return no('port');
  return { ok: true, kind: 'rtp', target: `rtp:${host}:${Number(port)}` };
}

/** Without what people put between digits to read them. */
export function dialled(text: string): string {
  return /^[+\d*#][\d*#\s().\-/]*$/.test(text) ? text.replaceAll(/[\s().\-/]/g, '') : text;
}

function isNumber(text: string): boolean {
  return /^\+?[\d*#]+$/.test(text);
}

function sip(target: string): Target {
  return { ok: true, kind: 'sip', target };
}

function no(problem: TargetProblem): Target {
  return { ok: false, problem };
}
