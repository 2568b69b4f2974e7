import { parseEnd } from '../base/address.ts';
import type { SipMessageView } from '../contract/sip.ts';
import { PcapFlow } from '../rtp/pcap.ts';

/** A SIP message's way for the capture; null: its ends are no addresses of one family. */
export function sipFlow({
  direction,
  local,
  remote,
}: Pick<SipMessageView, 'direction' | 'local' | 'remote'>): PcapFlow | null {
  const [ours, theirs] = [parseEnd(local), parseEnd(remote)];
  if (ours === null || theirs === null) return null;
  const [us, them] = [
    { address: ours.host, port: ours.port },
    { address: theirs.host, port: theirs.port },
  ];
  try {
    return direction === 'in' ? new PcapFlow(them, us) : new PcapFlow(us, them);
  } catch {
    return null;
  }
}

/** The address at which a message's session description wants audio; null: it has none. */
export function audioAddress(text: string): string | null {
  return /^c=IN IP[46] ([^\s/]+)/m.exec(text)?.[1] ?? null;
}
