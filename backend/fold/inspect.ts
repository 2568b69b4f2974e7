import type { CallEvent, ConfigHashes, LoggedMessage } from '../contract/events.ts';
import { CallerAlignment } from './alignment.ts';

/** What each stage was asked and what it answered, word for word. All times are ms since the call's start. */

export interface Segment {
  readonly request: number;
  readonly turn: number;
  /** When the recogniser was asked. */
  readonly at: number;
  /** Where the audio it was given lies in the call; null: not known. */
  readonly span: { readonly from: number; readonly to: number } | null;
  readonly audioMs: number;
  readonly speculative: boolean;
  readonly partials: readonly string[];
  /** null: no answer came, or none was wanted any more. */
  readonly text: string | null;
  readonly tookMs: number | null;
  readonly discarded: boolean;
}

export interface ToolUse {
  readonly name: string;
  readonly arguments: string;
  readonly tookMs: number | null;
  readonly ok: boolean | null;
}

/** One request to the model and its reply; a reply with tools has several, its rounds. */
export interface ModelRequest {
  readonly generation: number;
  readonly round: number;
  readonly at: number;
  readonly model: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly messages: readonly LoggedMessage[];
  readonly reply: string;
  readonly tokens: number;
  readonly firstTokenMs: number | null;
  /** Of the last round: to the end of the whole reply. */
  readonly tookMs: number | null;
  readonly tools: readonly ToolUse[];
  readonly discarded: boolean;
}

export interface Clause {
  readonly index: number;
  readonly text: string;
  readonly at: number;
  readonly firstAudioMs: number | null;
  readonly audioMs: number | null;
}

/** What a generation said, and what of it the caller heard. */
export interface Utterance {
  readonly generation: number;
  readonly clauses: readonly Clause[];
  /** When its first packet left; null: nothing of it did. */
  readonly spokenAt: number | null;
  /** null: it never came to an end. */
  readonly heard: string | null;
  readonly unheard: string;
  readonly interrupted: boolean;
  readonly discarded: boolean;
}

export interface Configuration {
  readonly at: number;
  readonly hashes: ConfigHashes;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly prompt: string;
}

export interface Inspection {
  readonly segments: readonly Segment[];
  readonly requests: readonly ModelRequest[];
  readonly utterances: readonly Utterance[];
  readonly configurations: readonly Configuration[];
}

type Growing<Kept> = { -readonly [Key in keyof Kept]: Kept[Key] };

export function inspect(events: readonly CallEvent[]): Inspection {
  const alignment = new CallerAlignment();
  const segments = new Map<number, Growing<Segment>>();
  const requests: Growing<ModelRequest>[] = [];
  const utterances = new Map<number, Growing<Utterance>>();
  const configurations: Configuration[] = [];
  let messagesAsked: readonly LoggedMessage[] = [];

  const requestOf = (generation: number): Growing<ModelRequest> | undefined =>
    requests.findLast((query) => query.generation === generation);
  const utteranceOf = (generation: number): Growing<Utterance> => {
    const known = utterances.get(generation);
    if (known) return known;
    const fresh = {
      generation,
      clauses: [],
      spokenAt: null,
      heard: null,
      unheard: '',
      interrupted: false,
      discarded: false,
    };
    utterances.set(generation, fresh);
    return fresh;
  };
  const changeClause = (generation: number, index: number, change: Partial<Clause>): void => {
    const utterance = utteranceOf(generation);
    utterance.clauses = utterance.clauses.map((clause) =>
      clause.index === index ? { ...clause, ...change } : clause,
    );
  };

  for (const event of events) {
    const at = event.at / 1000;
    switch (event.type) {
      case 'caller.aligned':
        alignment.apply(event);
        break;
      case 'stt.started': {
        const { request, turn, from, to, audio_ms: audioMs, speculative } = event;
        const ms = (position: number): number => alignment.sampleAt(position) / 8;
        segments.set(request, {
          request,
          turn,
          at,
          span: from === null || to === null ? null : { from: ms(from), to: ms(to) },
          audioMs,
          speculative,
          partials: [],
          text: null,
          tookMs: null,
          discarded: false,
        });
        break;
      }
      case 'stt.partial': {
        const segment = segments.get(event.request);
        if (segment) segment.partials = [...segment.partials, event.text];
        break;
      }
      case 'stt.final': {
        const segment = segments.get(event.request);
        if (!segment) break;
        segment.text = event.text;
        segment.tookMs = event.took_ms;
        break;
      }
      case 'stt.discarded': {
        const segment = segments.get(event.request);
        if (segment) segment.discarded = true;
        break;
      }
      case 'llm.requested': {
        const { generation, round, model, temperature, max_tokens: maxTokens, same, messages } = event;
        messagesAsked = [...messagesAsked.slice(0, same), ...messages];
        requests.push({
          generation,
          round,
          at,
          model,
          temperature,
          maxTokens,
          messages: messagesAsked,
          reply: '',
          tokens: 0,
          firstTokenMs: null,
          tookMs: null,
          tools: [],
          discarded: false,
        });
        break;
      }
      case 'llm.token': {
        const query = requestOf(event.generation);
        if (!query) break;
        query.reply += event.text;
        query.tokens += 1;
        query.firstTokenMs ??= at - query.at;
        break;
      }
      case 'llm.finished': {
        const query = requestOf(event.generation);
        if (query) query.tookMs = event.took_ms;
        break;
      }
      case 'tool.called': {
        const query = requestOf(event.generation);
        if (!query) break;
        const use = { name: event.name, arguments: event.arguments, tookMs: null, ok: null };
        query.tools = [...query.tools, use];
        break;
      }
      case 'tool.returned': {
        const query = requestOf(event.generation);
        if (!query) break;
        const open = query.tools.findIndex(({ name, ok }) => name === event.name && ok === null);
        query.tools = query.tools.map((use, index) =>
          index === open ? { ...use, tookMs: event.took_ms, ok: event.ok } : use,
        );
        break;
      }
      case 'generation.discarded': {
        for (const query of requests) {
          if (query.generation === event.generation) query.discarded = true;
        }
        const utterance = utterances.get(event.generation);
        if (utterance) utterance.discarded = true;
        break;
      }
      case 'tts.started': {
        const utterance = utteranceOf(event.generation);
        const clause = { index: event.clause, text: event.text, at, firstAudioMs: null, audioMs: null };
        utterance.clauses = [...utterance.clauses, clause];
        break;
      }
      case 'tts.audio':
        changeClause(event.generation, event.clause, { firstAudioMs: event.took_ms });
        break;
      case 'tts.finished':
        changeClause(event.generation, event.clause, { audioMs: event.audio_ms });
        break;
      case 'bot.speaking':
        utteranceOf(event.generation).spokenAt = event.at_sample / 8;
        break;
      case 'bot.said': {
        const utterance = utteranceOf(event.generation);
        utterance.heard = event.heard;
        utterance.unheard = event.unheard;
        utterance.interrupted = event.interrupted;
        break;
      }
      case 'config.used': {
        const { hashes, settings, prompt } = event;
        configurations.push({ at, hashes, settings, prompt });
        break;
      }
      default:
        break;
    }
  }
  return {
    segments: [...segments.values()],
    requests,
    utterances: [...utterances.values()],
    configurations,
  };
}

/** What was in force at a moment: the latest before it, or the first there is. */
export function inForce(configurations: readonly Configuration[], ms: number): Configuration | null {
  return configurations.findLast(({ at }) => at <= ms) ?? configurations[0] ?? null;
}
