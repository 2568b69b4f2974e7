import { isIP } from 'node:net';
import { parse } from 'sdp-transform';
import { z } from 'zod';
import { parseCrypto, type CryptoLine } from './crypto.ts';
import { SdpRefusal } from './refusal.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One m= section, with what of the session's level applies to it. */
export interface MediaSection {
  readonly type: string;
  readonly port: number;
  /** In capitals. */
  readonly protocol: string;
  /** The m= line that says no to it: as it was, with port 0 (RFC 3264 section 6). */
  readonly refused: string;
  /** As on the m= line: payload types of RTP, anything else of other media. */
  readonly formats: readonly string[];
  /** IP address of its c= line; null: none. */
  readonly address: string | null;
  readonly direction: Direction;
  readonly rtpmaps: ReadonlyMap<number, RtpMap>;
  readonly ptimeMs: number | null;
  readonly maxPtimeMs: number | null;
  /** a=rtcp (RFC 3605); its address null: that of the media. */
  readonly rtcp: { readonly port: number; readonly address: string | null } | null;
  readonly rtcpMux: boolean;
  readonly crypto: readonly CryptoLine[];
  /** DTLS-SRTP is asked for. */
  readonly dtls: boolean;
}

export interface RtpMap {
  /** In capitals. */
  readonly name: string;
  readonly rate: number;
  readonly channels: number;
}

/** Far above what any telephone writes, even one with video, ICE and a screen; 4 KB are much. */
const MOST_CHARACTERS = 65_536;
const MOST_SECTIONS = 32;
const MOST_FORMATS = 128;

/** An entry that is not as it should be is passed over: one strange line makes no description useless. */
const orNothing = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().catch(null);
const port = z.int().min(0).max(65_535);

const rtpmap = z.object({
  payload: z.int().min(0).max(127),
  codec: z.coerce.string(),
  rate: z.int().min(1).max(1_000_000).default(8000),
  encoding: z.int().min(1).max(32).default(1).catch(1),
});
const attributes = z.object({
  connection: orNothing(z.object({ ip: z.coerce.string() }))
    .optional()
    .transform((connection) => connection?.ip ?? null),
  direction: orNothing(z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive'])).optional(),
  fingerprint: z.unknown().optional(),
});
const section = attributes.extend({
  rtp: z.array(orNothing(rtpmap)).catch([]),
  ptime: orNothing(z.number().positive().max(10_000)).optional(),
  maxptime: orNothing(z.number().positive().max(10_000)).optional(),
  rtcp: orNothing(z.object({ port, address: z.coerce.string().optional() })).optional(),
  rtcpMux: z.unknown().optional(),
});
const description = attributes.extend({ media: z.array(section) });

/** m=audio 49170/2 RTP/AVP 0 8 101 (RFC 8866 section 5.14), of printable ASCII: a refusal repeats it. */
const MEDIA_LINE = /^m=([!-~]{1,40}) +(\d{1,5})(?:\/\d{1,5})? +([!-~]{1,60})(?: +([ -~]*))?$/;

/**
 * A session description (RFC 8866) as far as it concerns audio. Lines end by CR LF, LF or CR; lines that mean nothing
 * to us are passed over. @throws SdpRefusal 400 for what is none.
 */
export function parseSdp(text: string): readonly MediaSection[] {
  if (text.length > MOST_CHARACTERS) throw new SdpRefusal(400, 399, 'The session description is too long');
  const lines = text.split(/\r\n|\r|\n/);
  if (lines[0]?.trimEnd() !== 'v=0') {
    throw new SdpRefusal(400, 399, 'The body is no session description: it does not begin with v=0');
  }
  const sections = sectionsOf(lines);
  if (sections.length === 0) throw new SdpRefusal(400, 399, 'The session description has no m= line');
  if (sections.length > MOST_SECTIONS) throw new SdpRefusal(400, 399, 'Too many m= lines');
  const parsed = description.safeParse(parse(lines.join('\r\n')));
  if (!parsed.success) throw new SdpRefusal(400, 399, 'The session description cannot be read');
  const session = parsed.data;
  return sections.map((own, index) => {
    const media = session.media[index];
    if (!media) throw new SdpRefusal(400, 399, 'The session description cannot be read');
    return {
      ...mediaLine(own.line),
      address: addressOf(media.connection ?? session.connection),
      direction: media.direction ?? session.direction ?? 'sendrecv',
      rtpmaps: new Map(
        media.rtp
          .filter((map) => map !== null)
          .map((map) => [
            map.payload,
            { name: map.codec.toUpperCase(), rate: map.rate, channels: map.encoding },
          ]),
      ),
      ptimeMs: media.ptime ?? null,
      maxPtimeMs: media.maxptime ?? null,
      rtcp: media.rtcp ? { port: media.rtcp.port, address: addressOf(media.rtcp.address ?? null) } : null,
      rtcpMux: media.rtcpMux !== undefined,
      // sdp-transform keeps only the first of a crypto line's session parameters, and all of them count.
      crypto: own.crypto.map(parseCrypto).filter((line) => line !== null),
      dtls: media.fingerprint !== undefined || session.fingerprint !== undefined,
    };
  });
}

function sectionsOf(lines: readonly string[]): { line: string; crypto: string[] }[] {
  const sections: { line: string; crypto: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push({ line, crypto: [] });
    else if (line.startsWith('a=crypto:')) sections.at(-1)?.crypto.push(line);
  }
  return sections;
}

function mediaLine(line: string): Pick<MediaSection, 'type' | 'port' | 'protocol' | 'refused' | 'formats'> {
  const [, type, portText, protocol, formatText] = MEDIA_LINE.exec(line.trimEnd()) ?? [];
  const number = Number(portText);
  if (type === undefined || protocol === undefined || number > 65_535) {
    throw new SdpRefusal(400, 399, `The line '${line.slice(0, 80)}' cannot be read`);
  }
  const formats = (formatText ?? '').split(/ +/).filter((format) => format !== '');
  if (formats.length > MOST_FORMATS) throw new SdpRefusal(400, 399, 'Too many formats on one m= line');
  return {
    type: type.toLowerCase(),
    port: number,
    protocol: protocol.toUpperCase(),
    refused: `m=${type} 0 ${protocol} ${formats.length > 0 ? formats.join(' ') : '0'}`,
    formats,
  };
}

/** Without TTL and count. Host names, which nobody writes there, would have us ask DNS on a stranger's behalf. */
function addressOf(text: string | null): string | null {
  const address = text?.split('/')[0] ?? '';
  return isIP(address) === 0 ? null : address;
}
