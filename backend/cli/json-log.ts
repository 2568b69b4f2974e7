import type { CallEvent } from '../contract/events.ts';
import type { AccountView, LineView } from '../contract/sip.ts';
import { describeAccount } from './line-view.ts';
import type { ServeView } from './serve-view.ts';

type Level = 'info' | 'warning' | 'error';

interface Output {
  write(text: string): unknown;
}

/**
 * What `serve` does as one JSON object a line, for log collectors: as the services of gpu-stack write theirs. Nothing of
 * what anybody said is in it, nor who called over SIP.
 */
export class JsonLog implements ServeView {
  readonly #out: Output;
  readonly #now: () => Date;

  constructor(out: Output, now = () => new Date()) {
    this.#out = out;
    this.#now = now;
  }

  event(event: CallEvent): void {
    const told = loggedFields(event);
    if (told) this.#write(told.level, event.type, { call: event.call, ...told.fields });
  }

  line({ call, account, state }: LineView): void {
    this.#write('info', 'line', { call, account, state });
  }

  account(view: AccountView): void {
    this.#write(view.state === 'failed' ? 'warning' : 'info', 'account', { message: describeAccount(view) });
  }

  note(message: string): void {
    this.#write('info', 'note', { message: message.trim() });
  }

  warn(message: string): void {
    this.#write('warning', 'note', { message });
  }

  #write(level: Level, event: string, fields: object): void {
    const at = this.#now().toISOString();
    this.#out.write(`${JSON.stringify({ at, level, service: 'voice-bot', event, ...fields })}\n`);
  }
}

/** What of an event is worth a line of a log that is kept for long; null: nothing. */
function loggedFields(event: CallEvent): { readonly level: Level; readonly fields: object } | null {
  switch (event.type) {
    case 'call.started': {
      const { peer, codec, party } = event;
      return { level: 'info', fields: { peer, codec, party } };
    }
    case 'call.ended':
      return { level: 'info', fields: { reason: event.reason, duration_ms: event.duration_ms } };
    case 'call.refused':
      return { level: 'warning', fields: { reason: event.reason, message: event.message } };
    case 'call.warning':
      return { level: 'warning', fields: { code: event.code, message: event.message } };
    case 'rtp.unknown_payload':
      return { level: 'warning', fields: { payload_type: event.payload_type, message: event.hint } };
    case 'rtp.one_way':
      return { level: 'warning', fields: { direction: event.direction, kind: event.kind } };
    case 'latency': {
      const { turn, total_ms, stages } = event;
      return { level: 'info', fields: { turn, total_ms, ...stages } };
    }
    case 'provider.failed': {
      const { stage, provider, kind, message, retrying } = event;
      return { level: retrying ? 'warning' : 'error', fields: { stage, provider, kind, message, retrying } };
    }
    case 'config.changed':
      return { level: 'info', fields: {} };
    case 'config.rejected':
      return { level: 'warning', fields: { message: event.message } };
    default:
      return null;
  }
}
