import type { Socket } from 'node:net';
import { SidetoneError, explain } from '../../base/errors.ts';
import { showAddress } from '../../base/address.ts';
import { Scope } from '../../base/scope.ts';
import { Framer } from './framer.ts';
import type { End, Link, LinkEvents } from './link.ts';

/** A message is to be complete that soon after its first byte: else somebody only holds the connection. */
const COMPLETE_WITHIN_MS = 10_000;
/** RFC 5626 section 4.4.1 lets 95 to 120 s pass over TCP; NATs in the field forget earlier. */
const KEEP_ALIVE_MS = 30_000;
const PONG_WITHIN_MS = 10_000;
/** Of what the far end does not take; a dead one is noticed before. */
const MOST_WAITING_BYTES = 4 << 20;

/** SIP over one TCP or TLS connection. */
export class StreamLink implements Link {
  readonly transport: 'tcp' | 'tls';
  readonly reliable = true;
  readonly far: End;
  readonly #socket: Socket;
  readonly #local: End;
  readonly #events: LinkEvents;
  readonly #scope = new Scope();
  readonly #framer = new Framer();
  #cancelDeadline: (() => void) | null = null;
  #pongSeen = false;
  #cancelPong: (() => void) | null = null;

  /**
   * `socket` is connected, TLS and all. `listening`: the port where we take connections, which Via names.
   * `accepted`: it came in, and has to prove its worth by a first message.
   */
  constructor(
    socket: Socket,
    transport: 'tcp' | 'tls',
    events: LinkEvents,
    { listening = null, accepted = false }: { listening?: number | null; accepted?: boolean } = {},
  ) {
    this.transport = transport;
    this.#socket = socket;
    this.#events = events;
    this.far = { host: plain(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    this.#local = { host: plain(socket.localAddress ?? ''), port: listening ?? socket.localPort ?? 0 };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#over(explain(error)));
    socket.on('close', () => this.#over('it closed the connection'));
    if (accepted) this.#expectMessage();
    this.#scope.every(KEEP_ALIVE_MS, () => this.#ping());
  }

  get closed(): boolean {
    return this.#scope.closed;
  }

  localTowards(): End {
    return this.#local;
  }

  send(text: string): Promise<void> {
    const where = showAddress(this.far);
    if (this.closed) {
      return Promise.reject(
        new SidetoneError('unreachable', `the connection to ${where} is closed`, { retryable: true }),
      );
    }
    if (this.#socket.writableLength > MOST_WAITING_BYTES) {
      this.#over('it takes no data');
      return Promise.reject(new SidetoneError('unreachable', `${where} takes no data`, { retryable: true }));
    }
    this.#socket.write(text);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    await this.#scope.close();
    await new Promise<void>((resolve) => void this.#socket.end(resolve));
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.closed) return;
    try {
      const { messages, pings, pongs } = this.#framer.push(chunk);
      if (pings > 0) this.#socket.write('\r\n');
      if (pongs > 0) this.#ponged();
      if (messages.length > 0) this.#complete();
      if (this.#framer.begun && this.#cancelDeadline === null) this.#expectMessage();
      for (const bytes of messages) this.#events.onArrival({ bytes, from: this.far, link: this });
    } catch (error) {
      this.#over(explain(error));
    }
  }

  #expectMessage(): void {
    this.#cancelDeadline = this.#scope.after(COMPLETE_WITHIN_MS, () =>
      this.#over('a message was not complete after 10 s'),
    );
  }

  #complete(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = null;
  }

  #ping(): void {
    this.#socket.write('\r\n\r\n');
    // Whoever has answered once is expected to go on answering; others never will.
    if (this.#pongSeen)
      this.#cancelPong ??= this.#scope.after(PONG_WITHIN_MS, () => this.#over('it answers no keep-alive'));
  }

  #ponged(): void {
    this.#pongSeen = true;
    this.#cancelPong?.();
    this.#cancelPong = null;
  }

  #over(why: string): void {
    if (this.closed) return;
    void this.#scope.close();
    this.#socket.destroy();
    this.#events.onClose(this, `${showAddress(this.far)}: ${why}`);
  }
}

/** Sockets of both families name IPv4 addresses as IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
