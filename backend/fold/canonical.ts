import type { CallEvent, LoggedMessage } from '../contract/events.ts';

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/**
 * A call's event log without its times: two replays of one call that went the same way give the same text.
 *
 * Order is causal only within a lane: what the caller said, what was understood of it, each answer's words, each
 * answer's audio, what the bot did. Events of different lanes interleave by how long each took, so every lane is told
 * by itself. Left out is what is time, or follows from nothing else:
 * - moments, durations, positions on a track, packet statistics, stalls, addresses, streams' random numbers;
 * - whether work was done ahead of its turn, and all work that was thrown away unheard: how far it got is time. So
 *   requests and generations are counted anew, over those that counted;
 * - of an answer that was cut short, how much was made and heard of it before;
 * - pauses within a turn: where packets come late, the detector finds one more or less. A turn's last judgement counts;
 * - previews of what is being said, and `turn.state`: a picture of how the lanes lie to each other.
 */
export function canonicalLog(events: readonly CallEvent[]): string {
  const lanes = new Lanes(events);
  for (const event of events) lanes.take(event);
  return lanes.text();
}

/** How many of the logs (canonicalLog) are the same as the first, which counts too. */
export function equalLogs(logs: readonly string[]): number {
  return logs.filter((log) => log === logs[0]).length;
}

/** A generation as it ended. */
interface Fate {
  /** Counted over those that were not thrown away. */
  readonly number: number;
  readonly interrupted: boolean;
}

class Lanes {
  readonly #lanes = new Map<string, string[]>();
  readonly #discardedRequests: ReadonlySet<number>;
  readonly #fates: ReadonlyMap<number, Fate>;
  /** Words of the replies, by generation: how they came in tokens is time. */
  readonly #words = new Map<number, string>();
  /** Turns in which the caller spoke, and whether they sounded complete in the end. */
  readonly #spoken = new Set<number>();
  readonly #judged = new Map<number, number>();
  /** What the model was asked last, whole. */
  #messages: readonly LoggedMessage[] = [];

  constructor(events: readonly CallEvent[]) {
    this.#discardedRequests = new Set(
      events.filter((event) => event.type === 'stt.discarded').map(({ request }) => request),
    );
    this.#fates = fatesOf(events);
  }

  take(event: CallEvent): void {
    switch (event.type) {
      case 'call.started':
        return this.#tell('call', event.type, event.codec, event.ptime_ms, event.party);
      case 'call.ended':
        return this.#tell('call', event.type, event.reason);
      case 'call.muted':
      case 'bot.held':
      case 'person.took_over':
        return this.#tell('call', event.type, event.on);
      case 'call.marked':
        return this.#tell('call', event.type, event.label);
      case 'call.line':
        return this.#tell('call', event.type, event.direction, event.remote);
      case 'call.held':
        return this.#tell('call', event.type, event.by, event.on);
      case 'call.transfer':
        return this.#tell('call', event.type, event.target, event.state);
      case 'bot.whispered':
      case 'person.said':
        return this.#tell('call', event.type, event.text);
      case 'person.microphone':
        return this.#tell('call', event.type, event.live);
      case 'config.used':
      case 'config.changed':
        return this.#tell('call', event.type, event.hashes);
      case 'config.rejected':
        return this.#tell('call', event.type, event.message);
      case 'provider.failed':
        return this.#tell('call', event.type, event.stage, event.kind, event.retrying);
      case 'rtp.source_changed':
        return this.#tell('call', event.type, event.reason);
      case 'rtp.unknown_payload':
        return this.#tell('call', event.type, event.payload_type);
      case 'dtmf.received':
        return this.#tell('keys', event.type, event.digit);
      case 'dtmf.sent':
        return this.#tell('keys sent', event.type, event.digit);
      case 'speech.started':
        if (this.#spoken.has(event.turn)) return;
        this.#spoken.add(event.turn);
        return this.#tell('speech', event.turn);
      case 'turn.completeness':
        this.#judged.set(event.turn, event.probability);
        return;
      case 'turn.noted':
        return this.#tell('turns', event.type, event.turn, event.text);
      case 'stt.final':
        if (this.#discardedRequests.has(event.request)) return;
        return this.#tell('stt', event.turn, event.text);
      case 'llm.started':
      case 'llm.requested':
      case 'llm.token':
      case 'llm.finished':
      case 'tool.called':
      case 'tool.returned':
        return this.#thought(event);
      case 'tts.started':
      case 'tts.finished':
        return this.#voiced(event);
      case 'bot.speaking':
      case 'bot.ducked':
      case 'bot.resumed':
      case 'bot.said':
        return this.#spoke(event);
      case 'script.played':
        return this.#tell('script', event.type, event.turn);
      case 'script.heard':
        return this.#tell('script', event.type, event.turn, event.text);
      case 'script.barged_in':
        return this.#tell('script', event.type, event.turn);
      case 'speech.ended':
      case 'call.warning':
      case 'call.refused':
      case 'call.media':
      case 'caller.aligned':
      case 'rtp.ready':
      case 'rtp.mapped':
      case 'rtp.concealed':
      case 'rtp.quiet':
      case 'rtp.resumed':
      case 'rtp.latched':
      case 'rtp.one_way':
      case 'rtp.stats':
      case 'sip.message':
      case 'engine.stalled':
      case 'turn.state':
      case 'turn.ended':
      case 'stt.started':
      case 'stt.partial':
      case 'stt.discarded':
      case 'tts.audio':
      case 'generation.discarded':
      case 'latency':
      case 'script.latency':
        return;
    }
  }

  /** Lanes by name, each event a line. */
  text(): string {
    for (const [turn, probability] of this.#judged) this.#tell('completeness', turn, probability);
    this.#judged.clear();
    return [...this.#lanes.keys()]
      .toSorted()
      .flatMap((lane) => (this.#lanes.get(lane) ?? []).map((line) => `${lane}: ${line}\n`))
      .join('');
  }

  #tell(lane: string, ...what: readonly unknown[]): void {
    const lines = this.#lanes.get(lane);
    const line = JSON.stringify(what);
    if (lines) lines.push(line);
    else this.#lanes.set(lane, [line]);
  }

  #thought(
    event: EventOf<
      'llm.started' | 'llm.requested' | 'llm.token' | 'llm.finished' | 'tool.called' | 'tool.returned'
    >,
  ): void {
    // What was asked is told as what is new since the last time, be that time thrown away or not.
    if (event.type === 'llm.requested') {
      this.#messages = [...this.#messages.slice(0, event.same), ...event.messages];
    }
    const fate = this.#fates.get(event.generation);
    if (!fate) return;
    const lane = `llm ${fate.number}`;
    switch (event.type) {
      case 'llm.started':
        return this.#tell(lane, event.type, event.turn);
      case 'llm.requested': {
        this.#tell(lane, event.type, event.round, this.#messages.map(asked));
        return;
      }
      case 'llm.token':
        this.#words.set(event.generation, (this.#words.get(event.generation) ?? '') + event.text);
        return;
      case 'llm.finished':
        if (!fate.interrupted) this.#tell(lane, event.type, this.#words.get(event.generation) ?? '');
        return;
      case 'tool.called':
        return this.#tell(lane, event.type, event.name, event.arguments);
      case 'tool.returned':
        return this.#tell(lane, event.type, event.name, event.ok);
    }
  }

  #voiced(event: EventOf<'tts.started' | 'tts.finished'>): void {
    const fate = this.#fates.get(event.generation);
    if (!fate) return;
    const lane = `tts ${fate.number}`;
    if (event.type === 'tts.started') {
      if (!fate.interrupted || event.clause === 0) this.#tell(lane, event.type, event.clause, event.text);
    } else if (!fate.interrupted) {
      this.#tell(lane, event.type, event.clause, event.sample_rate, event.samples);
    }
  }

  #spoke(event: EventOf<'bot.speaking' | 'bot.ducked' | 'bot.resumed' | 'bot.said'>): void {
    const fate = this.#fates.get(event.generation);
    if (!fate) return;
    const { number } = fate;
    if (event.type === 'bot.speaking') this.#tell('bot', event.type, number, event.turn);
    else if (event.type !== 'bot.said') this.#tell('bot', event.type, number);
    else this.#tell('bot', event.type, number, event.interrupted ? 'interrupted' : event.heard);
  }
}

/** Of the bot's own turns, where they were cut is time. */
function asked({ role, content }: LoggedMessage): readonly string[] {
  return role === 'assistant' ? [role] : [role, content];
}

/** Those that were not thrown away. */
function fatesOf(events: readonly CallEvent[]): ReadonlyMap<number, Fate> {
  const discarded = new Set<number>();
  const interrupted = new Set<number>();
  const begun = new Set<number>();
  for (const event of events) {
    if (event.type === 'generation.discarded') discarded.add(event.generation);
    if (event.type === 'bot.said' && event.interrupted) interrupted.add(event.generation);
    if (event.type === 'llm.started' || event.type === 'tts.started') begun.add(event.generation);
  }
  const fates = new Map<number, Fate>();
  for (const generation of begun) {
    if (discarded.has(generation)) continue;
    fates.set(generation, { number: fates.size + 1, interrupted: interrupted.has(generation) });
  }
  return fates;
}
