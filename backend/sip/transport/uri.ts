import { splitOutside } from './message.ts';

/** What routing needs of a SIP URI (RFC 3261 section 19.1). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** As written, escapes and password and all; null: none. */
  readonly user: string | null;
  /** Without brackets, lower case. */
  readonly host: string;
  readonly port: number | null;
  /** Of URI parameters, by lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

const URI = /^(sips?):(?:([^@]*)@)?(\[[0-9a-f:.%]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?((?:;[^?]*)?)(?:\?.*)?$/i;

/** null: not a SIP URI. */
export function parseSipUri(text: string): SipUri | null {
  const [, scheme, user, host, port, rest = ''] = URI.exec(text.trim()) ?? [];
  if (scheme === undefined || host === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) === 0)
    return null;
  const parameters = new Map<string, string>();
  for (const part of rest.split(';')) {
    const [name = '', value = ''] = part.split('=');
    if (name !== '') parameters.set(name.trim().toLowerCase(), value.trim());
  }
  return {
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user: user ?? null,
    host: host.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === undefined ? null : Number(port),
    parameters,
  };
}

/** The URI of the first address in a header such as Route or Contact; null: there is none. */
export function uriInHeader(value: string): string | null {
  const first = splitOutside(value, ',')[0] ?? '';
  return /<([^>]*)>/.exec(first)?.[1] ?? splitOutside(first, ';')[0] ?? null;
}
