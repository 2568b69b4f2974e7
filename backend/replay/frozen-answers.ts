import type { CallEvent, LoggedMessage } from '../contract/events.ts';
import type {
  CallerSegment,
  FrozenAnswers,
  FrozenClause,
  FrozenHearing,
  FrozenJudgement,
  FrozenReply,
  FrozenRound,
  FrozenTranscript,
} from '../contract/frozen.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { ReplayOptions } from '../contract/traces.ts';
import type { Sound } from '../audio/wav.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
/** The completeness model is given so much at most. */
const JUDGED_SAMPLES = 8 * LINE_RATE;
/** It has answered by then, or never did. */
const JUDGED_WITHIN_MS = 3000;

const NO_VOICE: Sound = { pcm: new Int16Array(0), sampleRate: LINE_RATE };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * What the stages of a call answered, read off its log. `voices`: what the voice produced, by generation; those that
 * are missing are not frozen.
 */
export function frozenAnswers(
  events: readonly CallEvent[],
  voices: ReadonlyMap<number, Sound>,
  { freeze, pace }: Pick<ReplayOptions, 'freeze' | 'pace'>,
): FrozenAnswers {
  return {
    stt: freeze.includes('stt') ? hearingOf(events, pace) : null,
    llm: freeze.includes('llm') ? repliesOf(events) : null,
    tts: freeze.includes('tts') ? clausesOf(events, voices) : null,
  };
}

function hearingOf(events: readonly CallEvent[], pace: ReplayOptions['pace']): FrozenHearing {
  // A log of version 1 does not say where segments lie.
  const placed = events.every((event) => event.type !== 'stt.started' || event.from !== null);
  const transcripts = transcriptsOf(events);
  return {
    by: placed && pace === 'original' ? 'track' : 'turn',
    transcripts,
    judgements: judgementsOf(events, transcripts),
  };
}

function transcriptsOf(events: readonly CallEvent[]): readonly FrozenTranscript[] {
  const all = new Map<number, Mutable<FrozenTranscript>>();
  const startedAt = new Map<number, number>();
  const since = (request: number, at: number): number => at / 1000 - (startedAt.get(request) ?? 0);
  for (const event of events) {
    if (event.type === 'stt.started') {
      const { request, turn, audio_ms, at } = event;
      const from = event.from ?? 0;
      const to = event.to ?? audio_ms * SAMPLES_PER_MS;
      all.set(request, { turn, from, to, partials: [], text: null, at: 0 });
      startedAt.set(request, at / 1000);
    } else if (event.type === 'stt.partial') {
      const known = all.get(event.request);
      if (known) {
        const partial = { at: since(event.request, event.at), text: event.text };
        known.partials = [...known.partials, partial];
      }
    } else if (event.type === 'stt.final') {
      const known = all.get(event.request);
      if (known) Object.assign(known, { text: event.text, at: event.took_ms });
    } else if (event.type === 'stt.discarded') {
      const known = all.get(event.request);
      if (known?.text === null) known.at = since(event.request, event.at);
    }
  }
  return [...all.values()];
}

/** A judgement is about the speech that ended before it, in the order of asking. */
function judgementsOf(
  events: readonly CallEvent[],
  transcripts: readonly FrozenTranscript[],
): readonly FrozenJudgement[] {
  const judgements: FrozenJudgement[] = [];
  let asked: { readonly turn: number; readonly to: number; readonly at: number }[] = [];
  for (const event of events) {
    if (event.type === 'speech.ended') {
      asked.push({ turn: event.turn, to: event.to, at: event.at / 1000 });
    } else if (event.type === 'turn.completeness') {
      const at = event.at / 1000;
      asked = asked.filter((one) => at - one.at < JUDGED_WITHIN_MS);
      const one = asked.find(({ turn }) => turn === event.turn);
      if (!one) continue;
      asked = asked.filter((other) => other !== one);
      const begin = Math.min(
        one.to,
        ...transcripts.filter(({ turn }) => turn === one.turn).map(({ from }) => from),
      );
      const from = Math.max(begin, one.to - JUDGED_SAMPLES);
      judgements.push({
        ...segment(one.turn, from, one.to),
        probability: event.probability,
        at: at - one.at,
      });
    }
  }
  return judgements;
}

function segment(turn: number, from: number, to: number): CallerSegment {
  return { turn, from, to };
}

interface Thought extends Mutable<Pick<FrozenReply, 'turn' | 'asked' | 'end'>> {
  readonly rounds: Mutable<FrozenRound>[];
  roundAt: number;
  discarded: boolean;
}

function repliesOf(events: readonly CallEvent[]): readonly FrozenReply[] {
  const thoughts = new Map<number, Thought>();
  let messages: readonly LoggedMessage[] = [];
  const begin = (thought: Thought, at: number): void => {
    thought.rounds.push({ tokens: [], calls: [], at: 0 });
    thought.roundAt = at;
  };
  for (const event of events) {
    if (event.type === 'llm.requested') messages = [...messages.slice(0, event.same), ...event.messages];
    if (!('generation' in event)) continue;
    const at = event.at / 1000;
    if (event.type === 'llm.started') {
      const fresh: Thought = {
        turn: event.turn,
        asked: null,
        end: 'cut',
        rounds: [],
        roundAt: at,
        discarded: false,
      };
      thoughts.set(event.generation, fresh);
      begin(fresh, at);
      continue;
    }
    const thought = thoughts.get(event.generation);
    const round = thought?.rounds.at(-1);
    if (!thought || !round) continue;
    const since = at - thought.roundAt;
    switch (event.type) {
      case 'llm.requested':
        thought.asked ??= messages.findLast(({ role }) => role === 'user')?.content ?? null;
        if (event.round === 0) thought.roundAt = at;
        else begin(thought, at);
        break;
      case 'llm.token':
        round.tokens = [...round.tokens, { at: since, text: event.text }];
        if (thought.end === 'cut') round.at = since;
        break;
      case 'tool.called':
        round.calls = [
          ...round.calls,
          { id: `frozen-${round.calls.length}`, name: event.name, arguments: event.arguments },
        ];
        break;
      case 'llm.finished':
        thought.end = 'whole';
        round.at = since;
        break;
      case 'generation.discarded':
      case 'bot.said':
        thought.discarded = event.type === 'generation.discarded';
        if (thought.end === 'whole') break;
        thought.end = thought.discarded ? 'discarded' : 'cut';
        round.at = since;
        break;
      default:
    }
  }
  return counted([...thoughts.values()]).map(({ turn, asked, end, rounds }) => ({
    turn,
    asked,
    end,
    rounds,
  }));
}

interface Voicing extends Omit<Mutable<FrozenClause>, 'pcm' | 'sampleRate'> {
  readonly generation: number;
  readonly begunAt: number;
  /** Samples before it in the generation's recording. */
  readonly offset: number;
  samples: number | null;
  discarded: boolean;
}

function clausesOf(
  events: readonly CallEvent[],
  voices: ReadonlyMap<number, Sound>,
): readonly FrozenClause[] {
  const voicings: Voicing[] = [];
  const turns = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'llm.started') turns.set(event.generation, event.turn);
    if (event.type === 'generation.discarded' || event.type === 'bot.said') {
      for (const voicing of voicings.filter(({ generation }) => generation === event.generation)) {
        voicing.discarded = event.type === 'generation.discarded';
        if (voicing.samples === null) voicing.cutAt = event.at / 1000 - voicing.begunAt;
      }
    }
    if (event.type === 'tts.started') {
      const { generation, text, at } = event;
      const before = voicings.filter((voicing) => voicing.generation === generation);
      // Where an earlier clause does not say how long it is, this one cannot be found.
      const offset = before.reduce((sum, { samples }) => sum + (samples ?? Infinity), 0);
      const turn = turns.get(generation) ?? 0;
      const begunAt = at / 1000;
      voicings.push({
        generation,
        turn,
        text,
        begunAt,
        offset,
        samples: null,
        firstAt: 0,
        lastAt: 0,
        cutAt: null,
        discarded: false,
      });
    }
    const latest = voicings.at(-1);
    if (!latest || !('generation' in event) || latest.generation !== event.generation) continue;
    if (event.type === 'tts.audio') Object.assign(latest, { firstAt: event.took_ms, lastAt: event.took_ms });
    if (event.type === 'tts.finished') {
      latest.samples = event.samples;
      latest.lastAt = Math.max(latest.firstAt, event.at / 1000 - latest.begunAt);
    }
  }
  const whole = voicings.filter(({ samples }) => samples !== null);
  const broken = voicings.filter(({ samples }) => samples === null);
  return [...counted(whole), ...counted(broken)].flatMap((voicing) => {
    const { generation, turn, text, offset, samples, firstAt, lastAt, cutAt } = voicing;
    const { pcm, sampleRate } = voices.get(generation) ?? NO_VOICE;
    const said = pcm.slice(offset, samples === null ? undefined : offset + samples);
    // A recording that is missing is made anew; what never was one is waited for to be thrown away again.
    if (said.length === 0 && cutAt === null) return [];
    return [{ turn, text, sampleRate, pcm: said, firstAt, lastAt, cutAt }];
  });
}

/** Those that counted before those that were thrown away. */
function counted<T extends { readonly discarded: boolean }>(all: readonly T[]): readonly T[] {
  return [...all.filter(({ discarded }) => !discarded), ...all.filter(({ discarded }) => discarded)];
}
