import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { CallEvent } from '../contract/events.ts';
import type { TraceManifest, TraceNotes } from '../contract/trace.ts';
import type { TraceMetrics } from '../contract/traces.ts';

/** Of draft-ietf-vcon-vcon-core-04, section 4.1.1. */
const VCON_VERSION = '0.4.0';

/** Places in `parties`, and the channels of the recording in their order. */
const CALLER = 0;
const BOT = 1;
const SIDETONE = 2;
/** Of RFC 3339. */
const FIRST_DATE_MS = Date.parse('0000-01-01T00:00:00Z');
const LAST_DATE_MS = Date.parse('9999-12-31T23:59:59Z');

export interface VconSource {
  readonly call: string;
  readonly events: readonly CallEvent[];
  readonly metrics: TraceMetrics;
  readonly manifest: TraceManifest | null;
  readonly notes: TraceNotes;
  readonly party: string;
  readonly peer: string;
  readonly startedMs: number;
  readonly durationMs: number;
  /** When this vCon is made. */
  readonly nowMs: number;
  /** WebVTT. */
  readonly transcript: string;
  /** The stereo recording as base64url without padding (RFC 7515 section 2); null: there is none. */
  readonly audio: string | null;
}

/**
 * A call as a vCon, unsigned form (draft-ietf-vcon-vcon-core-04, September 2026): the recording inline, the transcript
 * and our metrics as analyses, the manifest and a person's notes as attachments.
 */
export function vcon(source: VconSource): string {
  const { call, metrics, manifest, notes, party, peer, startedMs, durationMs, nowMs, transcript } = source;
  const start = date(startedMs);
  const analysis = { dialog: 0, vendor: 'Sidetone', product: `sidetone ${manifest?.sidetone ?? ''}`.trim() };
  const attachment = { start: date(nowMs), party: SIDETONE, dialog: 0 };
  return JSON.stringify(
    {
      vcon: VCON_VERSION,
      uuid: uuid(call, startedMs),
      created_at: date(nowMs),
      subject: `Call ${call}`,
      parties: [
        { ...contact(peer), validation: 'none' },
        {
          name: manifest?.bot?.name ?? party,
          type: party === 'person' ? 'person' : 'bot',
          validation: 'none',
        },
        { name: 'Sidetone', type: 'organization', validation: 'none' },
      ],
      dialog: [
        {
          type: 'recording',
          start,
          duration: durationMs / 1000,
          parties: [CALLER, BOT],
          // A script always places its call; whoever else is on one of ours was called.
          ...(party === 'script' ? { originator: BOT } : {}),
          application: 'sidetone',
          party_history: history(source),
          ...(source.audio === null
            ? {}
            : {
                mediatype: 'audio/x-wav',
                filename: `${call}.wav`,
                encoding: 'base64url',
                body: source.audio,
              }),
        },
      ],
      analysis: [
        { type: 'transcript', ...analysis, mediatype: 'text/vtt', encoding: 'none', body: transcript },
        {
          type: 'report',
          ...analysis,
          mediatype: 'application/json',
          schema: `sidetone metrics ${metrics.version}`,
          encoding: 'json',
          body: metrics,
        },
      ],
      attachments: [
        ...(manifest === null
          ? []
          : [
              {
                purpose: 'how the call was recorded and what took part in it',
                ...attachment,
                mediatype: 'application/json',
                filename: 'manifest.json',
                encoding: 'json',
                body: manifest,
              },
            ]),
        ...(notes.notes.length === 0
          ? []
          : [
              {
                purpose: 'notes of a person; times are ms since the start',
                ...attachment,
                mediatype: 'application/json',
                filename: 'notes.json',
                encoding: 'json',
                body: notes.notes,
              },
            ]),
      ],
    },
    null,
    1,
  );
}

/** Who is at the far end, as far as its address tells. */
function contact(peer: string): object {
  if (/^sips?:/.test(peer)) return { sip: peer.replace(/^sips?:/, '') };
  const host = /^\[?(.*?)\]?:\d+$/.exec(peer)?.[1] ?? '';
  return { name: isIP(host) === 0 ? peer || 'anonymous' : `caller at ${peer}` };
}

/** Who came, left, and pressed what. */
function history({ events, startedMs, durationMs }: VconSource): readonly object[] {
  const at = (ms: number): string => date(startedMs + ms);
  const keys = events.flatMap((event) => {
    if (event.type !== 'dtmf.received' && event.type !== 'dtmf.sent') return [];
    const party = event.type === 'dtmf.received' ? CALLER : BOT;
    const up = event.at / 1000;
    return [
      { party, time: at(Math.max(0, up - event.duration_ms)), event: 'keydown', button: event.digit },
      { party, time: at(up), event: 'keyup', button: event.digit },
    ];
  });
  const all = (event: string, ms: number): readonly object[] =>
    [CALLER, BOT].map((party) => ({ party, time: at(ms), event }));
  return [...all('join', 0), ...keys, ...all('drop', durationMs)];
}

/** Version 8 as section 4.1.2 has it: laid out as version 7, its tail a hash; the same for every export of a call. */
function uuid(call: string, startedMs: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.min(2 ** 48 - 1, Math.round(startedMs))), 0, 6);
  createHash('sha1').update(`${call}.sidetone`).digest().copy(bytes, 6, 0, 10);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A trace may claim to have lasted longer than there are dates. */
function date(ms: number): string {
  return new Date(Math.max(FIRST_DATE_MS, Math.min(LAST_DATE_MS, ms))).toISOString();
}
