import { z } from 'zod';

/**
 * The event log of a call: one closed, versioned union. Everything shown live, written to disk or measured is a
 * fold over it. `at` is microseconds since the call's start on the monotonic clock; `turn` counts the caller's
 * turns from 1; `generation` counts everything the bot set out to say (replies, greeting, prompts), from 1.
 */
export const EVENT_VERSION = 2;

const micros = z.int().nonnegative();
const turn = z.int().nonnegative();
const generation = z.int().nonnegative();
const ms = z.number();

const stage = z.enum(['stt', 'llm', 'tts', 'tool']);
export const turnState = z.enum(['idle', 'listening', 'maybe_end', 'thinking', 'speaking', 'interrupted']);
export type TurnState = z.infer<typeof turnState>;

export const latencyStages = z.strictObject({
  /** Last voiced caller sample to the decision that the turn is over. */
  endpointing: ms,
  /** From there to the transcript; 0 when speculation had it already. Likewise below: stages never overlap. */
  stt: ms,
  llm_first_token: ms,
  llm_first_clause: ms,
  tts_first_audio: ms,
  /** First audio to its first voiced sample on the wire. */
  packet: ms,
});
export type LatencyStages = z.infer<typeof latencyStages>;

/** The stages in their order, as a person reads them. */
export const LATENCY_STAGES: readonly (readonly [keyof LatencyStages, string])[] = [
  ['endpointing', 'end of turn'],
  ['stt', 'speech to text'],
  ['llm_first_token', 'first token'],
  ['llm_first_clause', 'first clause'],
  ['tts_first_audio', 'first audio'],
  ['packet', 'to the wire'],
];

export const configHashes = z.strictObject({
  settings: z.string(),
  prompt: z.string(),
  ref_audio: z.string().nullable(),
});
export type ConfigHashes = z.infer<typeof configHashes>;

export const streamStats = z.strictObject({
  received: z.int(),
  sent: z.int(),
  lost: z.int(),
  late: z.int(),
  duplicated: z.int(),
  reordered: z.int(),
  concealed_ms: ms,
  /** RFC 3550 section 6.4.1 interarrival jitter. */
  jitter_ms: ms,
  /** From the peer's RTCP (RFC 3550 section 6.4.1, DLSR); null until it sends any. */
  round_trip_ms: ms.nullable(),
  /** Our own send-time deviation from the grid. */
  pacing_p99_ms: ms,
});
export type StreamStats = z.infer<typeof streamStats>;

/**
 * Why audio may go one way only: the far end, or we, named an address that only their, or our, own network knows; it
 * comes, but from elsewhere than agreed on; it came and stopped; none of these, so a firewall on the way.
 */
const oneWayKind = z.enum(['their_nat', 'our_nat', 'elsewhere', 'stopped', 'firewall']);
export type OneWayKind = z.infer<typeof oneWayKind>;

const loggedMessage = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  tool_call_id: z.string().optional(),
});
/** A message to or from a model, as the log has it. */
export type LoggedMessage = z.infer<typeof loggedMessage>;

const kinds = [
  z.object({
    type: z.literal('call.started'),
    peer: z.string(),
    codec: z.string(),
    ptime_ms: ms,
    party: z.string(),
  }),
  z.object({ type: z.literal('call.warning'), code: z.string(), message: z.string() }),
  z.object({ type: z.literal('call.ended'), reason: z.string(), duration_ms: ms }),
  /** Who is on the other end, of a call over SIP; said again when a transfer has changed it. */
  z.object({
    type: z.literal('call.line'),
    account: z.string(),
    direction: z.enum(['in', 'out']),
    /** `sip:bob@example.com`, and the name it gives itself. */
    remote: z.string(),
    name: z.string().nullable(),
    /** Whom the caller wanted. */
    dialled: z.string(),
  }),
  /** What both ends agreed on; said again after each change. `remote`: where their audio is to come from. */
  z.object({
    type: z.literal('call.media'),
    remote: z.string(),
    codec: z.string(),
    ptime_ms: ms,
    /** SRTP suite; null: in the clear. */
    srtp: z.string().nullable(),
    sends: z.boolean(),
    receives: z.boolean(),
  }),
  z.object({ type: z.literal('call.held'), by: z.enum(['us', 'them']), on: z.boolean() }),
  z.object({
    type: z.literal('call.transfer'),
    target: z.string(),
    state: z.enum(['trying', 'done', 'failed']),
    message: z.string(),
  }),
  /** A SIP message of this call, credentials masked. `offset_ms` from the call's start: negative before it. */
  z.object({
    type: z.literal('sip.message'),
    offset_ms: ms,
    direction: z.enum(['in', 'out']),
    transport: z.enum(['udp', 'tcp', 'tls', 'wss']),
    local: z.string(),
    remote: z.string(),
    repeated: z.boolean(),
    text: z.string(),
  }),
  /** Audio comes from elsewhere than was said (NAT): `from` is taken at its word, once. */
  z.object({ type: z.literal('rtp.latched'), expected: z.string(), from: z.string() }),
  /** Nothing comes (`in`) or nothing arrives there (`out`): what was expected and what to look at. */
  z.object({
    type: z.literal('rtp.one_way'),
    direction: z.enum(['in', 'out']),
    silent_ms: ms,
    expected: z.string(),
    /** The likeliest cause; `hint` tells of all that fit. */
    kind: oneWayKind,
    hint: z.string(),
  }),
  /** What the person at the window asked of the call. */
  z.object({ type: z.literal('call.muted'), on: z.boolean() }),
  z.object({ type: z.literal('call.marked'), label: z.string() }),
  /** Our end of the RTP stream, `address:port`: what the far end sees as its peer. */
  z.object({ type: z.literal('rtp.ready'), local: z.string() }),
  /**
   * Added to a position on the caller's track, `from` or later, gives its sample since the call's start. Said again
   * when the far end's clock has drifted away from ours: the step lies in a pause where there is one.
   */
  z.object({ type: z.literal('caller.aligned'), offset: z.int(), from: z.int() }),
  /** This RTP timestamp stands at `position` of its side's track, and so on from there up to the next such event. */
  z.object({
    type: z.literal('rtp.mapped'),
    stream: z.enum(['caller', 'bot']),
    ssrc: z.int(),
    rtp_timestamp: z.int(),
    position: z.int(),
  }),
  /** Packets were lost: what the bot heard in [from, to) of the caller's track was made up. */
  z.object({ type: z.literal('rtp.concealed'), from: z.int(), to: z.int() }),
  /** A packet of ours left this late: the machine, or this thread of it, stood still. */
  z.object({ type: z.literal('engine.stalled'), late_ms: ms }),
  z.object({ type: z.literal('rtp.source_changed'), ssrc: z.int(), reason: z.enum(['ssrc', 'restart']) }),
  /** A caller that was not answered; `call` is its address. */
  z.object({ type: z.literal('call.refused'), reason: z.string(), message: z.string() }),
  z.object({ type: z.literal('rtp.quiet'), silent_ms: ms }),
  /** `direction`: as `rtp.one_way` had it, of a call over SIP. */
  z.object({
    type: z.literal('rtp.resumed'),
    silent_ms: ms,
    direction: z.enum(['in', 'out']).optional(),
  }),
  z.object({ type: z.literal('rtp.unknown_payload'), payload_type: z.int(), hint: z.string() }),
  z.object({ type: z.literal('rtp.stats'), stats: streamStats }),
  /** `digit` is x where keys are masked (bot.yaml, `recording.mask_dtmf`). */
  z.object({ type: z.literal('dtmf.received'), digit: z.string(), duration_ms: ms }),
  z.object({ type: z.literal('dtmf.sent'), digit: z.string(), duration_ms: ms }),
  z.object({ type: z.literal('turn.state'), state: turnState }),
  /** `from`: position of the first voiced sample on the caller's 8 kHz track. */
  z.object({ type: z.literal('speech.started'), turn, from: z.int() }),
  z.object({ type: z.literal('speech.ended'), turn, to: z.int() }),
  z.object({ type: z.literal('turn.completeness'), turn, probability: z.number() }),
  /** `waited_ms`: from the last voiced sample, or the last key, to this event. */
  z.object({ type: z.literal('turn.ended'), turn, waited_ms: ms }),
  z.object({
    type: z.literal('stt.started'),
    turn,
    request: z.int(),
    audio_ms: ms,
    /** The segment on the caller's track; null: not known (a log of version 1). */
    from: z.int().nullable(),
    to: z.int().nullable(),
    speculative: z.boolean(),
  }),
  /** `request` 0: a preview of what is still being said. */
  z.object({ type: z.literal('stt.partial'), turn, request: z.int(), text: z.string() }),
  z.object({ type: z.literal('stt.final'), turn, request: z.int(), text: z.string(), took_ms: ms }),
  z.object({ type: z.literal('stt.discarded'), turn, request: z.int() }),
  z.object({ type: z.literal('llm.started'), turn, generation, speculative: z.boolean() }),
  /**
   * What was asked of the model, exactly; one event for each round of a reply with tools. The first `same` messages
   * are those of the call's previous such event; `messages` follow them.
   */
  z.object({
    type: z.literal('llm.requested'),
    generation,
    round: z.int().nonnegative(),
    model: z.string(),
    temperature: z.number(),
    max_tokens: z.int(),
    same: z.int().nonnegative(),
    messages: z.array(loggedMessage),
  }),
  z.object({ type: z.literal('llm.token'), generation, text: z.string() }),
  z.object({ type: z.literal('llm.finished'), generation, took_ms: ms }),
  z.object({ type: z.literal('tool.called'), generation, name: z.string(), arguments: z.string() }),
  z.object({ type: z.literal('tool.returned'), generation, name: z.string(), took_ms: ms, ok: z.boolean() }),
  z.object({ type: z.literal('tts.started'), generation, clause: z.int(), text: z.string() }),
  z.object({ type: z.literal('tts.audio'), generation, clause: z.int(), took_ms: ms }),
  /** `samples`: how many of the generation's recording (tts/NNN.wav, at `sample_rate`) are this clause's; null: unknown. */
  z.object({
    type: z.literal('tts.finished'),
    generation,
    clause: z.int(),
    audio_ms: ms,
    sample_rate: z.int().nullable(),
    samples: z.int().nullable(),
  }),
  /** First packet with audio of this generation left. `at_sample`: its position on the bot's 8 kHz track. */
  z.object({ type: z.literal('bot.speaking'), turn, generation, at_sample: z.int() }),
  z.object({ type: z.literal('bot.ducked'), generation }),
  z.object({ type: z.literal('bot.resumed'), generation }),
  z.object({
    type: z.literal('bot.said'),
    generation,
    heard: z.string(),
    unheard: z.string(),
    interrupted: z.boolean(),
  }),
  z.object({ type: z.literal('generation.discarded'), generation }),
  /** Held: it listens and keeps what the caller says, but answers nothing until it is let go. */
  z.object({ type: z.literal('bot.held'), on: z.boolean() }),
  /** An instruction for its next answers, which the caller does not hear. */
  z.object({ type: z.literal('bot.whispered'), text: z.string() }),
  /** The caller's words of a turn that nobody answers: the bot is held. They are in its context. */
  z.object({ type: z.literal('turn.noted'), turn, text: z.string() }),
  /** The person speaks in the bot's place (`on`), or has given back. */
  z.object({ type: z.literal('person.took_over'), on: z.boolean() }),
  /** What the person said in the bot's place, as the bot's context now has it; from..to: samples since the call's start. */
  z.object({ type: z.literal('person.said'), text: z.string(), from: z.int(), to: z.int() }),
  /** The microphone gives nothing (`live` false): the far end hears silence. */
  z.object({ type: z.literal('person.microphone'), live: z.boolean(), message: z.string() }),
  z.object({
    type: z.literal('latency'),
    turn,
    generation,
    /** Last voiced caller sample to the bot's first voiced sample on the wire, by the engine's own clock. */
    total_ms: ms,
    stages: latencyStages,
    /** total minus the sum of the stages. */
    residual_ms: ms,
  }),
  /** A party that plays recordings: what it played, what it heard back, how long it waited, all read off the wire. */
  z.object({ type: z.literal('script.played'), turn, audio_ms: ms }),
  z.object({ type: z.literal('script.heard'), turn, text: z.string() }),
  z.object({ type: z.literal('script.latency'), turn, wire_ms: ms }),
  /** From the first voiced sample said over the far end to the last voiced one heard of it. */
  z.object({ type: z.literal('script.barged_in'), turn, stopped_after_ms: ms }),
  z.object({ type: z.literal('config.changed'), hashes: configHashes }),
  /** What the bot works with from here on, word for word: once as the call begins, then after each change. */
  z.object({
    type: z.literal('config.used'),
    hashes: configHashes,
    settings: z.record(z.string(), z.unknown()),
    prompt: z.string(),
  }),
  z.object({ type: z.literal('config.rejected'), message: z.string() }),
  z.object({
    type: z.literal('provider.failed'),
    stage,
    provider: z.string(),
    kind: z.string(),
    message: z.string(),
    retrying: z.boolean(),
  }),
] as const;

const stamp = { v: z.literal(EVENT_VERSION), seq: z.int().nonnegative(), at: micros, call: z.string() };

const eventBody = z.discriminatedUnion('type', kinds);
export const callEvent = eventBody.and(z.object(stamp));

/** What happened, before the call has stamped it. */
export type CallEventBody = z.infer<typeof eventBody>;
export type CallEvent = CallEventBody & { v: typeof EVENT_VERSION; seq: number; at: number; call: string };
