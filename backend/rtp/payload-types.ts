import type { Codec } from '../audio/g711.ts';

/** Comfort noise (RFC 3389). */
export const COMFORT_NOISE = 13;

/** What most systems use for DTMF events (RFC 4733); the number itself is dynamic. */
export const TELEPHONE_EVENT = 101;

/** RFC 3551 section 6, tables 4 and 5: the numbers whose meaning is fixed. */
const STATIC_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'PCMU'],
  [3, 'GSM'],
  [4, 'G723'],
  [5, 'DVI4 at 8 kHz'],
  [6, 'DVI4 at 16 kHz'],
  [7, 'LPC'],
  [8, 'PCMA'],
  [9, 'G722'],
  [10, 'L16 stereo'],
  [11, 'L16'],
  [12, 'QCELP'],
  [13, 'comfort noise'],
  [14, 'MPA'],
  [15, 'G728'],
  [16, 'DVI4 at 11.025 kHz'],
  [17, 'DVI4 at 22.05 kHz'],
  [18, 'G729'],
  [25, 'CelB video'],
  [26, 'JPEG video'],
  [28, 'nv video'],
  [31, 'H261 video'],
  [32, 'MPV video'],
  [33, 'MP2T'],
  [34, 'H263 video'],
]);

/** The codec a payload type stands for, or null when it is none we speak. */
export function codecOf(payloadType: number): Codec | null {
  switch (payloadType) {
    case 0:
      return 'PCMU';
    case 8:
      return 'PCMA';
    default:
      return null;
  }
}

export function payloadTypeOf(codec: Codec): number {
  switch (codec) {
    case 'PCMU':
      return 0;
    case 'PCMA':
      return 8;
  }
}

/** "payload type 9 (G722)": for logs and events. */
export function describePayloadType(payloadType: number): string {
  const fallback = payloadType >= 96 ? 'dynamic: such as Opus, or DTMF' : 'unassigned';
  return `payload type ${payloadType} (${STATIC_NAMES.get(payloadType) ?? fallback})`;
}

/** What to set at the far end so that it sends something we understand. */
export const PAYLOAD_TYPE_HINT =
  'Offer PCMU or PCMA: in Asterisk `allow=ulaw,alaw`, for External Media `format=ulaw`.';
