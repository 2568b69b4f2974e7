import type { IncomingRequestMessage, IncomingResponseMessage } from 'sip.js/lib/core/index.js';

type Incoming = IncomingRequestMessage | IncomingResponseMessage;

/** What a message carries: a session description, nothing, or something else (`type`: its content type). */
export type Carried =
  | { readonly kind: 'sdp'; readonly sdp: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'other'; readonly type: string };

/** A body without content type is taken for SDP, as old devices mean it; a multipart one is searched (RFC 5621). */
export function carriedBy(message: Incoming): Carried {
  const { body } = message;
  if (body === undefined || body.trim() === '') return { kind: 'nothing' };
  const header = message.getHeader('content-type') ?? 'application/sdp';
  const type = header.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/sdp') return { kind: 'sdp', sdp: body };
  if (type.startsWith('multipart/')) {
    const sdp = sdpPart(header, body);
    if (sdp !== null) return { kind: 'sdp', sdp };
  }
  return { kind: 'other', type };
}

export function sdpIn(message: Incoming): string | null {
  const carried = carriedBy(message);
  return carried.kind === 'sdp' ? carried.sdp : null;
}

function sdpPart(header: string, body: string): string | null {
  const boundary = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(header);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return null;
  for (const part of body.split(`--${mark}`).slice(1)) {
    const end = part.indexOf('\r\n\r\n');
    if (end < 0) continue;
    if (/^content-type\s*:\s*application\/sdp\b/im.test(part.slice(0, end))) return part.slice(end + 4);
  }
  return null;
}
