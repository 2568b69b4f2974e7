import { unreachable } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import type { TraceNotes } from '../contract/trace.ts';
import type { TraceMetrics } from '../contract/traces.ts';
import { foldConversation } from '../fold/conversation.ts';
import type { Conversation, ConversationItem, NoteEvent } from '../fold/types.ts';
import { markup, type Markup } from './markup.ts';

/** The conversation as rows of the page: who, when, what; what was cut off before it was heard is struck. */
export function talk(events: readonly CallEvent[], metrics: TraceMetrics, notes: TraceNotes): Markup {
  const empty: Conversation = [];
  const items = events.reduce(foldConversation, empty);
  const rows = [
    ...items.map((item) => ({ at: item.at, row: rowOf(item, metrics) })),
    ...notes.notes.map(({ at, text }) => ({ at, row: said(at, 'note', 'note', markup`${text}`) })),
  ];
  if (rows.length === 0)
    return markup`<p class="said aside">Nothing was said, or nothing was understood.</p>`;
  return markup`${rows.toSorted((a, b) => a.at - b.at).map(({ row }) => row)}`;
}

/** A moment of the call that leads there. */
export function moment(ms: number): Markup {
  return markup`<a class="at" href="#" data-at="${Math.round(ms)}">${clock(ms)}</a>`;
}

export function clock(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  return `${Math.floor(seconds / 60)}:${((Math.floor(seconds * 10) / 10) % 60).toFixed(1).padStart(4, '0')}`;
}

function rowOf(item: ConversationItem, metrics: TraceMetrics): Markup {
  switch (item.kind) {
    case 'caller':
      return said(item.at, 'caller', 'caller', markup`${item.text}`);
    case 'bot': {
      const { text, unheard } = item;
      const heard = unheard === '' ? text : text.slice(0, text.length - unheard.length);
      const struck = unheard === '' ? null : markup`<s title="not heard by the caller">${unheard}</s>`;
      const tools = item.tools.map(
        ({ name, ok }) => markup` <span class="chip${ok === false ? ' bad' : ''}">${name}()</span>`,
      );
      return said(item.at, 'bot', 'bot', markup`${heard}${struck}${tools}${wait(item, metrics)}`);
    }
    case 'person':
      return said(item.at, 'bot', 'person', markup`${item.text}`);
    case 'keys':
      return said(
        item.at,
        item.by === 'caller' ? 'caller' : 'bot',
        'keys',
        markup`<code>${item.digits}</code>`,
      );
    case 'note':
      return said(item.at, 'aside', '', markup`${noteText(item.event)}`);
    default:
      return unreachable(item);
  }
}

/** How long the caller waited for this answer: on the wire where that is known. */
function wait(item: Extract<ConversationItem, { kind: 'bot' }>, metrics: TraceMetrics): Markup | null {
  const measured = metrics.turns.find(({ generation }) => generation === item.generation)?.wireMs ?? null;
  if (measured !== null) return markup` <span class="chip">${Math.round(measured)} ms</span>`;
  const engine = item.waterfall?.totalMs;
  return engine === undefined ? null : markup` <span class="chip">${Math.round(engine)} ms, engine</span>`;
}

function said(at: number, of: 'caller' | 'bot' | 'note' | 'aside', who: string, words: Markup): Markup {
  const colour = of === 'caller' || of === 'bot' ? of : 'wait';
  const kind = of === 'aside' ? 'said aside' : 'said';
  return markup`<div class="${kind}" data-at="${Math.round(at)}" style="--of: var(--${colour})">
${moment(at)}<span class="who">${who}</span><span class="words">${words}</span></div>
`;
}

function noteText(event: NoteEvent): string {
  switch (event.type) {
    case 'call.warning':
    case 'config.rejected':
      return event.message;
    case 'call.ended':
      return `the call ended: ${event.reason}`;
    case 'call.muted':
      return event.on ? 'our side is muted' : 'our side is heard again';
    case 'call.marked':
      return `mark: ${event.label}`;
    case 'call.line':
      return `${event.direction === 'in' ? 'call from' : 'call to'} ${event.name ?? event.remote}`;
    case 'call.held':
      if (event.by === 'us') return event.on ? 'we put the far end on hold' : 'the far end is off hold';
      return event.on ? 'the far end put us on hold' : 'the far end took us off hold';
    case 'call.transfer':
      return `transfer to ${event.target}: ${event.message}`;
    case 'rtp.latched':
      return `audio comes from ${event.from} instead of ${event.expected}`;
    case 'rtp.one_way':
      return `one-way audio, expected ${event.direction === 'in' ? 'from' : 'at'} ${event.expected}: ${event.hint}`;
    case 'rtp.quiet':
      return `no packets from the far end for ${Math.round(event.silent_ms)} ms`;
    case 'rtp.resumed':
      return `packets again, after ${Math.round(event.silent_ms)} ms`;
    case 'rtp.unknown_payload':
      return `audio of payload type ${event.payload_type} is not understood: ${event.hint}`;
    case 'bot.held':
      return event.on ? 'the bot is held' : 'the bot answers again';
    case 'bot.whispered':
      return `whispered to the bot: ${event.text}`;
    case 'person.took_over':
      return event.on ? 'a person speaks in the place of the bot' : 'the person has given back';
    case 'person.microphone':
      return event.live ? 'the microphone works' : `the microphone is silent: ${event.message}`;
    case 'config.changed':
      return 'settings changed';
    case 'provider.failed':
      return `${event.stage} failed: ${event.message}${event.retrying ? ' (tried once more)' : ''}`;
    case 'script.heard':
      return `heard of the far end: ${event.text === '' ? '(no words)' : event.text}`;
    case 'script.latency':
      return `answered after ${Math.round(event.wire_ms)} ms on the wire`;
    case 'script.barged_in':
      return `spoke over the far end, which stopped after ${Math.round(event.stopped_after_ms)} ms`;
    default:
      return unreachable(event);
  }
}
