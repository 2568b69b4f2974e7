import { showAddress } from '../base/address.ts';

/** What a SIP message (RFC 3261) with a session description (RFC 8866) says of one end's audio. */
export interface DescribedAudio {
  readonly call: string;
  /** Whether it was offered with the INVITE that places the call; else it answers. */
  readonly offered: boolean;
  /** Where the end wants its audio sent, as showAddress() writes it. */
  readonly at: string;
  /** Codec names by payload type: "PCMU", "telephone-event". */
  readonly codecs: ReadonlyMap<number, string>;
}

const FIRST_LINE = /^(?:SIP\/2\.0 \d{3} |[A-Z]+ \S+ SIP\/2\.0\r?\n)/;

/** The first line of a SIP message; null when it is none. */
export function sipLine(payload: Uint8Array): string | null {
  // Long before the text is decoded: most of what comes here is no SIP.
  const first = payload[0] ?? 0;
  if (first < 0x41 || first > 0x5a) return null;
  const text = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, 512)).toString(
    'latin1',
  );
  return FIRST_LINE.test(text) ? text.slice(0, text.search(/\r?\n|$/)) : null;
}

/** null when the message is no SIP, or describes no audio. */
export function describedAudio(payload: Uint8Array): DescribedAudio | null {
  const line = sipLine(payload);
  if (line === null) return null;
  const [head = '', body = ''] = split(Buffer.from(payload).toString('latin1'));
  const call = /^(?:call-id|i)\s*:\s*(\S+)/im.exec(head)?.[1];
  const media = /^m=audio (\d+)[^ ]* \S+([ \d]*)[^]*?(?=^m=|(?![^]))/m.exec(body);
  // The connection of the medium goes before that of the session.
  const address = (/^c=IN IP[46] ([^\s/]+)/m.exec(media?.[0] ?? '') ??
    /^c=IN IP[46] ([^\s/]+)/m.exec(body))?.[1];
  if (call === undefined || !media || address === undefined) return null;
  const codecs = new Map<number, string>();
  for (const [, type, name = ''] of media[0].matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)) {
    codecs.set(
      Number(type),
      name.toLowerCase() === 'telephone-event' ? 'telephone-event' : name.toUpperCase(),
    );
  }
  return {
    call,
    offered: line.startsWith('INVITE '),
    at: showAddress({ host: address, port: Number(media[1]) }),
    codecs,
  };
}

function split(message: string): string[] {
  const end = /\r?\n\r?\n/.exec(message);
  return end ? [message.slice(0, end.index), message.slice(end.index + end[0].length)] : [message];
}
