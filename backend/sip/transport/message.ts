/** Long names of compact header forms (RFC 3261 section 7.3.3 and the registry of header fields). */
const LONG_NAMES: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

interface Header {
  /** Lower case, long form. */
  readonly key: string;
  /** As it is written. */
  readonly name: string;
  value: string;
}

const REQUEST_LINE = /^([A-Za-z0-9.!%*_+`'~-]+) +(\S+) +SIP\/2\.0$/i;
const HEADER_NAME = /^[A-Za-z0-9.!%*_+`'~-]+$/;
const STATUS_LINE = /^SIP\/2\.0 +([1-6]\d\d)(?: (.*))?$/i;

/**
 * A SIP message cut into its start line, headers (unfolded, long names) and body. Little is judged: whatever has the
 * start line of one is read, so that it can be answered.
 */
export class SipMessage {
  start: string;
  readonly #headers: Header[];
  body: string;
  /** A line was left out that is no header. */
  #flawed = false;

  constructor(start: string, headers: readonly (readonly [name: string, value: string])[], body: string) {
    this.start = start;
    this.#headers = headers.map(([name, value]) => header(name, value));
    this.body = body;
  }

  /** null: no start line of SIP. A body longer than Content-Length says is cut (section 18.3). */
  static read(text: string): SipMessage | null {
    const end = text.indexOf('\r\n\r\n');
    const head = end < 0 ? text.replace(/(?:\r\n)+$/, '') : text.slice(0, end);
    const [start = '', ...lines] = head.split('\r\n');
    if (!/^SIP\/|\sSIP\/\S+\s*$/i.test(start)) return null;
    const headers: [string, string][] = [];
    let flawed = end < 0;
    for (const line of lines) {
      const last = headers.at(-1);
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon)).trimEnd();
      if (/^[ \t]/.test(line) && last) last[1] = `${last[1]} ${line.trim()}`.trim();
      else if (HEADER_NAME.test(name)) headers.push([name, line.slice(colon + 1).trim()]);
      else flawed = true;
    }
    const message = new SipMessage(start, headers, end < 0 ? '' : text.slice(end + 4));
    message.#flawed = flawed;
    const said = message.get('content-length');
    if (said !== null && /^\d+$/.test(said)) {
      const bytes = Buffer.byteLength(message.body);
      if (Number(said) < bytes) message.body = Buffer.from(message.body).toString('utf8', 0, Number(said));
    }
    return message;
  }

  get flawed(): boolean {
    return this.#flawed;
  }

  /** null: a response, or a request line that is none. */
  get request(): { readonly method: string; readonly uri: string } | null {
    const [, method, uri] = REQUEST_LINE.exec(this.start) ?? [];
    return method === undefined || uri === undefined ? null : { method, uri };
  }

  /** Status code; null: a request, or a status line that is none. */
  get status(): number | null {
    const [, code] = STATUS_LINE.exec(this.start) ?? [];
    return code === undefined ? null : Number(code);
  }

  /** The method that CSeq names, and its number; null: there is no such header. */
  get cseq(): { readonly number: number; readonly method: string } | null {
    const [, number, method] = /^(\d{1,10})\s+(\S+)$/.exec(this.get('cseq') ?? '') ?? [];
    return number === undefined || method === undefined ? null : { number: Number(number), method };
  }

  get callId(): string {
    return this.get('call-id') ?? '';
  }

  get fromTag(): string | null {
    return tagIn(this.get('from') ?? '');
  }

  get toTag(): string | null {
    return tagIn(this.get('to') ?? '');
  }

  /** Value of the first header of that name (lower case); null: there is none. */
  get(name: string): string | null {
    return this.#headers.find(({ key }) => key === name)?.value ?? null;
  }

  all(name: string): string[] {
    return this.#headers.filter(({ key }) => key === name).map(({ value }) => value);
  }

  /** Puts `values` where the first header of that name stands, else first, in the place of all of them. */
  set(name: string, ...values: readonly string[]): void {
    const key = name.toLowerCase();
    const at = this.#headers.findIndex((header) => header.key === key);
    this.remove(key);
    this.#headers.splice(Math.max(0, at), 0, ...values.map((value) => header(name, value)));
  }

  remove(name: string): void {
    for (let at = this.#headers.length - 1; at >= 0; at -= 1) {
      if (this.#headers[at]?.key === name) this.#headers.splice(at, 1);
    }
  }

  /** Changes every value of headers with these names (lower case). */
  change(names: ReadonlySet<string>, change: (value: string) => string): void {
    for (const header of this.#headers) if (names.has(header.key)) header.value = change(header.value);
  }

  clone(): SipMessage {
    return new SipMessage(
      this.start,
      this.#headers.map(({ name, value }) => [name, value]),
      this.body,
    );
  }

  toString(): string {
    const lines = this.#headers.map(({ name, value }) => `${name}: ${value}\r\n`);
    return `${this.start}\r\n${lines.join('')}\r\n${this.body}`;
  }
}

function header(written: string, value: string): Header {
  const name = LONG_NAMES[written.toLowerCase()] ?? written;
  return { key: name.toLowerCase(), name, value };
}

/** Tag of a From or To value; null: there is none. Within <> it would be the URI's parameter. */
export function tagIn(address: string): string | null {
  const parameters = address.slice(address.lastIndexOf('>') + 1);
  return /;\s*tag\s*=\s*([^;\s,]+)/i.exec(parameters)?.[1] ?? null;
}

/** Cuts at `separator` where it stands neither in quotes nor in angle brackets. */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let begin = 0;
  let quoted = false;
  let angle = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') angle = true;
    else if (char === '>') angle = false;
    else if (char === separator && !angle) {
      parts.push(text.slice(begin, at).trim());
      begin = at + 1;
    }
  }
  parts.push(text.slice(begin).trim());
  return parts;
}

/** One value of a Via header. */
export interface Via {
  /** Upper case. */
  readonly transport: string;
  /** Without brackets, lower case. */
  readonly host: string;
  readonly port: number | null;
  /** By lower-case name; null: without a value. */
  readonly parameters: ReadonlyMap<string, string | null>;
}

/** More is nobody's Via; the expression below would take long over a thousand times as much. */
const MOST_VIA_CHARS = 1000;
const VIA =
  /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9.!%*_+`'~-]+)\s+(\[[^\]\s]+\]|[^\s:;,[\]]+)\s*(?::\s*(\d{1,5}))?\s*(;.*)?$/i;

/** null: not a Via value. */
export function parseVia(value: string): Via | null {
  if (value.length > MOST_VIA_CHARS) return null;
  const [, transport, host, port, rest = ''] = VIA.exec(value.trim()) ?? [];
  if (transport === undefined || host === undefined) return null;
  if (port !== undefined && (Number(port) > 65_535 || Number(port) === 0)) return null;
  const parameters = new Map<string, string | null>();
  for (const part of splitOutside(rest, ';')) {
    const [name = '', ...values] = part.split('=');
    if (name.trim() !== '')
      parameters.set(name.trim().toLowerCase(), values.length === 0 ? null : values.join('=').trim());
  }
  return {
    transport: transport.toUpperCase(),
    host: host.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === undefined ? null : Number(port),
    parameters,
  };
}

export function showVia({ transport, host, port, parameters }: Via): string {
  const written = [...parameters].map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`));
  const end = host.includes(':') ? `[${host}]` : host;
  return `SIP/2.0/${transport} ${end}${port === null ? '' : `:${port}`}${written.join('')}`;
}
