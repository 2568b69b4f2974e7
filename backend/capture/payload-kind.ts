import type { Codec } from '../audio/g711.ts';
import { EVENT_BYTES } from '../rtp/dtmf.ts';
import { COMFORT_NOISE, TELEPHONE_EVENT, codecOf } from '../rtp/payload-types.ts';

/** What a payload type is in a stream. */
export type PayloadKind = Codec | 'CN' | 'telephone-event' | null;

/** What a payload type means in a stream whose session description names `named`. */
export function payloadKind(
  payloadType: number,
  payloadLength: number,
  named: ReadonlyMap<number, string>,
): PayloadKind {
  if (payloadType === COMFORT_NOISE) return 'CN';
  const fixed = codecOf(payloadType);
  if (fixed !== null) return fixed;
  switch (named.get(payloadType)) {
    case 'PCMU':
      return 'PCMU';
    case 'PCMA':
      return 'PCMA';
    case 'telephone-event':
      return 'telephone-event';
    case 'CN':
      return 'CN';
    case undefined:
      // Nothing names it: the usual number, or four bytes of a dynamic one.
      return payloadType === TELEPHONE_EVENT || (payloadType >= 96 && payloadLength === EVENT_BYTES)
        ? 'telephone-event'
        : null;
    default:
      return null;
  }
}
