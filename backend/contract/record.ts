import { z } from 'zod';

/** manifest.json of a call's record: what is needed to read the other files beside it. */
export const RECORD_VERSION = 1;

export const recordManifest = z.object({
  v: z.literal(RECORD_VERSION),
  sidetone: z.string(),
  call: z.string(),
  peer: z.string(),
  party: z.string(),
  codec: z.string(),
  /** Wall clock of the call's start, ISO 8601; sample 0 of both WAVs and `at` 0 of the events are this moment. */
  started: z.string(),
  /** `recording`: the process ended before the call did. `cut`: the disk refused more. */
  state: z.enum(['recording', 'complete', 'cut']),
  ended: z.string().nullable(),
  duration_ms: z.number().nullable(),
  files: z.object({
    events: z.literal('events.ndjson'),
    caller: z.literal('caller.wav'),
    bot: z.literal('bot.wav'),
    wire: z.literal('wire.pcap'),
  }),
  /** One float32 (little endian) each `every_ms`. */
  tracks: z.array(z.object({ file: z.string(), what: z.string(), every_ms: z.number() })),
});
export type RecordManifest = z.infer<typeof recordManifest>;
