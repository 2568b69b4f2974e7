import { SipMessage } from './message.ts';

const COPIED = ['via', 'from', 'to', 'call-id', 'cseq'] as const;
const NAMES = { via: 'Via', from: 'From', to: 'To', 'call-id': 'Call-ID', cseq: 'CSeq' } as const;

/** A response to `request`, built from its headers alone: RFC 3261 section 8.2.6. `toTag`: for a To without a tag. */
export function reply(
  request: SipMessage,
  status: number,
  reason: string,
  toTag: string,
  more: readonly (readonly [string, string])[] = [],
): SipMessage {
  const copied = COPIED.flatMap((name) => request.all(name).map((value) => [NAMES[name], value] as const));
  const response = new SipMessage(
    `SIP/2.0 ${status} ${reason}`,
    [...copied, ...more, ['Content-Length', '0']],
    '',
  );
  const to = response.get('to');
  if (status > 100 && to !== null && response.toTag === null) response.set('To', `${to};tag=${toTag}`);
  return response;
}

/** Warning text that a person reads (RFC 3261 section 20.43). */
export function warning(text: string): readonly [string, string] {
  return ['Warning', `399 sidetone "${text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/["\\]/g, "'")}"`];
}

/** The ACK to a final response that is no 2xx: RFC 3261 section 17.1.1.3. */
export function ackOf(invite: SipMessage, response: SipMessage): SipMessage {
  const uri = invite.request?.uri ?? '';
  return new SipMessage(
    `ACK ${uri} SIP/2.0`,
    [
      ['Via', invite.get('via') ?? ''],
      ...invite.all('route').map((value) => ['Route', value] as const),
      ['Max-Forwards', '70'],
      ['From', invite.get('from') ?? ''],
      ['To', response.get('to') ?? ''],
      ['Call-ID', invite.callId],
      ['CSeq', `${invite.cseq?.number ?? 1} ACK`],
      ['Content-Length', '0'],
    ],
    '',
  );
}
