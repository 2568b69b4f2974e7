import type { CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { letPass } from './caller-items.ts';
import type { Conversation, ConversationItem } from './types.ts';
import { waterfallOf } from './waterfall.ts';
import { joinWords } from './words.ts';

/** The bot's side of a conversation: one item for each generation, from its first thought to what was heard of it. */

type BotItem = Extract<ConversationItem, { kind: 'bot' }>;
type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

export function botThinks(before: Conversation, event: EventOf<'llm.started' | 'tts.started'>): Conversation {
  const { generation } = event;
  if (find(before, generation) !== -1) return before;
  // A phrase is not thought up: its words are there at once, and it answers no turn.
  const { turn, text } =
    event.type === 'llm.started' ? { turn: event.turn, text: '' } : { turn: 0, text: event.text };
  const item: BotItem = {
    kind: 'bot',
    key: `bot-${generation}`,
    at: event.at / 1000,
    turn,
    generation,
    text,
    unheard: '',
    state: 'thinking',
    tools: [],
    waterfall: null,
  };
  return [...before, item];
}

export function botWords(before: Conversation, { generation, text }: EventOf<'llm.token'>): Conversation {
  return change(before, generation, (item) => ({ ...item, text: item.text + text }));
}

export function botSpeaks(before: Conversation, event: EventOf<'bot.speaking'>): Conversation {
  const at = (event.at_sample * 1000) / LINE_RATE;
  return change(before, event.generation, (item) => ({ ...item, at, state: 'speaking' }));
}

export function botSaid(before: Conversation, event: EventOf<'bot.said'>): Conversation {
  const { generation, heard, unheard, interrupted } = event;
  const index = find(before, generation);
  const item = before[index];
  if (item?.kind !== 'bot') return before;
  const text = joinWords(heard, unheard);
  if (text === '' && item.tools.length === 0) return before.toSpliced(index, 1);
  const said = before.with(index, { ...item, text, unheard, state: interrupted ? 'interrupted' : 'said' });
  return interrupted ? said : letPass(said, index);
}

export function botDiscarded(before: Conversation, generation: number): Conversation {
  const index = find(before, generation);
  return index === -1 ? before : before.toSpliced(index, 1);
}

export function botWaited(before: Conversation, event: EventOf<'latency'>): Conversation {
  return change(before, event.generation, (item) => ({ ...item, waterfall: waterfallOf(event, item.at) }));
}

export function toolCalled(before: Conversation, { generation, name }: EventOf<'tool.called'>): Conversation {
  return change(before, generation, (item) => ({
    ...item,
    tools: [...item.tools, { name, tookMs: null, ok: null }],
  }));
}

export function toolReturned(before: Conversation, event: EventOf<'tool.returned'>): Conversation {
  const { generation, name, took_ms: tookMs, ok } = event;
  return change(before, generation, (item) => {
    const index = item.tools.findIndex((tool) => tool.name === name && tool.ok === null);
    return index === -1 ? item : { ...item, tools: item.tools.with(index, { name, tookMs, ok }) };
  });
}

function find(items: Conversation, generation: number): number {
  return items.findLastIndex((item) => item.kind === 'bot' && item.generation === generation);
}

function change(before: Conversation, generation: number, how: (item: BotItem) => BotItem): Conversation {
  const index = find(before, generation);
  const item = before[index];
  if (item?.kind !== 'bot') return before;
  const changed = how(item);
  return changed === item ? before : before.with(index, changed);
}
