import { unreachable } from '../../backend/base/errors.ts';
import type { NoteEvent } from '../../backend/fold/types.ts';
import type { Tone } from '../ui/panel.tsx';
import type { noteText } from './note-text.ts';
import { clock } from './figures.ts';
import { shortUri } from './remote.ts';

export type NoteTexts = typeof noteText.en;

export interface Note {
  readonly tone: Extract<Tone, 'dim' | 'system' | 'warning' | 'danger'>;
  readonly text: string;
}

/** An event in the person's language. */
export function noteOf(event: NoteEvent, t: NoteTexts): Note {
  switch (event.type) {
    case 'call.warning':
      return { tone: 'warning', text: event.message };
    case 'call.ended':
      return { tone: 'system', text: t.ended(endReason(event.reason, t), clock(event.duration_ms)) };
    case 'call.muted':
      return { tone: 'dim', text: event.on ? t.mutedOn : t.mutedOff };
    case 'call.marked':
      return { tone: 'system', text: t.marked(event.label) };
    case 'call.line': {
      const who = event.name === null ? shortUri(event.remote) : `${event.name} (${shortUri(event.remote)})`;
      return { tone: 'dim', text: t.line(who, event.account) };
    }
    case 'call.held': {
      const [on, off] = event.by === 'us' ? [t.heldByUs, t.letGoByUs] : [t.heldByThem, t.letGoByThem];
      return { tone: 'system', text: event.on ? on : off };
    }
    case 'call.transfer':
      return {
        tone: event.state === 'failed' ? 'warning' : 'system',
        text: transferText(event.state, shortUri(event.target), event.message, t),
      };
    case 'rtp.latched':
      return { tone: 'dim', text: t.latched(event.from, event.expected) };
    case 'rtp.one_way': {
      const what = event.direction === 'in' ? t.noneComes : t.noneArrives;
      return {
        tone: 'danger',
        text: `${what(seconds(event.silent_ms), event.expected)} ${t.lookAt(event.kind, event.hint)}`,
      };
    }
    case 'rtp.quiet':
      return { tone: 'warning', text: t.quiet(seconds(event.silent_ms)) };
    case 'rtp.resumed':
      return {
        tone: 'dim',
        text: (event.direction === 'out' ? t.arrivesAgain : t.resumed)(seconds(event.silent_ms)),
      };
    case 'rtp.unknown_payload':
      return { tone: 'warning', text: t.unknownPayload(event.payload_type, event.hint) };
    case 'bot.held':
      return { tone: 'system', text: event.on ? t.held : t.letGo };
    case 'bot.whispered':
      return { tone: 'system', text: t.whispered(event.text) };
    case 'person.took_over':
      return { tone: 'system', text: event.on ? t.tookOver : t.gaveBack };
    case 'person.microphone':
      return event.live
        ? { tone: 'dim', text: t.microphoneLive }
        : { tone: 'warning', text: t.microphoneDead(event.message) };
    case 'config.changed':
      return { tone: 'system', text: t.configChanged };
    case 'config.rejected':
      return { tone: 'warning', text: t.configRejected(event.message) };
    case 'provider.failed': {
      const { stage, provider, message, retrying } = event;
      return retrying
        ? { tone: 'warning', text: t.failedRetrying(t[stage], provider, message) }
        : { tone: 'danger', text: t.failed(t[stage], provider, message) };
    }
    case 'script.heard':
      return { tone: 'dim', text: event.text === '' ? t.scriptHeardNothing : t.scriptHeard(event.text) };
    case 'script.latency':
      return { tone: 'dim', text: t.scriptLatency(event.wire_ms.toFixed(0)) };
    case 'script.barged_in':
      return { tone: 'dim', text: t.bargedIn(event.stopped_after_ms.toFixed(0)) };
    default:
      return unreachable(event);
  }
}

/** How far a transfer has come. */
export function transferText(
  state: 'trying' | 'done' | 'failed',
  target: string,
  message: string,
  t: Pick<NoteTexts, 'transferTrying' | 'transferDone' | 'transferFailed'>,
): string {
  if (state === 'trying') return t.transferTrying(target);
  return state === 'done' ? t.transferDone(target) : t.transferFailed(target, message);
}

/** Why a call ended; what the engine says otherwise is shown as it is. */
export function endReason(reason: string, t: NoteTexts): string {
  const quiet = /^no packets for (\d+) s$/.exec(reason)?.[1];
  if (quiet !== undefined) return t.noPackets(quiet);
  if (reason.startsWith('media worker crashed')) return t.crashed;
  if (reason.startsWith('bot hung up')) return reason.endsWith('idle') ? t.botHungUpIdle : t.botHungUp;
  switch (reason) {
    case 'hung up in the window':
      return t.hungUp;
    case 'time is up':
      return t.timeIsUp;
    case 'script finished':
      return t.scriptFinished;
    case 'far end closed its port':
      return t.farEndClosed;
    case 'no route to the far end':
      return t.noRoute;
    case 'Sidetone is closing':
      return t.closing;
    default:
      return reason;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
