import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { SidetoneError, explain } from '../../base/errors.ts';
import { showAddress } from '../../base/address.ts';
import { Scope } from '../../base/scope.ts';
import { connectProblem } from './certificate.ts';
import type { End, Link, LinkEvents } from './link.ts';
import type { Target } from './routing.ts';

const OPEN_WITHIN_MS = 8000;
/** Proxies in front of a WebSocket often end it after a minute of silence. */
const KEEP_ALIVE_MS = 25_000;
const MOST_BYTES = 1024 * 1024 + 64 * 1024;

/** SIP over a secure WebSocket (RFC 7118): one message per frame. */
export class WebSocketLink implements Link {
  readonly transport = 'wss';
  readonly reliable = true;
  readonly far: End;
  readonly #socket: WebSocket;
  readonly #local: End;
  readonly #events: LinkEvents;
  readonly #scope = new Scope();
  #heard = true;

  private constructor(socket: WebSocket, below: Socket, target: Target, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    this.far = { host: target.address, port: target.port };
    this.#local = {
      host: (below.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, ''),
      port: below.localPort ?? 0,
    };
    socket.on('message', (data) => {
      this.#heard = true;
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(new Uint8Array(data));
      if (/\S/.test(bytes.toString('latin1', 0, 4))) events.onArrival({ bytes, from: this.far, link: this });
    });
    socket.on('pong', () => (this.#heard = true));
    socket.on('error', (error) => this.#over(explain(error)));
    socket.on('close', () => this.#over('it closed the connection'));
    this.#scope.every(KEEP_ALIVE_MS, () => this.#ping());
  }

  /** `below`: the TLS connection, certificate checked. @throws SidetoneError in words */
  static async open(below: Socket, target: Target, events: LinkEvents): Promise<WebSocketLink> {
    const where = showAddress({ host: target.address, port: target.port });
    const host = showAddress({ host: target.domain, port: target.port });
    const socket = new WebSocket(`wss://${host}${target.path}`, 'sip', {
      createConnection: () => below,
      handshakeTimeout: OPEN_WITHIN_MS,
      maxPayload: MOST_BYTES,
      perMessageDeflate: false,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => {
        socket.terminate();
        reject(
          new SidetoneError('refused', `${where} answered ${response.statusCode ?? '?'} to the WebSocket`, {
            hint: 'The path may be another one: write the server as wss://HOST:PORT/ws, for example.',
          }),
        );
      });
      socket.once('error', (error) => reject(connectProblem('WSS', where, error)));
    });
    socket.removeAllListeners('error');
    return new WebSocketLink(socket, below, target, events);
  }

  get closed(): boolean {
    return this.#scope.closed;
  }

  localTowards(): End {
    return this.#local;
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (why: string): void =>
        reject(
          new SidetoneError('unreachable', `the WebSocket to ${showAddress(this.far)}: ${why}`, {
            retryable: true,
          }),
        );
      if (this.closed) failed('closed');
      else this.#socket.send(text, (error) => (error ? failed(error.message) : resolve()));
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    await this.#scope.close();
    this.#socket.close();
    this.#socket.terminate();
  }

  #ping(): void {
    if (!this.#heard) {
      this.#over('it answers no keep-alive');
      return;
    }
    this.#heard = false;
    this.#socket.ping();
  }

  #over(why: string): void {
    if (this.closed) return;
    void this.#scope.close();
    this.#socket.terminate();
    this.#events.onClose(this, `${showAddress(this.far)}: ${why}`);
  }
}
