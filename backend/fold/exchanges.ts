import { unreachable } from '../base/errors.ts';
import type { ComparedSide, TraceView, TurnMetrics } from '../contract/traces.ts';
import { foldConversation } from './conversation.ts';
import type { Conversation } from './types.ts';
import { joinWords } from './words.ts';

interface Exchange {
  turn: number;
  at: number;
  callerText: string;
  botText: string;
  readonly generations: number[];
}

/**
 * A call as what the caller said and what came back, one after the other. What the bot says before the caller has
 * said anything is an exchange of its own, with no words of the caller's.
 */
export function exchangesOf({
  events,
  metrics,
}: Pick<TraceView, 'events' | 'metrics'>): readonly ComparedSide[] {
  const conversation = events.reduce<Conversation>(foldConversation, []);
  const exchanges = gather(conversation);
  // A capture of somebody else's call has turns and no words.
  if (exchanges.length === 0) return metrics.turns.map((turn) => side(withoutWords(turn), [turn]));
  return exchanges.map((exchange) => side(exchange, metrics.turns));
}

function gather(conversation: Conversation): readonly Exchange[] {
  const exchanges: Exchange[] = [];
  const begin = (turn: number, at: number): Exchange => {
    const fresh: Exchange = { turn, at, callerText: '', botText: '', generations: [] };
    exchanges.push(fresh);
    return fresh;
  };
  const callerSays = (turn: number, at: number, text: string): void => {
    const last = exchanges.at(-1);
    const open = last?.botText === '' && last.generations.length === 0 ? last : begin(turn, at);
    open.turn = turn;
    open.callerText = joinWords(open.callerText, text);
  };
  const botSays = (at: number, text: string): Exchange => {
    const open = exchanges.at(-1) ?? begin(0, at);
    open.botText = joinWords(open.botText, text.trim());
    return open;
  };
  for (const item of conversation) {
    switch (item.kind) {
      case 'caller':
        // What was said over a bot that spoke on is no turn.
        if (item.turn !== 0) callerSays(item.turn, item.at, item.text);
        break;
      case 'keys':
        if (item.by === 'caller') callerSays(turnAfter(exchanges), item.at, `[${item.digits}]`);
        break;
      case 'bot':
        botSays(item.at, item.text).generations.push(item.generation);
        break;
      case 'person':
        botSays(item.at, item.text);
        break;
      case 'note':
        break;
      default:
        unreachable(item);
    }
  }
  return exchanges;
}

/** Keys are answered as the turn after the latest. */
function turnAfter(exchanges: readonly Exchange[]): number {
  return Math.max(0, ...exchanges.map(({ turn }) => turn)) + 1;
}

function withoutWords({ turn, generation, callerEndedAt }: TurnMetrics): Exchange {
  return { turn, at: callerEndedAt ?? 0, callerText: '', botText: '', generations: [generation] };
}

/** The wait that counts is the one before the first answer. */
function side(exchange: Exchange, turns: readonly TurnMetrics[]): ComparedSide {
  const { generations, ...said } = exchange;
  const measured = turns.find(({ generation }) => generations.includes(generation));
  return { ...said, wireMs: measured?.wireMs ?? null, stages: measured?.stages ?? null };
}
