import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { SidetoneError, explain } from '../../base/errors.ts';
import { isEveryAddress, showAddress } from '../../base/address.ts';
import type { Arrival, End, Link } from './link.ts';

/** Room for a burst of calls: the system's usual 208 kB hold about 150 INVITEs. */
const BUFFER_BYTES = 1 << 20;

/** Routes change when a laptop changes its network. */
const ROUTE_HOLDS_MS = 15_000;
const MOST_ADDRESSES = 1000;

/** One UDP socket, IPv4 or IPv6. */
export class UdpLink implements Link {
  readonly transport = 'udp';
  readonly reliable = false;
  readonly far = null;
  readonly #socket: Socket;
  readonly #bound: End;
  /** Our address by the far one, for a while. */
  readonly #towards = new Map<string, { readonly end: End; readonly until: number }>();
  #closed = false;

  private constructor(socket: Socket, bound: End) {
    this.#socket = socket;
    this.#bound = bound;
  }

  /** @throws SidetoneError 'environment' when the port is taken or the address not ours */
  static async open(host: string, port: number, onArrival: (arrival: Arrival) => void): Promise<UdpLink> {
    const v6 = isIP(host) === 6;
    const socket = createSocket({ type: v6 ? 'udp6' : 'udp4', ipv6Only: v6 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(bindProblem('UDP', host, port, error)));
      socket.bind(port, host, resolve);
    });
    socket.removeAllListeners('error');
    socket.setRecvBufferSize(BUFFER_BYTES);
    const link = new UdpLink(socket, { host, port: socket.address().port });
    // Errors of a single datagram are told by send(); the socket itself goes on.
    socket.on('error', () => undefined);
    socket.on('message', (bytes, { address, port }) =>
      onArrival({ bytes, from: { host: address, port }, link }),
    );
    return link;
  }

  get closed(): boolean {
    return this.#closed;
  }

  localTowards(towards: string): End | Promise<End> {
    if (!isEveryAddress(this.#bound.host)) return this.#bound;
    const known = this.#towards.get(towards);
    return known && performance.now() < known.until ? known.end : this.#learn(towards);
  }

  async #learn(towards: string): Promise<End> {
    const end = { host: await addressTowards(towards), port: this.#bound.port };
    if (this.#towards.size >= MOST_ADDRESSES) this.#towards.clear();
    this.#towards.set(towards, { end, until: performance.now() + ROUTE_HOLDS_MS });
    return end;
  }

  send(text: string, to: End): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new SidetoneError('cancelled', 'the socket is closed'));
        return;
      }
      this.#socket.send(text, to.port, to.host, (error) => {
        if (error) reject(sendProblem(to, error));
        else resolve();
      });
    });
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => void this.#socket.close(resolve));
  }
}

/** Our address on the way to another, as the system's routing has it. Nothing is sent. */
export async function addressTowards(address: string): Promise<string> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.once('error', (error) => reject(sendProblem({ host: address, port: 9 }, error)));
      socket.connect(9, address, () => resolve(socket.address().address));
    });
  } finally {
    socket.close();
  }
}

export function bindProblem(protocol: string, host: string, port: number, error: unknown): SidetoneError {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const where = showAddress({ host, port });
  if (code === 'EADDRINUSE') {
    return new SidetoneError('environment', `${protocol} port ${where} is taken by another program`, {
      hint: "Choose another port as the account's bind, or leave it out for any free one.",
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new SidetoneError('environment', `this user may not open ${protocol} port ${where}`, {
      hint: 'Ports below 1024 belong to root: choose a higher one.',
      cause: error,
    });
  }
  return new SidetoneError('environment', `cannot open ${protocol} port ${where}: ${explain(error)}`, {
    hint: 'The address has to be one of this machine, or 0.0.0.0 for all.',
    cause: error,
  });
}

function sendProblem(to: End, error: unknown): SidetoneError {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const where = showAddress(to);
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH')
    return new SidetoneError('unreachable', `no route to ${where}`, { retryable: true, cause: error });
  if (code === 'EMSGSIZE')
    return new SidetoneError('unreachable', `too long for a datagram to ${where}`, { cause: error });
  return new SidetoneError('unreachable', `cannot send to ${where} over UDP: ${explain(error)}`, {
    retryable: true,
    cause: error,
  });
}
