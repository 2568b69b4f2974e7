import dgram from 'node:dgram';
import type { Scope } from '../base/scope.ts';
import type { Endpoint } from '../rtp/pcap.ts';

/** Addresses are numeric here: no name look-up may delay a packet, and a synchronous one keeps bind() in its tick. */
export const numericLookup = (
  host: string,
  _options: unknown,
  callback: (error: Error | null, address: string, family: number) => void,
): void => callback(null, host, host.includes(':') ? 6 : 4);

export const KERNEL_BUFFER_BYTES = 1 << 18;

export interface UdpLinkOptions {
  /** port 0: any free one. */
  readonly local: Endpoint;
  /** Bind beside other sockets of this process on the same port (Linux). */
  readonly shared: boolean;
  readonly remote: Endpoint;
  readonly scope: Scope;
  onDatagram(datagram: Uint8Array): void;
  /** A datagram of somebody else, come between bind and connect. */
  onStray(datagram: Uint8Array, from: dgram.RemoteInfo): void;
  /** Nobody listens at the far end any more (ICMP port unreachable), or the network refuses. */
  onRefused(): void;
  onReady(): void;
}

/** A UDP socket connected to one far end: the kernel hands it that peer's packets and nobody else's. */
export class UdpLink {
  readonly #socket: dgram.Socket;
  readonly #sent: (error: Error | null) => void;
  #local: Endpoint;
  #ready = false;
  #closed = false;

  constructor(options: UdpLinkOptions) {
    const { local, remote, scope } = options;
    this.#local = local;
    this.#sent = (error) => {
      if (error && !this.#closed) options.onRefused();
    };
    const socket = dgram.createSocket({
      type: remote.address.includes(':') ? 'udp6' : 'udp4',
      reusePort: options.shared,
      lookup: numericLookup,
      recvBufferSize: KERNEL_BUFFER_BYTES,
      sendBufferSize: KERNEL_BUFFER_BYTES,
    });
    this.#socket = socket;
    socket.on('message', (datagram, from) => {
      if (from.port === remote.port && from.address === remote.address) options.onDatagram(datagram);
      else options.onStray(datagram, from);
    });
    socket.on('error', () => {
      if (!this.#closed) options.onRefused();
    });
    socket.bind(local.port, local.address, () => {
      socket.connect(remote.port, remote.address, () => {
        if (this.#closed) return;
        const { address, port } = socket.address();
        this.#local = { address, port };
        this.#ready = true;
        options.onReady();
      });
    });
    scope.defer(() => this.close());
  }

  get local(): Endpoint {
    return this.#local;
  }

  send(datagram: Uint8Array): void {
    if (this.#ready && !this.#closed) this.#socket.send(datagram, this.#sent);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** A listening socket that may share its port with those of other threads and of calls. */
export function openListener(
  at: Endpoint,
  shared: boolean,
  scope: Scope,
  onDatagram: (datagram: Uint8Array, from: dgram.RemoteInfo) => void,
): Promise<Endpoint> {
  const { promise, resolve, reject } = Promise.withResolvers<Endpoint>();
  const socket = dgram.createSocket({
    type: at.address.includes(':') ? 'udp6' : 'udp4',
    reusePort: shared,
    lookup: numericLookup,
    recvBufferSize: KERNEL_BUFFER_BYTES * 16,
  });
  socket.on('error', reject);
  socket.on('message', onDatagram);
  socket.bind(at.port, at.address, () => resolve(socket.address()));
  scope.defer(() => void socket.close());
  return promise;
}
