import { z } from 'zod';

/** What a bench asks of the caller process, and what it gets back. All times are ms. */

const target = { host: z.string(), port: z.int() };

export const callerJob = z.discriminatedUnion('kind', [
  /** Callers that talk and listen. */
  z.object({
    kind: z.literal('talk'),
    ...target,
    calls: z.int(),
    startEveryMs: z.number(),
    /** First turns are spread over so long: a crowd does not speak in chorus. */
    firstTurnWithinMs: z.number(),
    /** WAV files, a turn each. */
    audio: z.array(z.string()).readonly(),
    /** Each caller's turns; 0: it listens until it is stopped. */
    turns: z.int(),
    greeted: z.boolean(),
    /** Breaks the speech off in a vowel, so that its end is beyond doubt. */
    sharp: z.boolean(),
    pauseMs: z.number(),
    answerWithinMs: z.number(),
    bargeInAfterMs: z.number().nullable(),
    /** How late packets come against their 20 ms grid. */
    arrivals: z.boolean(),
  }),
  /** Callers that send a few packets and an RTCP BYE. */
  z.object({ kind: z.literal('short'), ...target, calls: z.int(), perSecond: z.number(), packets: z.int() }),
]);
export type CallerJob = z.infer<typeof callerJob>;
export type TalkJob = Extract<CallerJob, { kind: 'talk' }>;
export type ShortJob = Extract<CallerJob, { kind: 'short' }>;

const spread = z.object({
  n: z.int(),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
});

export const callerResult = z.object({
  calls: z.int(),
  /** Calls that never heard a packet. */
  unanswered: z.int(),
  /** Lengths of all calls together. */
  callSeconds: z.number(),
  sent: z.int(),
  received: z.int(),
  /** Holes in the sequence numbers received, and in the timestamps: what was lost and what was never sent. */
  lost: z.int(),
  unsent: z.int(),
  latencies: z.array(z.number()),
  missed: z.int(),
  overlapped: z.int(),
  stops: z.array(z.number()),
  unstopped: z.int(),
  /** How late packets came against their grid. */
  arrivals: spread,
  /** How late our own packets left. */
  sendLate: spread,
});
export type CallerResult = z.infer<typeof callerResult>;

/** Over the process's IPC channel: a job, then 'stop' to end it early; the one message back is the result. */
export const callerRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), job: callerJob }),
  z.object({ type: z.literal('stop') }),
]);
export type CallerRequest = z.infer<typeof callerRequest>;
