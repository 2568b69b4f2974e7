import { createHash } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { headerOf, paramOf, response } from './core-testing.ts';

export interface ServerManners {
  readonly password: string;
  /** What becomes of an INVITE's body on the way; unchanged unless given. */
  readonly relayed?: (body: string) => string;
  /** Status instead of passing a call on. */
  readonly refuses?: string;
  readonly answersOptions?: boolean;
}

/** A registrar and stateless proxy over UDP (RFC 3261 sections 10.3 and 16.11), small enough to be read whole. */
export class TinyServer implements AsyncDisposable {
  readonly port: number;
  readonly requests: string[] = [];
  readonly #socket: Socket;
  readonly #manners: ServerManners;
  /** Newest last. */
  readonly #contacts = new Set<string>();
  readonly #calls = new Map<string, string>();

  private constructor(socket: Socket, manners: ServerManners) {
    this.#socket = socket;
    this.#manners = manners;
    this.port = socket.address().port;
    socket.on('message', (bytes, from) => this.#take(bytes.toString(), from));
  }

  static async open(manners: ServerManners, port = 0): Promise<TinyServer> {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return new TinyServer(socket, manners);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => void this.#socket.close(() => resolve()));
  }

  #take(text: string, from: RemoteInfo): void {
    if (text.startsWith('SIP/2.0')) {
      const below = text.replace(/^Via:.*\r\n/im, '');
      const via = headerOf(below, 'Via') ?? '';
      const port = /;rport=(\d+)/.exec(via)?.[1] ?? /:(\d+)/.exec(via)?.[1];
      return this.#send(below, port);
    }
    this.requests.push(text);
    const request = text.replace(/^(Via:.*?;rport)(?!=)/im, `$1=${from.port};received=${from.address}`);
    const method = /^\S+/.exec(text)?.[0];
    const say = (status: string, ...headers: string[]) =>
      this.#send(response(request, status, ...headers), from.port);
    switch (method) {
      case 'OPTIONS':
        return this.#manners.answersOptions === false ? undefined : say('200 OK');
      case 'REGISTER':
        return this.#allowed(request) ? say('200 OK', ...this.#bind(request)) : say('401 No', CHALLENGE);
      case 'INVITE':
        if (this.#manners.refuses !== undefined) return say(this.#manners.refuses);
        return this.#relay(request, [...this.#contacts].at(-1));
      default:
        return this.#relay(request, this.#calls.get(headerOf(request, 'Call-ID') ?? ''));
    }
  }

  #allowed(request: string): boolean {
    const header = headerOf(request, 'Authorization');
    const value = (name: string) => paramOf(header, name) ?? '';
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const a1 = md5(`alice:tiny:${this.#manners.password}`);
    const a2 = md5(`REGISTER:${value('uri')}`);
    return value('response') === md5(`${a1}:${value('nonce')}:${value('nc')}:${value('cnonce')}:auth:${a2}`);
  }

  #bind(request: string): string[] {
    for (const [, contact = '', expires] of request.matchAll(/^Contact: <([^>]*)>;expires=(\d+)/gim)) {
      this.#contacts.delete(contact);
      if (expires !== '0') this.#contacts.add(contact);
    }
    return [...this.#contacts].map((contact) => `Contact: <${contact}>;expires=120`);
  }

  #relay(request: string, contact: string | undefined): void {
    if (contact === undefined) return;
    this.#calls.set(headerOf(request, 'Call-ID') ?? '', contact);
    const branch = /;branch=([^;\r\n]+)/i.exec(headerOf(request, 'Via') ?? '')?.[1] ?? '';
    const [head = '', body = ''] = request.split('\r\n\r\n');
    const passed = this.#manners.relayed?.(body) ?? body;
    const on = head
      .replace(/^(\S+) \S+/, `$1 ${contact}`)
      .replace('\r\n', `\r\nVia: SIP/2.0/UDP 127.0.0.1:${this.port};branch=${branch}t\r\n`)
      .replace(/^Content-Length:.*$/im, `Content-Length: ${Buffer.byteLength(passed)}`);
    this.#send(`${on}\r\n\r\n${passed}`, /:(\d+)/.exec(contact.replace(/^sip:/, ''))?.[1]);
  }

  #send(text: string, port: number | string | undefined): void {
    this.#socket.send(text, Number(port), '127.0.0.1');
  }
}

const CHALLENGE = 'WWW-Authenticate: Digest realm="tiny", nonce="n1", qop="auth"';
