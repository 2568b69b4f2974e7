import type { IncomingRequestMessage, ResponseOptions } from 'sip.js/lib/core/index.js';

const KNOWN_EXTENSIONS = new Set(['100rel', 'timer', 'replaces', 'norefersub']);

/** 420 where a request requires what we do not know (RFC 3261 section 8.2.2.3); null: it does not. */
export function unknownExtension(
  message: IncomingRequestMessage,
  { prack }: { readonly prack: boolean },
): ResponseOptions | null {
  const unknown = listed(message, 'require').filter(
    (tag) => !KNOWN_EXTENSIONS.has(tag) || (tag === '100rel' && !prack),
  );
  if (unknown.length === 0) return null;
  return { statusCode: 420, extraHeaders: [`Unsupported: ${unknown.join(', ')}`] };
}

/** 406 where whoever calls would not read a description of audio (RFC 3261 sections 13.2.1 and 20.1); null: it would. */
export function unacceptable(message: IncomingRequestMessage): ResponseOptions | null {
  if (!message.hasHeader('accept')) return null;
  const types = listed(message, 'accept').map((type) => type.replace(/\s*;.*/, ''));
  const readable = ['application/sdp', 'application/*', '*/*'];
  return types.some((type) => readable.includes(type)) ? null : { statusCode: 406 };
}

function listed(message: IncomingRequestMessage, header: string): string[] {
  return message
    .getHeaders(header)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== '');
}
