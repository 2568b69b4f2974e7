import { isIP } from 'node:net';
import { problemOf } from '../base/errors.ts';
import type { SipTransport } from '../contract/sip.ts';
import type { Means, Told } from './ping.ts';

/** Where the server of a domain may be: what DNS names, and what is usual. */

/** A way to a server that may be the right one. */
export interface Candidate {
  readonly transport: SipTransport;
  /** Of the settings: null where DNS names the server, and the domain is enough. */
  readonly registrar: string | null;
  /** `sip.example.com:5061`, for the person. */
  readonly where: string;
}

const USUAL: readonly { readonly transport: SipTransport; readonly port: number; readonly path: string }[] = [
  { transport: 'tls', port: 5061, path: '' },
  { transport: 'tcp', port: 5060, path: '' },
  { transport: 'udp', port: 5060, path: '' },
  { transport: 'wss', port: 443, path: '/ws' },
  { transport: 'wss', port: 8089, path: '/ws' },
  { transport: 'wss', port: 7443, path: '/' },
];
const SRV_NAMES: readonly { readonly transport: SipTransport; readonly prefix: string }[] = [
  { transport: 'tls', prefix: '_sips._tcp.' },
  { transport: 'tcp', prefix: '_sip._tcp.' },
  { transport: 'udp', prefix: '_sip._udp.' },
];
const NAPTR_SERVICES: Readonly<Record<string, SipTransport>> = {
  'SIPS+D2T': 'tls',
  'SIP+D2T': 'tcp',
  'SIP+D2U': 'udp',
};

/** What NAPTR and SRV say. A domain that names a port, or is an address, has said it all. */
export async function namedByDns(
  host: string,
  port: number | null,
  { dns }: Means,
): Promise<{ readonly candidates: readonly Candidate[]; readonly told: Told }> {
  const info = (message: string): Told => ({ verdict: 'info', message, hint: null });
  if (isIP(host) !== 0) return { candidates: [], told: info(`${host} is an address: DNS is not needed`) };
  if (port !== null) return { candidates: [], told: info(`${host} is asked on port ${port}`) };
  try {
    const [naptr, ...found] = await Promise.all([
      dns.naptr(host),
      ...SRV_NAMES.map(({ prefix }) => dns.srv(prefix + host)),
    ]);
    const order = naptr.records
      .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
      .map(({ service }) => NAPTR_SERVICES[service.toUpperCase()]);
    const rank = (transport: SipTransport) =>
      order.includes(transport) ? order.indexOf(transport) : order.length;
    const candidates = SRV_NAMES.flatMap(({ transport }, index) =>
      (found[index]?.records ?? [])
        .filter(({ name }) => name !== '' && name !== '.')
        .slice(0, 1)
        .map((record) => ({ transport, registrar: null, where: `${record.name}:${record.port}` })),
    ).toSorted((a, b) => rank(a.transport) - rank(b.transport));
    const list = candidates.map(shown).join(', ');
    return {
      candidates,
      told:
        candidates.length > 0
          ? { verdict: 'ok', message: `DNS of ${host} names ${list}`, hint: null }
          : info(`DNS of ${host} names no SIP server: trying the usual ports`),
    };
  } catch (error) {
    const { message, hint } = problemOf(error);
    return { candidates: [], told: { verdict: 'fail', message, hint } };
  }
}

/** The usual ports of the domain, and of `sip.` before it where that exists. */
export async function guesses(host: string, port: number | null, { dns }: Means): Promise<Candidate[]> {
  const hosts = [host];
  if (isIP(host) === 0 && !/^(sip|pbx)\./i.test(host)) {
    const found = await dns.addresses(`sip.${host}`).catch(() => null);
    if (found && found.records.length > 0) hosts.unshift(`sip.${host}`);
  }
  return hosts.flatMap((name) =>
    USUAL.filter(({ transport }) => port === null || transport !== 'wss').map((usual) => {
      const where = `${bracketed(name)}:${port ?? usual.port}`;
      const plain = name === host && port === null ? null : where;
      const registrar = usual.transport === 'wss' ? `wss://${where}${usual.path}` : plain;
      return { transport: usual.transport, registrar, where };
    }),
  );
}

export function shown({ transport, where }: Candidate): string {
  return `${transport.toUpperCase()} ${where}`;
}

export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
