import type { CallEvent } from '../contract/events.ts';
import type { CallSummary } from './types.ts';

/** A call's row after an event; null before `call.started`, which a caller that was refused never gets. */
export function foldSummary(before: CallSummary | null, event: CallEvent): CallSummary | null {
  if (before === null) return event.type === 'call.started' ? started(event) : null;
  const changed = changeOf(before, event);
  const durationMs = Math.max(before.durationMs, event.at / 1000);
  return changed === null && durationMs === before.durationMs
    ? before
    : { ...before, ...changed, durationMs };
}

/**
 * Calls that are two legs of one, because both ends are of this engine: each end's id to the other's. `summaries`:
 * in the order of the calls' starts.
 */
export function pairs(summaries: readonly CallSummary[]): ReadonlyMap<string, string> {
  const paired = new Map<string, string>();
  /** Calls whose other leg did not come yet, by what its ends would be. */
  const waiting = new Map<string, string>();
  for (const { id, local, address } of summaries) {
    if (local === null) continue;
    const other = waiting.get(`${local} ${address}`);
    if (other === undefined) {
      waiting.set(`${address} ${local}`, id);
    } else {
      waiting.delete(`${local} ${address}`);
      paired.set(id, other);
      paired.set(other, id);
    }
  }
  return paired;
}

function started(event: Extract<CallEvent, { type: 'call.started' }>): CallSummary {
  const { call, peer, codec, party, at } = event;
  return {
    id: call,
    peer,
    address: peer,
    local: null,
    line: null,
    heldByUs: false,
    heldByThem: false,
    srtp: false,
    codec,
    party,
    state: 'live',
    endReason: null,
    durationMs: at / 1000,
    turnState: 'idle',
    turns: 0,
    latestLatencyMs: null,
    worstLatencyMs: null,
    muted: false,
    held: false,
    takenOver: false,
    microphone: null,
    warnings: 0,
    lost: 0,
    jitterMs: 0,
  };
}

function changeOf(before: CallSummary, event: CallEvent): Partial<CallSummary> | null {
  switch (event.type) {
    case 'call.line': {
      const { account, direction, remote, name } = event;
      return { line: { account, direction, remote, name }, peer: name ?? remote };
    }
    case 'call.media':
      return { address: event.remote, codec: event.codec, srtp: event.srtp !== null };
    case 'call.held':
      return event.by === 'us' ? { heldByUs: event.on } : { heldByThem: event.on };
    case 'rtp.ready':
      return { local: event.local };
    case 'rtp.stats':
      return { lost: event.stats.lost, jitterMs: event.stats.jitter_ms };
    case 'turn.state':
      return { turnState: event.state };
    case 'turn.ended':
      // A turn ends again when the caller goes on before the answer is heard.
      return { turns: Math.max(before.turns, event.turn) };
    case 'latency':
      return {
        latestLatencyMs: event.total_ms,
        worstLatencyMs: Math.max(before.worstLatencyMs ?? 0, event.total_ms),
      };
    case 'call.muted':
      return { muted: event.on };
    case 'bot.held':
      return { held: event.on };
    case 'person.took_over':
      return { takenOver: event.on };
    case 'person.microphone':
      return { microphone: { live: event.live, message: event.message } };
    case 'call.warning':
    case 'rtp.one_way':
    case 'rtp.unknown_payload':
    case 'config.rejected':
    case 'provider.failed':
      return { warnings: before.warnings + 1 };
    case 'call.ended':
      return { state: 'ended', endReason: event.reason };
    default:
      return null;
  }
}
