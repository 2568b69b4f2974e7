import type { CryptoLine } from './crypto.ts';
import { SdpRefusal } from './refusal.ts';
import type { Direction, MediaSection } from './syntax.ts';

export type CodecName = 'PCMU' | 'PCMA';
export type SrtpPolicy = 'never' | 'if_asked' | 'required';

/** What an account allows. */
export interface Terms {
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpPolicy;
}

/** What one m= section offers or answers that we can do. */
export interface Stream {
  /** As written on the m= line: RTP/AVP, RTP/SAVP, or either with F. */
  readonly protocol: string;
  readonly codec: CodecName;
  readonly payload: number;
  /** Payload type of telephone-event/8000; null: none. */
  readonly events: number | null;
  readonly comfortNoise: boolean;
  readonly crypto: CryptoLine | null;
}

interface Choice {
  readonly section: MediaSection;
  readonly stream: Stream;
}

export const STATIC_PAYLOADS = { PCMU: 0, PCMA: 8 } as const;
export const COMFORT_NOISE = 13;

const STATIC_MAPS: ReadonlyMap<number, string> = new Map([
  [STATIC_PAYLOADS.PCMU, 'PCMU'],
  [STATIC_PAYLOADS.PCMA, 'PCMA'],
  [COMFORT_NOISE, 'CN'],
]);
/** For messages: what a peer means by the other numbers (RFC 3551 table 4). */
const OTHER_NAMES: ReadonlyMap<number, string> = new Map([
  [3, 'GSM'],
  [4, 'G723'],
  [9, 'G722'],
  [15, 'G728'],
  [18, 'G729'],
]);

const PLAIN = /^RTP\/AVPF?$/;
const SECURE = /^RTP\/SAVPF?$/;

/**
 * The section to talk on: the first that we can do; where encryption is possible and wanted, the first of those that
 * have it, as telephones that would rather encrypt but need not write two. @throws SdpRefusal saying why none will do.
 */
export function chooseStream(sections: readonly MediaSection[], terms: Terms): Choice {
  let best: Choice | null = null;
  let refusal: SdpRefusal | null = null;
  for (const section of sections) {
    if (section.type !== 'audio' || section.port === 0) continue;
    try {
      const stream = streamOf(section, terms);
      if (!best || (stream.crypto && !best.stream.crypto)) best = { section, stream };
    } catch (error) {
      if (!(error instanceof SdpRefusal)) throw error;
      refusal ??= error;
    }
  }
  if (best) return best;
  throw refusal ?? new SdpRefusal(488, 304, 'Media type not available: there is no audio stream');
}

/** @throws SdpRefusal where we cannot do what the section says. */
export function streamOf(section: MediaSection, { codecs, srtp }: Terms): Stream {
  const crypto = cryptoOf(section, srtp);
  if (section.address === null) {
    throw new SdpRefusal(488, 301, 'Incompatible network address format: no c= line with an IP address');
  }
  if (isMulticast(section.address)) {
    throw new SdpRefusal(488, 330, `Multicast not available: ${section.address}`);
  }
  const names = section.formats.map((format) => formatName(section, format));
  const codec = names.map((name) => codecs.find((known) => known === name)).find((known) => known);
  if (codec === undefined) {
    const offered = [...new Set(names.filter((name) => name !== 'TELEPHONE-EVENT' && name !== 'CN'))];
    throw new SdpRefusal(
      488,
      305,
      `Incompatible media format: offered ${offered.slice(0, 12).join(', ') || 'nothing'}, we have ${codecs.join(', ')}`,
    );
  }
  const payload = Number(section.formats[names.indexOf(codec)]);
  const events = names.indexOf('TELEPHONE-EVENT');
  return {
    protocol: section.protocol,
    codec,
    payload,
    events: events === -1 ? null : Number(section.formats[events]),
    comfortNoise: section.formats.includes(String(COMFORT_NOISE)) && names.includes('CN'),
    crypto,
  };
}

/**
 * Which key to take. Over RTP/AVP a key is opportunistic (RFC 8643): taken unless the account never encrypts.
 * @throws SdpRefusal where protocol and policy do not go together.
 */
function cryptoOf(section: MediaSection, policy: SrtpPolicy): CryptoLine | null {
  const { protocol } = section;
  const key = section.crypto[0] ?? null;
  if (SECURE.test(protocol)) {
    if (policy === 'never') {
      throw new SdpRefusal(
        488,
        302,
        `Incompatible transport protocol: ${protocol}, this account never encrypts`,
      );
    }
    if (key) return key;
    const why = section.dtls ? 'DTLS-SRTP is not supported, SDES is' : 'no a=crypto line that we can take';
    throw new SdpRefusal(488, 302, `Incompatible transport protocol: ${protocol}, but ${why}`);
  }
  if (!PLAIN.test(protocol)) {
    throw new SdpRefusal(
      488,
      302,
      `Incompatible transport protocol: offered ${protocol}, we have RTP/AVP and RTP/SAVP`,
    );
  }
  if (policy === 'required' && !key) {
    throw new SdpRefusal(
      488,
      302,
      `Incompatible transport protocol: ${protocol}, this account needs encryption (RTP/SAVP with a=crypto)`,
    );
  }
  return policy === 'never' ? null : key;
}

/** PCMU, PCMA, CN, TELEPHONE-EVENT, or a name for messages. */
function formatName(section: MediaSection, format: string): string {
  const payload = /^\d{1,3}$/.test(format) ? Number(format) : -1;
  if (payload < 0 || payload > 127) return format.slice(0, 20);
  const map = section.rtpmaps.get(payload);
  if (!map) return STATIC_MAPS.get(payload) ?? OTHER_NAMES.get(payload) ?? `payload type ${payload}`;
  if (map.rate === 8000 && map.channels === 1) return map.name.slice(0, 40);
  return `${map.name.slice(0, 40)}/${map.rate}`;
}

/** RFC 2543's way to hold: nothing is to be sent to no address. */
export function isNowhere(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isMulticast(address: string): boolean {
  return /^(22[4-9]|23\d)\.\d+\.\d+\.\d+$/.test(address) || /^ff[0-9a-f]{2}:/i.test(address);
}

/** What its sender sends and receives, of a section's direction and address. */
export function waysOf(section: MediaSection): { readonly sends: boolean; readonly receives: boolean } {
  const nowhere = section.address !== null && isNowhere(section.address);
  return {
    sends: section.direction === 'sendrecv' || section.direction === 'sendonly',
    receives: (section.direction === 'sendrecv' || section.direction === 'recvonly') && !nowhere,
  };
}

export function directionOf(sends: boolean, receives: boolean): Direction {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

const PACKET_LENGTHS = [10, 20, 30, 40, 60];

/** What we send with: as the other side wishes, where we can; the longest we know of that does not exceed it. */
export function packetLength(section: MediaSection, own: number): number {
  const most = Math.min(section.ptimeMs ?? own, section.maxPtimeMs ?? Number.POSITIVE_INFINITY);
  return PACKET_LENGTHS.findLast((length) => length <= most) ?? PACKET_LENGTHS[0] ?? own;
}
