import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { SidetoneError, explain } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { Impairment, type ImpairmentSettings } from './impairment.ts';

export interface RelayOptions {
  /** Where datagrams of clients go. */
  readonly to: { readonly host: string; readonly port: number };
  /** Where clients send to; port 0: any free one. */
  readonly bind?: { readonly host: string; readonly port: number };
  readonly seed: number;
  /** From clients to the server, and back. */
  readonly up?: ImpairmentSettings;
  readonly down?: ImpairmentSettings;
}

const MOST_CLIENTS = 1000;

/**
 * Forwards UDP to one server through a bad network. Each client has a socket of its own towards the server, as behind a
 * NAT, so that the server tells them apart and its answers find back.
 */
export class UdpRelay {
  readonly #options: RelayOptions;
  readonly #scope: Scope;
  readonly #socket: Socket;
  readonly #clients = new Map<string, Promise<Socket>>();
  readonly up: Impairment;
  readonly down: Impairment;

  private constructor(options: RelayOptions, socket: Socket, scope: Scope) {
    this.#options = options;
    this.#socket = socket;
    this.#scope = scope;
    this.up = new Impairment(options.up ?? {}, options.seed);
    this.down = new Impairment(options.down ?? {}, options.seed + 1);
  }

  /** @throws SidetoneError 'environment' when the port is taken */
  static async open(options: RelayOptions, scope: Scope): Promise<UdpRelay> {
    const { host, port } = options.bind ?? { host: '127.0.0.1', port: 0 };
    const socket = await boundSocket(host, port, scope);
    const relay = new UdpRelay(options, socket, scope);
    socket.on('message', (bytes, { address, port }) => void relay.#fromClient(bytes, address, port));
    return relay;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async #fromClient(bytes: Buffer, address: string, port: number): Promise<void> {
    const key = `${address} ${port}`;
    if (!this.#clients.has(key) && this.#clients.size >= MOST_CLIENTS) return;
    let opening = this.#clients.get(key);
    if (!opening) {
      opening = this.#openClient(address, port);
      this.#clients.set(key, opening);
    }
    const { host, port: serverPort } = this.#options.to;
    const socket = await opening;
    this.#pass(this.up, () => socket.send(bytes, serverPort, host));
  }

  async #openClient(address: string, port: number): Promise<Socket> {
    const any = isIP(this.#options.to.host) === 6 ? '::' : '0.0.0.0';
    const socket = await boundSocket(any, 0, this.#scope);
    socket.on('message', (bytes) => this.#pass(this.down, () => this.#socket.send(bytes, port, address)));
    return socket;
  }

  #pass(impairment: Impairment, send: () => void): void {
    for (const delay of impairment.next()) {
      if (delay === 0) send();
      else this.#scope.after(delay, send);
    }
  }
}

/** Closed with the scope. */
async function boundSocket(host: string, port: number, scope: Scope): Promise<Socket> {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) =>
      reject(
        new SidetoneError('environment', `cannot open UDP port ${host}:${port}: ${explain(error)}`, {
          cause: error,
        }),
      ),
    );
    socket.bind(port, host, resolve);
  });
  // What a network loses it loses silently.
  socket.removeAllListeners('error').on('error', () => undefined);
  scope.defer(() => void socket.close());
  return socket;
}
