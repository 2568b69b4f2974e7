import { LATENCY_STAGES, type CallEvent, type LoggedMessage } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { CallerAlignment } from '../fold/alignment.ts';
import { asMessage, modelSpan, usedSettings, type ModelSpan, type UsedSettings } from './gen-ai.ts';
import { CALL, OpenSpans, type Attributes, type CallSpan } from './open-spans.ts';
import { note } from './span-notes.ts';

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

/**
 * A call's events as spans: the call, in it a span for each turn, and in that one what was done for it. A fold: each
 * event gives the spans that it has ended, so that the same serves a trace and a call that is going on.
 */
export class CallSpans {
  readonly #content: boolean;
  readonly #alignment = new CallerAlignment();
  readonly #spans = new OpenSpans();
  readonly #endedTurns = new Set<number>();
  readonly #turnOf = new Map<number, number>();
  readonly #words = new Map<string, string>();
  #asked: readonly LoggedMessage[] = [];
  #settings: UsedSettings = {};
  #speechFrom = 0;
  #party = '';

  /** `content`: also what was said and asked, word for word. */
  constructor({ content }: { readonly content: boolean }) {
    this.#content = content;
  }

  /** Events in their order. Returns the spans that this one has ended. */
  apply(event: CallEvent): readonly CallSpan[] {
    this.#spans.at = event.at / 1000;
    this.#take(event);
    return this.#spans.take();
  }

  /** The log is at its end: whatever is still open ends with its latest event. */
  close(): readonly CallSpan[] {
    this.#spans.endAll();
    return this.#spans.take();
  }

  #take(event: CallEvent): void {
    switch (event.type) {
      case 'call.started':
        this.#callStarted(event);
        break;
      case 'call.ended':
        this.#spans.set(CALL, { 'sidetone.call.end_reason': event.reason });
        this.#spans.endAll();
        break;
      case 'caller.aligned':
        this.#alignment.apply(event);
        break;
      case 'rtp.stats':
        this.#spans.set(CALL, {
          'sidetone.rtp.received': BigInt(event.stats.received),
          'sidetone.rtp.lost': BigInt(event.stats.lost),
          'sidetone.rtp.jitter_ms': event.stats.jitter_ms,
          'sidetone.rtp.concealed_ms': event.stats.concealed_ms,
        });
        break;
      case 'config.used':
        this.#settings = usedSettings.safeParse(event.settings).data ?? {};
        break;
      case 'speech.started':
        this.#speechFrom = this.#callerMs(event.from);
        break;
      case 'speech.ended': {
        const [from, to] = [this.#speechFrom, this.#callerMs(event.to)];
        const parent = this.#turn(event.turn, from);
        this.#spans.begin(`speech-${event.seq}`, 'caller speech', from, { parent });
        this.#spans.end(`speech-${event.seq}`, to);
        break;
      }
      case 'turn.ended': {
        const from = this.#spans.at - event.waited_ms;
        const parent = this.#turn(event.turn, from);
        this.#spans.begin(`endpointing-${event.seq}`, 'endpointing', from, { parent });
        this.#spans.end(`endpointing-${event.seq}`);
        break;
      }
      case 'turn.noted':
        this.#turn(event.turn, this.#spans.at);
        this.#endTurn(event.turn, {
          'sidetone.turn.noted': true,
          ...this.#said('sidetone.text', event.text),
        });
        break;
      case 'stt.started':
        this.#sttStarted(event);
        break;
      case 'stt.final':
        this.#spans.end(`stt-${event.request}`, this.#spans.at, this.#said('sidetone.text', event.text));
        break;
      case 'stt.discarded':
        this.#spans.end(`stt-${event.request}`, this.#spans.at, { 'sidetone.discarded': true });
        break;
      case 'llm.started':
        this.#turnOf.set(event.generation, event.turn);
        this.#chat(event.generation, 0, { 'sidetone.speculative': event.speculative });
        break;
      case 'llm.requested':
        this.#llmRequested(event);
        break;
      case 'llm.token':
        this.#llmToken(event);
        break;
      case 'llm.finished':
      case 'tool.called':
        this.#endChat(event.generation);
        if (event.type === 'tool.called') this.#toolCalled(event);
        break;
      case 'tool.returned': {
        const key = this.#spans.find(`tool-${event.generation}-${event.name}-`);
        if (key && !event.ok) this.#spans.fail(key, 'tool', 'the tool did not answer as it should');
        if (key) this.#spans.end(key);
        break;
      }
      case 'generation.discarded':
        this.#spans.endOf(event.generation, '', { 'sidetone.discarded': true });
        this.#turnOf.delete(event.generation);
        break;
      case 'tts.started':
        this.#ttsStarted(event);
        break;
      case 'tts.audio':
        this.#spans.set(`tts-${event.generation}-${event.clause}`, {
          'sidetone.tts.time_to_first_audio_ms': event.took_ms,
        });
        break;
      case 'tts.finished':
        this.#spans.end(`tts-${event.generation}-${event.clause}`, this.#spans.at, {
          'sidetone.tts.audio_ms': event.audio_ms,
        });
        break;
      case 'bot.speaking': {
        const { turn, generation } = event;
        this.#turnOf.set(generation, turn);
        const from = (event.at_sample * 1000) / LINE_RATE;
        this.#spans.begin(`playout-${generation}`, 'playout', from, {
          parent: this.#turn(turn, from),
          generation,
        });
        break;
      }
      case 'bot.ducked':
      case 'bot.resumed':
        this.#moment(`playout-${event.generation}`, event);
        break;
      case 'bot.said':
        this.#botSaid(event);
        break;
      case 'turn.completeness':
        this.#moment(`turn-${event.turn}`, event);
        break;
      case 'latency': {
        const stages = LATENCY_STAGES.map(
          ([stage]) => [`sidetone.latency.${stage}_ms`, event.stages[stage]] as const,
        );
        this.#spans.set(this.#turn(event.turn, this.#spans.at - event.total_ms), {
          'sidetone.latency.engine_ms': event.total_ms,
          ...Object.fromEntries(stages),
        });
        break;
      }
      case 'provider.failed': {
        const { stage, kind, message, retrying } = event;
        const key = this.#spans.find(`${stage}-`) ?? this.#spans.find('turn-');
        this.#moment(key ?? CALL, event);
        if (key && !retrying) this.#spans.fail(key, kind, message);
        break;
      }
      default:
        this.#moment(CALL, event);
    }
  }

  #callStarted({ call, peer, codec, ptime_ms, party }: EventOf<'call.started'>): void {
    this.#party = party;
    const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(peer) ?? [];
    const network =
      address && port ? { 'network.peer.address': address, 'network.peer.port': BigInt(port) } : {};
    this.#spans.begin(CALL, 'call', 0, {
      parent: null,
      attributes: {
        'gen_ai.conversation.id': call,
        'gen_ai.agent.name': party,
        'sidetone.call.id': call,
        'sidetone.call.codec': codec,
        'sidetone.call.ptime_ms': ptime_ms,
        ...network,
      },
    });
  }

  #sttStarted({ request, turn, audio_ms, speculative }: EventOf<'stt.started'>): void {
    const { name, kind, attributes } = this.#model('stt', 'stt');
    this.#spans.begin(`stt-${request}`, name, this.#spans.at, {
      parent: this.#turn(turn, this.#spans.at - audio_ms),
      kind,
      attributes: { ...attributes, 'sidetone.stt.audio_ms': audio_ms, 'sidetone.speculative': speculative },
    });
  }

  #llmRequested(event: EventOf<'llm.requested'>): void {
    const { generation, round, model, temperature, max_tokens, same, messages } = event;
    this.#asked = [...this.#asked.slice(0, same), ...messages];
    if (round > 0) this.#endChat(generation);
    const key = this.#chat(generation, round, {
      'gen_ai.request.model': model,
      'gen_ai.request.temperature': temperature,
      'gen_ai.request.max_tokens': BigInt(max_tokens),
      ...this.#said('gen_ai.input.messages', JSON.stringify(this.#asked.map(asMessage))),
    });
    this.#spans.rename(key, `chat ${model}`);
  }

  /** The span of a round of a reply, which is begun if there is none. */
  #chat(generation: number, round: number, attributes: Attributes): string {
    const key = `llm-${generation}-${round}`;
    if (!this.#spans.has(key)) {
      const model = this.#model('llm', 'chat');
      this.#spans.begin(key, model.name, this.#spans.at, {
        parent: this.#turn(this.#turnOf.get(generation) ?? 0, this.#spans.at),
        kind: model.kind,
        generation,
        attributes: {
          ...model.attributes,
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.stream': true,
          'gen_ai.output.type': 'text',
        },
      });
    }
    this.#spans.set(key, attributes);
    return key;
  }

  #llmToken({ generation, text }: EventOf<'llm.token'>): void {
    const key = this.#spans.find(`llm-${generation}-`);
    if (!key) return;
    if (!this.#words.has(key))
      this.#spans.set(key, { 'gen_ai.response.time_to_first_chunk': this.#spans.ageMs(key) / 1000 });
    this.#words.set(key, (this.#words.get(key) ?? '') + text);
  }

  #endChat(generation: number): void {
    const key = this.#spans.find(`llm-${generation}-`);
    if (!key) return;
    const reply = { role: 'assistant' as const, content: this.#words.get(key) ?? '' };
    this.#words.delete(key);
    this.#spans.end(
      key,
      this.#spans.at,
      this.#said('gen_ai.output.messages', JSON.stringify([asMessage(reply)])),
    );
  }

  #toolCalled({ generation, name, seq, ...event }: EventOf<'tool.called'>): void {
    this.#spans.begin(`tool-${generation}-${name}-${seq}`, `execute_tool ${name}`, this.#spans.at, {
      parent: this.#turn(this.#turnOf.get(generation) ?? 0, this.#spans.at),
      generation,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': name,
        'gen_ai.tool.type': 'function',
        ...this.#said('gen_ai.tool.call.arguments', event.arguments),
      },
    });
  }

  #ttsStarted({ generation, clause, text }: EventOf<'tts.started'>): void {
    const { name, kind, attributes } = this.#model('tts', 'tts');
    this.#spans.begin(`tts-${generation}-${clause}`, name, this.#spans.at, {
      parent: this.#turn(this.#turnOf.get(generation) ?? 0, this.#spans.at),
      kind,
      generation,
      attributes: {
        ...attributes,
        'sidetone.tts.clause': BigInt(clause),
        'sidetone.tts.characters': BigInt(text.length),
        ...this.#said('sidetone.text', text),
      },
    });
  }

  #botSaid({ generation, heard, unheard, interrupted }: EventOf<'bot.said'>): void {
    this.#endChat(generation);
    this.#spans.endOf(generation, 'tts-');
    const outcome = {
      'sidetone.interrupted': interrupted,
      ...this.#said('sidetone.heard', heard),
      ...this.#said('sidetone.unheard', unheard),
    };
    this.#spans.end(`playout-${generation}`, this.#spans.at, outcome);
    this.#endTurn(this.#turnOf.get(generation) ?? 0, outcome);
    this.#turnOf.delete(generation);
  }

  /** The key of a turn's span, which is begun if there is none; that of the call for turn 0, a phrase of the bot's own. */
  #turn(turn: number, from: number): string {
    if (turn === 0) return CALL;
    const key = `turn-${turn}`;
    if (!this.#spans.has(key) && !this.#endedTurns.has(turn)) {
      this.#spans.begin(key, `invoke_agent ${this.#party}`, from, {
        attributes: {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': this.#party,
          'sidetone.turn': BigInt(turn),
        },
      });
    }
    return key;
  }

  #endTurn(turn: number, attributes: Attributes): void {
    if (turn === 0) return;
    this.#endedTurns.add(turn);
    this.#spans.end(`turn-${turn}`, this.#spans.at, attributes);
  }

  #model(stage: 'stt' | 'llm' | 'tts', what: string): ModelSpan {
    return modelSpan(this.#settings[stage] ?? null, what);
  }

  #moment(key: string, event: CallEvent): void {
    const attributes = note(event, this.#content);
    if (attributes) this.#spans.moment(key, `sidetone.${event.type}`, attributes);
  }

  #callerMs(position: number): number {
    return (this.#alignment.sampleAt(position) * 1000) / LINE_RATE;
  }

  #said(name: string, text: string): Attributes {
    return this.#content && text !== '' ? { [name]: text } : {};
  }
}

/** All spans of a whole call, what was said included. */
export function spansOf(events: readonly CallEvent[]): readonly CallSpan[] {
  const fold = new CallSpans({ content: true });
  return [...events.flatMap((event) => fold.apply(event)), ...fold.close()];
}
