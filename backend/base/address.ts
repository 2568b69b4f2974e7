import { SidetoneError } from './errors.ts';

/** "HOST:PORT", "[IPv6]:PORT" or ":PORT". @throws SidetoneError 'usage' naming what it was given for. */
export function parseAddress(text: string, what: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new SidetoneError('usage', `${what} '${text}' is not HOST:PORT`, {
      hint: 'for example 0.0.0.0:10000',
    });
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/**
 * An end of a call as events and manifests name it: `10.0.0.1:4000`, `[2001:db8::1]:4000` or, as older ones, without
 * brackets; null: it is none. An IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 one.
 */
export function parseEnd(end: string): { readonly host: string; readonly port: number } | null {
  const match = /^\[?(?:::ffff:)?(.*?)\]?:(\d+)$/i.exec(end);
  return match ? { host: match[1] ?? '', port: Number(match[2]) } : null;
}

/** As a person dials it: IPv6 in brackets. */
export function showAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a listener there answers on every address of its machine. */
export function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
