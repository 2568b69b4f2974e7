import type { CallEvent } from '../contract/events.ts';
import type { Attributes } from './open-spans.ts';

/**
 * What a moment of a call is worth telling as a span's event: its attributes; null: nothing. `content`: also words
 * and digits.
 */
export function note(event: CallEvent, content: boolean): Attributes | null {
  switch (event.type) {
    case 'call.warning':
      return { code: event.code, message: event.message };
    case 'call.marked':
      return content ? { label: event.label } : {};
    case 'call.muted':
    case 'bot.held':
    case 'person.took_over':
      return { on: event.on };
    case 'person.microphone':
      return { live: event.live };
    case 'person.said':
      return content ? { text: event.text } : {};
    case 'call.held':
      return { by: event.by, on: event.on };
    case 'call.transfer':
      return { state: event.state, message: event.message, ...(content ? { target: event.target } : {}) };
    case 'rtp.latched':
      return { expected: event.expected, from: event.from };
    case 'rtp.one_way':
      return { direction: event.direction, silent_ms: event.silent_ms, kind: event.kind };
    case 'rtp.quiet':
    case 'rtp.resumed':
      return { silent_ms: event.silent_ms };
    case 'rtp.source_changed':
      return { reason: event.reason };
    case 'engine.stalled':
      return { late_ms: event.late_ms };
    case 'dtmf.received':
    case 'dtmf.sent':
      return { duration_ms: event.duration_ms, ...(content ? { digit: event.digit } : {}) };
    case 'config.changed':
      return { settings: event.hashes.settings, prompt: event.hashes.prompt };
    case 'config.rejected':
      return { message: event.message };
    case 'bot.ducked':
    case 'bot.resumed':
      return {};
    case 'turn.completeness':
      return { probability: event.probability };
    case 'provider.failed':
      return { stage: event.stage, kind: event.kind, message: event.message, retrying: event.retrying };
    case 'script.latency':
      return { wire_ms: event.wire_ms };
    case 'script.barged_in':
      return { stopped_after_ms: event.stopped_after_ms };
    default:
      return null;
  }
}
