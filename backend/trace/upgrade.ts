import { z } from 'zod';
import { EVENT_VERSION } from '../contract/events.ts';
import { TRACE_VERSION } from '../contract/trace.ts';

/**
 * Older events and manifests, brought from version N to N + 1 until they are of today's. A step knows only the
 * difference between its two versions; schemas check what comes out.
 */

const fields = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof fields>;

/** `EVENT_STEPS[n]` makes an event of version n + 2 of one of version n + 1. */
const EVENT_STEPS: readonly ((event: Fields) => Fields)[] = [
  function from1(event) {
    switch (event['type']) {
      case 'caller.aligned':
        // Was said once and held for the whole call.
        return { from: 0, ...event };
      case 'stt.started':
        return { from: null, to: null, ...event };
      case 'tts.finished':
        return { sample_rate: null, samples: null, ...event };
      default:
        return event;
    }
  },
];

const MANIFEST_STEPS: readonly ((manifest: Fields) => Fields)[] = [
  function from1(manifest) {
    const { files: _files, tracks, started, ...kept } = manifest;
    const wallMs = Date.parse(String(started));
    return {
      origin: 'call',
      replay_of: null,
      // Version 1 said it in `call.started` only; all it ever sent was this.
      ptime_ms: 20,
      bot: null,
      impairment: null,
      dtmf_masked: false,
      host: { platform: 'unknown', arch: 'unknown', cpu: 'unknown', cores: 0, node: 'unknown', pid: 0 },
      clock: { wall_ms: Number.isNaN(wallMs) ? 0 : wallMs, monotonic_ms: 0 },
      mapping: [],
      metrics: 0,
      summary: null,
      sha256: {},
      ...kept,
      started,
      tracks: z
        .array(fields)
        .catch([])
        .parse(tracks)
        .map((track) => ({ unit: '1', channels: 1, ...track })),
    };
  },
];

/** An event as its file has it, of `version`, in the shape of EVENT_VERSION; a newer one is taken as it is. */
export function upgradeEvent(raw: unknown, version: number): unknown {
  return upgrade(raw, version, EVENT_VERSION, EVENT_STEPS);
}

/** A manifest likewise, in the shape of TRACE_VERSION. */
export function upgradeManifest(raw: unknown, version: number): unknown {
  return upgrade(raw, version, TRACE_VERSION, MANIFEST_STEPS);
}

function upgrade(
  raw: unknown,
  version: number,
  today: number,
  steps: readonly ((fields: Fields) => Fields)[],
): unknown {
  if (version === today) return raw;
  const parsed = fields.safeParse(raw);
  if (!parsed.success) return raw;
  const upgraded = steps.slice(Math.max(0, version - 1)).reduce((older, step) => step(older), parsed.data);
  return { ...upgraded, v: today };
}
