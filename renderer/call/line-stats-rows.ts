import type { Quality } from '../../backend/fold/quality.ts';
import type { Conversation, NoteEvent } from '../../backend/fold/types.ts';
import type { statsText } from './line-stats-text.ts';

/** How a call's audio comes, in words. */

type OneWay = Extract<NoteEvent, { type: 'rtp.one_way' }>;

/** The latest finding of one-way audio that still holds; null: none does. */
export function oneWayNow(conversation: Conversation): OneWay | null {
  let latest: OneWay | null = null;
  for (const item of conversation) {
    if (item.kind !== 'note') continue;
    const { event } = item;
    if (event.type === 'rtp.one_way') latest = event;
    // Packets from them are what is meant where no direction is named.
    if (event.type === 'rtp.resumed' && (event.direction ?? 'in') === latest?.direction) latest = null;
  }
  return latest;
}

/** Names and values, for a person. */
export function statRows(
  quality: Quality,
  t: typeof statsText.en,
): readonly (readonly [name: string, value: string])[] {
  const { codec, ptimeMs, srtp, received, sent, jitterMs, lossPercent, lost, late } = quality;
  const { concealedMs, roundTripMs, mos } = quality;
  return [
    [t.codec, t.codecOf(codec, ptimeMs)],
    [t.encryption, srtp ?? t.inTheClear],
    [t.received, String(received)],
    [t.sent, String(sent)],
    [t.jitter, t.ms(t.tenths(jitterMs))],
    [t.loss, t.lossOf(t.tenths(lossPercent), Math.max(0, lost), late)],
    [t.concealed, t.ms(concealedMs.toFixed(0))],
    [t.roundTrip, roundTripMs === null ? t.noReports : t.ms(roundTripMs.toFixed(0))],
    [t.mos, mos === null ? '–' : t.tenths(mos)],
  ];
}
