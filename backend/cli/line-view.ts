import type { AccountView, LineView } from '../contract/sip.ts';

/** `sip alice: registered, 10 min left, via UDP 10.0.0.1:5060`: an account for a terminal, with what to do. */
export function describeAccount({ name, state, message, via, hint }: AccountView): string {
  // A failure names whom it was by itself.
  const through = via !== null && (state === 'registered' || state === 'ready') ? `, via ${via}` : '';
  return `sip ${name}: ${message}${through}${hint === null ? '' : ` (${hint})`}`;
}

/** What has become of a call over SIP since it was told last, for a terminal; null: nothing to tell. */
export function describeLine(was: LineView | null, is: LineView): string | null {
  const row = (what: string, text: string): string => `${is.account}  ${what.padEnd(9)} ${text}`;
  const far = is.remote.name === null ? is.remote.uri : `${is.remote.name} <${is.remote.uri}>`;
  if (was?.state !== is.state) {
    switch (is.state) {
      case 'calling':
        return row('calling', is.dialled);
      case 'ringing':
        return row('ringing', far);
      case 'early':
        return row('ringing', `${far}, who sends audio already`);
      case 'incoming':
        return row('incoming', `${far} calls ${is.dialled}`);
      case 'connected':
        return row('answered', [far, is.codec, is.srtp ? 'SRTP' : null].filter(Boolean).join(', '));
      case 'ended':
        return row('ended', `${far}: ${is.end?.reason ?? 'over'}`);
    }
  }
  if (was.heldByThem !== is.heldByThem) return row(is.heldByThem ? 'held' : 'resumed', `by ${far}`);
  if (was.heldByUs !== is.heldByUs) return row(is.heldByUs ? 'held' : 'resumed', 'by us');
  if (was.remote.uri !== is.remote.uri) return row('changed', `${far} is on the line now`);
  if (
    is.transfer &&
    (was.transfer?.state !== is.transfer.state || was.transfer.target !== is.transfer.target)
  )
    return row('transfer', `to ${is.transfer.target}: ${is.transfer.message}`);
  return null;
}
