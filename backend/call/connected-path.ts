import type { Scope } from '../base/scope.ts';
import { PcapFlow, type Endpoint } from '../rtp/pcap.ts';
import type { MediaPath, MediaPathHandler } from './media-path.ts';
import { UdpLink } from './udp-link.ts';

/** A refusal alone may be a far end that restarts; the second in a row is one that is gone. */
const REFUSALS_TO_END = 2;

export interface ConnectedPathOptions {
  readonly local: Endpoint;
  /** Whether the local port is the listening one, shared with other sockets. */
  readonly shared: boolean;
  readonly remote: Endpoint;
  readonly scope: Scope;
  onStray(datagram: Uint8Array, from: Endpoint): void;
}

/** Raw RTP: sockets connected to the one address that there is, and RTCP on the next ports (RFC 3550 section 11). */
export class ConnectedPath implements MediaPath {
  readonly #options: ConnectedPathOptions;
  #link: UdpLink | null = null;
  #reports: { readonly link: UdpLink; readonly outgoing: PcapFlow } | null = null;
  #handler: MediaPathHandler | null = null;
  #outgoing: PcapFlow;
  #ready = false;
  #refusals = 0;
  #reportsRefused = false;
  #closed = false;
  incoming: PcapFlow;

  constructor(options: ConnectedPathOptions) {
    const { local, remote } = options;
    this.#options = options;
    this.#outgoing = new PcapFlow(local, remote);
    this.incoming = new PcapFlow(remote, local);
  }

  open(handler: MediaPathHandler): void {
    this.#handler = handler;
    const { local, shared, remote, scope } = this.#options;
    const link = new UdpLink({
      local,
      shared,
      remote,
      scope,
      onDatagram: (datagram) => {
        this.#refusals = 0;
        handler.received(datagram);
      },
      onStray: (datagram, from) => this.#options.onStray(datagram, from),
      onRefused: () => this.#refused(handler),
      onReady: () => this.#opened(link.local, handler),
    });
    this.#link = link;
  }

  send(datagram: Uint8Array): void {
    this.#link?.send(datagram);
    this.#handler?.sent(this.#outgoing, datagram);
  }

  sendReport(datagram: Uint8Array, muxed: boolean): void {
    if (muxed) {
      this.send(datagram);
    } else if (this.#reports && !this.#reportsRefused) {
      this.#reports.link.send(datagram);
      this.#handler?.sent(this.#reports.outgoing, datagram);
    }
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
    this.#reports?.link.close();
  }

  #opened(local: Endpoint, handler: MediaPathHandler): void {
    const { remote } = this.#options;
    this.#ready = true;
    this.#outgoing = new PcapFlow(local, remote);
    this.incoming = new PcapFlow(remote, local);
    if (this.#closed) return;
    handler.ready(local);
    this.#openReports(local, handler);
  }

  #openReports(local: Endpoint, handler: MediaPathHandler): void {
    const { remote, shared, scope } = this.#options;
    const ours = { address: local.address, port: local.port + 1 };
    const theirs = { address: remote.address, port: remote.port + 1 };
    if (Math.max(ours.port, theirs.port) > 65_535) return;
    const incoming = new PcapFlow(theirs, ours);
    const link = new UdpLink({
      local: ours,
      shared,
      remote: theirs,
      scope,
      onDatagram: (datagram) => handler.reported(datagram, incoming),
      onStray: () => handler.dropped('rtcp'),
      // A far end without a report port (Asterisk's External Media opens none) is nothing to worry about.
      onRefused: () => (this.#reportsRefused = true),
      onReady: () => undefined,
    });
    this.#reports = { link, outgoing: new PcapFlow(ours, theirs) };
  }

  #refused(handler: MediaPathHandler): void {
    this.#refusals += 1;
    // Before the first packet nothing was refused yet: the socket could not be opened at all.
    if (!this.#ready) handler.gone('no route to the far end');
    else if (this.#refusals >= REFUSALS_TO_END) handler.gone('far end closed its port');
  }
}
