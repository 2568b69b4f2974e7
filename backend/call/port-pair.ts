import dgram from 'node:dgram';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import { KERNEL_BUFFER_BYTES, numericLookup } from './udp-link.ts';

const MOST_TRIES = 100;

type Receive = (datagram: Uint8Array, from: Endpoint) => void;

/**
 * Our end of a negotiated call: an even port for RTP and the next for RTCP (RFC 3550 section 11), on every address.
 * Not connected: who the far end is, signalling says, and a NAT may have it come from elsewhere. What comes before
 * anybody listens is thrown away.
 */
export class PortPair {
  readonly port: number;
  readonly family: 'ipv4' | 'ipv6';
  readonly #audio: dgram.Socket;
  readonly #reports: dgram.Socket;
  readonly #forget: () => void;
  #closed = false;

  private constructor(
    family: 'ipv4' | 'ipv6',
    [audio, reports]: readonly [dgram.Socket, dgram.Socket],
    scope: Scope,
  ) {
    this.family = family;
    this.port = audio.address().port;
    this.#audio = audio;
    this.#reports = reports;
    for (const socket of [audio, reports]) socket.on('error', nothing);
    this.#forget = scope.defer(() => this.close());
  }

  /** @throws SidetoneError 'environment' when the system gives no ports. */
  static async open(family: 'ipv4' | 'ipv6', scope: Scope): Promise<PortPair> {
    let why = '';
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      let first: dgram.Socket | null = null;
      try {
        first = await bind(family, 0);
        const { port } = first.address();
        const isAudio = port % 2 === 0;
        const second = await bind(family, isAudio ? port + 1 : port - 1);
        return new PortPair(family, isAudio ? [first, second] : [second, first], scope);
      } catch (error) {
        // The neighbour is taken: another pair.
        first?.close();
        why = error instanceof Error ? error.message : String(error);
      }
    }
    throw new SidetoneError('environment', `no pair of UDP ports is free for a call's audio (${why})`, {
      hint: 'end calls, or let the system give more ports (Linux: net.ipv4.ip_local_port_range)',
    });
  }

  listen(audio: Receive, reports: Receive): void {
    this.#audio.on('message', audio);
    this.#reports.on('message', reports);
  }

  /** From the audio's port. A network that refuses is no error: it may be there again for the next packet. */
  send(datagram: Uint8Array, to: Endpoint): void {
    this.#send(this.#audio, datagram, to);
  }

  sendReport(datagram: Uint8Array, to: Endpoint): void {
    this.#send(this.#reports, datagram, to);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    this.#audio.close();
    this.#reports.close();
  }

  #send(socket: dgram.Socket, datagram: Uint8Array, { address, port }: Endpoint): void {
    if (this.#closed || port === 0) return;
    const mapped = this.family === 'ipv6' && !address.includes(':');
    socket.send(datagram, port, mapped ? `::ffff:${address}` : address, nothing);
  }
}

const nothing = (): void => undefined;

/** The address that this machine has towards another one; sends nothing. */
export async function addressTowards(remote: Endpoint): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = dgram.createSocket({
    type: remote.address.includes(':') ? 'udp6' : 'udp4',
    lookup: numericLookup,
  });
  const everyAddress = remote.address.includes(':') ? '::' : '0.0.0.0';
  socket.on('error', () => resolve(everyAddress));
  // Port 9 (discard): 0 cannot be connected to.
  socket.connect(remote.port || 9, remote.address, () => resolve(socket.address().address));
  try {
    return await promise;
  } finally {
    socket.close();
  }
}

function bind(family: 'ipv4' | 'ipv6', port: number): Promise<dgram.Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<dgram.Socket>();
  const socket = dgram.createSocket({
    type: family === 'ipv6' ? 'udp6' : 'udp4',
    lookup: numericLookup,
    recvBufferSize: KERNEL_BUFFER_BYTES,
    sendBufferSize: KERNEL_BUFFER_BYTES,
  });
  socket.once('error', (error) => {
    socket.close();
    reject(error);
  });
  socket.bind({ port, address: family === 'ipv6' ? '::' : '0.0.0.0', exclusive: true }, () =>
    resolve(socket),
  );
  return promise;
}
