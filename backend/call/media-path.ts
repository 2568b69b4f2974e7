import type { SrtpFault } from '../rtp/srtp.ts';
import type { Endpoint, PcapFlow } from '../rtp/pcap.ts';

/** What a leg's way to the far end tells it. Called on the media path: no handler may wait. */
export interface MediaPathHandler {
  /** Packets can leave; `local` is what the far end sees, as far as this machine knows. */
  ready(local: Endpoint): void;
  /** A datagram of the far end on the port of audio: RTP, or RTCP that shares the port; in the clear. */
  received(datagram: Uint8Array): void;
  /** RTCP on a port of its own. `flow`: for the capture. */
  reported(datagram: Uint8Array, flow: PcapFlow): void;
  /** What left, in the clear. */
  sent(flow: PcapFlow, datagram: Uint8Array): void;
  /** The far end cannot be reached. */
  gone(reason: string): void;
  /** Not of the far end, or not to be trusted. */
  dropped(reason: PathDropReason): void;
}

/** From nobody known, or a fault of SRTP; RTCP that is garbled or from nobody known. */
export type PathDropReason = 'stranger' | 'rtcp' | SrtpFault;

/** How one call's packets reach the far end, and whose packets are the far end's. */
export interface MediaPath {
  /** What comes on the port of audio, for the capture. */
  readonly incoming: PcapFlow;
  /** Once. */
  open(handler: MediaPathHandler): void;
  send(datagram: Uint8Array): void;
  /** `muxed`: the far end sends its reports on the port of audio. */
  sendReport(datagram: Uint8Array, muxed: boolean): void;
  close(): void;
}
