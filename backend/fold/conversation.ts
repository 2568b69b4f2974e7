import { unreachable } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import {
  botDiscarded,
  botSaid,
  botSpeaks,
  botThinks,
  botWaited,
  botWords,
  toolCalled,
  toolReturned,
} from './bot-items.ts';
import {
  callerAsked,
  callerNoted,
  callerPreview,
  callerStarted,
  callerStopped,
  callerWords,
  settleOthers,
} from './caller-items.ts';
import type { Conversation, NoteEvent } from './types.ts';

/**
 * The conversation after an event of the call: a new list in which only what the event touched is new, or the very
 * same list when it changes nothing. A call begins with an empty one.
 */
export function foldConversation(before: Conversation, event: CallEvent): Conversation {
  switch (event.type) {
    case 'speech.started':
      return callerStarted(before, event);
    case 'speech.ended':
      return callerStopped(before, event);
    case 'stt.started':
      return callerAsked(before, event);
    case 'stt.partial':
      if (event.request === 0) return callerPreview(before, event);
      return callerWords(before, event.request, { text: event.text });
    case 'stt.final':
      return callerWords(before, event.request, { text: event.text, final: true });
    case 'stt.discarded':
      return callerWords(before, event.request, { request: 0, final: false });
    case 'turn.noted':
      return callerNoted(before, event);
    case 'dtmf.received':
      return pressed(before, event, 'caller');
    case 'dtmf.sent':
      return pressed(before, event, 'us');
    case 'llm.started':
    case 'tts.started':
      return botThinks(before, event);
    case 'llm.token':
      return botWords(before, event);
    case 'bot.speaking':
      return botSpeaks(before, event);
    case 'bot.said':
      return botSaid(before, event);
    case 'generation.discarded':
      return botDiscarded(before, event.generation);
    case 'latency':
      return botWaited(before, event);
    case 'tool.called':
      return toolCalled(before, event);
    case 'tool.returned':
      return toolReturned(before, event);
    case 'person.said': {
      const at = (event.from * 1000) / LINE_RATE;
      return [...before, { kind: 'person', key: `person-${event.seq}`, at, text: event.text }];
    }
    case 'call.ended':
      return noted(settleOthers(before, null), event);
    case 'bot.held':
      return heldWithCall(before, event) ? before : noted(before, event);
    case 'call.warning':
    case 'call.muted':
    case 'call.marked':
    case 'call.line':
    case 'call.held':
    case 'call.transfer':
    case 'rtp.latched':
    case 'rtp.one_way':
    case 'rtp.quiet':
    case 'rtp.resumed':
    case 'rtp.unknown_payload':
    case 'bot.whispered':
    case 'person.took_over':
    case 'person.microphone':
    case 'config.changed':
    case 'config.rejected':
    case 'provider.failed':
    case 'script.heard':
    case 'script.latency':
    case 'script.barged_in':
      return noted(before, event);
    case 'call.started':
    case 'call.refused':
    case 'caller.aligned':
    case 'rtp.mapped':
    case 'rtp.concealed':
    case 'engine.stalled':
    case 'config.used':
    case 'llm.requested':
    case 'rtp.ready':
    case 'rtp.source_changed':
    case 'call.media':
    case 'sip.message':
    case 'rtp.stats':
    case 'turn.state':
    case 'turn.completeness':
    case 'turn.ended':
    case 'llm.finished':
    case 'tts.audio':
    case 'tts.finished':
    case 'bot.ducked':
    case 'bot.resumed':
    case 'script.played':
      return before;
    default:
      return unreachable(event);
  }
}

/** Keys pressed one after the other are one item. */
function pressed(
  before: Conversation,
  event: Extract<CallEvent, { type: 'dtmf.received' | 'dtmf.sent' }>,
  by: 'caller' | 'us',
): Conversation {
  const last = before.at(-1);
  if (last?.kind === 'keys' && last.by === by) {
    return before.with(before.length - 1, { ...last, digits: last.digits + event.digit });
  }
  const { seq, at, digit } = event;
  return [...before, { kind: 'keys', key: `keys-${seq}`, at: at / 1000, digits: digit, by }];
}

/** A call on hold holds its bot in the same breath: to a person that is one thing, and it is noted already. */
function heldWithCall(before: Conversation, { seq, on }: Extract<CallEvent, { type: 'bot.held' }>): boolean {
  const last = before.at(-1);
  if (last?.kind !== 'note' || last.event.type !== 'call.held') return false;
  return last.event.on === on && last.event.seq === seq - 1;
}

function noted(before: Conversation, event: NoteEvent): Conversation {
  return [...before, { kind: 'note', key: `note-${event.seq}`, at: event.at / 1000, event }];
}
