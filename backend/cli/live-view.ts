import { LATENCY_STAGES, type CallEvent, type LatencyStages } from '../contract/events.ts';
import type { AccountView, LineView } from '../contract/sip.ts';
import { describeAccount, describeLine } from './line-view.ts';
import { printable } from './printable.ts';
import type { ServeView } from './serve-view.ts';

/**
 * A call as it goes, for a terminal: what is heard, thought and said, and after each answer where the time went.
 * On a terminal the line being spoken or heard is rewritten in place; in a file every line is final.
 */

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const BAR_COLUMNS = 36;

export class LiveView implements ServeView {
  readonly #out: Output;
  /** The line being rewritten in place; '' when the cursor stands on a fresh line. */
  #open = '';
  readonly #drafts = new Map<number, string>();
  /** Calls going on over SIP, as they were told last. */
  readonly #lines = new Map<string, LineView>();
  /** By account, what was told last. */
  readonly #accounts = new Map<string, string>();

  constructor(out: Output) {
    this.#out = out;
  }

  event(event: CallEvent): void {
    const when = clock(event.at);
    switch (event.type) {
      case 'call.started':
        this.#line(`${when}  call      ${event.peer}, ${event.codec}, ${event.ptime_ms} ms packets`);
        break;
      case 'call.warning':
        this.#line(`${when}  warning   ${event.message}`);
        break;
      case 'rtp.quiet':
        this.#line(`${when}  quiet     no packets for ${(event.silent_ms / 1000).toFixed(0)} s`);
        break;
      case 'rtp.unknown_payload':
        this.#line(`${when}  warning   payload type ${event.payload_type}: ${event.hint}`);
        break;
      case 'dtmf.received':
        this.#line(`${when}  key       ${event.digit}`);
        break;
      case 'speech.started':
        this.#draft(`${when}  caller    ...`);
        break;
      case 'stt.partial':
        this.#draft(`${when}  caller    ${event.text} ...`);
        break;
      case 'turn.ended':
        this.#draft(`${when}  caller    (waited ${event.waited_ms.toFixed(0)} ms)`);
        break;
      case 'stt.final':
        this.#line(
          `${when}  caller    ${event.text === '' ? '(no words)' : event.text}   [${event.took_ms.toFixed(0)} ms]`,
        );
        break;
      case 'llm.token': {
        const text = (this.#drafts.get(event.generation) ?? '') + event.text;
        this.#drafts.set(event.generation, text);
        this.#draft(`${when}  thinks    ${text}`);
        break;
      }
      case 'generation.discarded':
        this.#drafts.delete(event.generation);
        break;
      case 'bot.speaking':
        this.#draft(`${when}  bot       ...`);
        break;
      case 'bot.ducked':
        this.#draft(`${when}  bot       (ducked: the caller speaks)`);
        break;
      case 'bot.said':
        this.#drafts.delete(event.generation);
        this.#line(
          `${when}  bot       ${event.heard}${event.interrupted ? ` ✂ [not heard: ${event.unheard}]` : ''}`,
        );
        break;
      case 'tool.called':
        this.#line(`${when}  tool      ${event.name}(${event.arguments})`);
        break;
      case 'latency':
        for (const row of waterfall(event.stages, event.total_ms, event.residual_ms)) this.#line(row);
        break;
      case 'config.changed':
        this.#line(`${when}  settings  changed; the next answer uses them`);
        break;
      case 'config.rejected':
        this.#line(`${when}  settings  not taken: ${event.message}`);
        break;
      case 'provider.failed':
        this.#line(
          `${when}  ${event.stage} failed  ${event.message}${event.retrying ? ' (trying once more)' : ''}`,
        );
        break;
      case 'call.media':
        this.#line(
          `${when}  audio     ${event.remote}, ${event.codec}${event.srtp === null ? '' : ', SRTP'}${directionOf(event)}`,
        );
        break;
      case 'call.held':
        this.#line(
          `${when}  ${event.on ? 'held     ' : 'resumed  '} by ${event.by === 'us' ? 'us' : 'the far end'}`,
        );
        break;
      case 'call.transfer':
        this.#line(`${when}  transfer  to ${event.target}: ${event.message}`);
        break;
      case 'rtp.latched':
        this.#line(`${when}  nat       audio comes from ${event.from}, not from ${event.expected}`);
        break;
      case 'rtp.one_way':
        this.#line(
          `${when}  one-way   ${event.direction === 'in' ? 'nothing is heard of' : 'nothing reaches'} ${event.expected}: ${event.hint}`,
        );
        break;
      case 'script.heard':
        this.#line(`${when}  heard     ${event.text === '' ? '(nothing)' : event.text}`);
        break;
      case 'script.latency':
        this.#line(`${when}  latency   turn ${event.turn}: ${event.wire_ms.toFixed(0)} ms on the wire`);
        break;
      case 'script.barged_in':
        this.#line(
          `${when}  barge-in  turn ${event.turn}: the far end stopped after ${event.stopped_after_ms.toFixed(0)} ms`,
        );
        break;
      case 'call.ended':
        this.#line(`${when}  ended     ${event.reason}`);
        break;
      case 'call.refused':
        this.#line(`          refused   ${event.call}: ${event.message}`);
        break;
      case 'call.line':
      case 'sip.message':
      case 'call.muted':
      case 'call.marked':
      case 'caller.aligned':
      case 'rtp.mapped':
      case 'rtp.concealed':
      case 'engine.stalled':
      case 'llm.requested':
      case 'config.used':
      case 'turn.noted':
      case 'bot.held':
      case 'bot.whispered':
      case 'person.took_over':
      case 'person.said':
      case 'person.microphone':
      case 'rtp.ready':
      case 'rtp.source_changed':
      case 'rtp.resumed':
      case 'rtp.stats':
      case 'dtmf.sent':
      case 'turn.state':
      case 'speech.ended':
      case 'turn.completeness':
      case 'stt.started':
      case 'stt.discarded':
      case 'llm.started':
      case 'llm.finished':
      case 'tool.returned':
      case 'tts.started':
      case 'tts.audio':
      case 'tts.finished':
      case 'bot.resumed':
      case 'script.played':
        break;
    }
  }

  line(line: LineView): void {
    const told = describeLine(this.#lines.get(line.call) ?? null, line);
    if (line.state === 'ended') this.#lines.delete(line.call);
    else this.#lines.set(line.call, line);
    if (told !== null) this.#line(`          ${told}`);
  }

  /** Told again only when it reads differently. */
  account(view: AccountView): void {
    const told = describeAccount(view);
    if (this.#accounts.get(view.name) === told) return;
    this.#accounts.set(view.name, told);
    this.#line(told);
  }

  note(text: string): void {
    this.#line(text);
  }

  warn(text: string): void {
    this.#line(`warning: ${text}`);
  }

  #line(text: string): void {
    this.#out.write(`${this.#open === '' ? '' : '\r\u001B[K'}${printable(text)}\n`);
    this.#open = '';
  }

  #draft(text: string): void {
    if (!this.#out.isTTY) return;
    this.#open = printable(text).slice(0, (this.#out.columns ?? 100) - 1);
    this.#out.write(`\r\u001B[K${this.#open}`);
  }
}

/** Bars of a turn's stages, one under the other, each starting where the one before ends. */
export function waterfall(stages: LatencyStages, totalMs: number, residualMs: number): readonly string[] {
  const perColumn = Math.max(totalMs, 1) / BAR_COLUMNS;
  let from = 0;
  const rows = LATENCY_STAGES.map(([key, label]) => {
    const length = stages[key];
    const left = Math.min(BAR_COLUMNS - 1, Math.round(from / perColumn));
    const width = Math.max(length > 0 ? 1 : 0, Math.round((from + length) / perColumn) - left);
    from += length;
    const bar = `${' '.repeat(left)}${'▇'.repeat(width)}`.padEnd(BAR_COLUMNS + 1);
    return `          ${label.padEnd(15)} ${bar} ${length.toFixed(0).padStart(5)} ms`;
  });
  const sum = `          ${'the caller waited'.padEnd(16 + BAR_COLUMNS)} ${totalMs.toFixed(0).padStart(6)} ms`;
  return [...rows, `${sum}  (residual ${residualMs.toFixed(1)} ms)`];
}

function directionOf({ sends, receives }: { readonly sends: boolean; readonly receives: boolean }): string {
  if (sends && receives) return '';
  return sends ? ', only to them' : receives ? ', only from them' : ', neither way';
}

function clock(micros: number): string {
  const seconds = micros / 1e6;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, '0')}`;
}
