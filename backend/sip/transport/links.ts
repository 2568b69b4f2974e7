import { createServer as createTcpServer, isIP, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parseAddress } from '../../base/address.ts';
import { SidetoneError, explain } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { Account, SipTransport } from '../../contract/sip.ts';
import { tcpTo, tlsTo } from './connect.ts';
import type { End, Link, LinkEvents } from './link.ts';
import type { Target } from './routing.ts';
import { StreamLink } from './stream.ts';
import { UdpLink, bindProblem } from './udp.ts';
import { WebSocketLink } from './websocket.ts';

/** Connections that others may hold open to us. */
const MOST_ACCEPTED = 256;

/** All sockets of an account: found again by target, or opened. Closed with its scope. */
export class Links {
  readonly #account: Account;
  readonly #scope: Scope;
  readonly #events: LinkEvents;
  readonly #bind: End | null;
  readonly #udp = new Map<4 | 6, Promise<UdpLink>>();
  /** By transport and far end: also those that others opened to us. */
  readonly #connections = new Map<string, Promise<Link>>();
  /** What takes a link off the scope that would close it. */
  readonly #forget = new WeakMap<Link, () => void>();
  #listening: number | null = null;

  /** @throws SidetoneError 'usage' when `bind` is not HOST:PORT */
  constructor(account: Account, scope: Scope, events: LinkEvents) {
    this.#account = account;
    this.#scope = scope;
    const { bind } = account.settings;
    this.#bind = bind === null ? null : parseAddress(bind, 'bind');
    this.#events = {
      onArrival: (arrival) => events.onArrival(arrival),
      onClose: (link, why) => {
        this.#connections.delete(keyOf(link.transport, link.far));
        this.#forget.get(link)?.();
        events.onClose(link, why);
      },
    };
  }

  /**
   * Opens what others are to reach us by: a server reaches us by the connection that we open to it.
   * @throws SidetoneError 'environment' for a taken port, 'usage'
   */
  async listen(transport: SipTransport, hasServer: boolean): Promise<void> {
    if (transport === 'udp') await this.#udpOf(this.#bind && isIP(this.#bind.host) === 6 ? 6 : 4);
    else if (this.#bind && transport !== 'wss') await this.#accept(transport, this.#bind);
    else if (transport === 'tcp' && !hasServer) await this.#accept('tcp', { host: '0.0.0.0', port: 0 });
  }

  /** Port where connections are taken; null: none are. */
  get listening(): number | null {
    return this.#listening;
  }

  /** The link to a target. @throws SidetoneError in words for a person */
  open(target: Target): Promise<Link> {
    if (target.transport === 'udp') return this.#udpOf(isIP(target.address) === 6 ? 6 : 4);
    const key = keyOf(target.transport, { host: target.address, port: target.port });
    const known = this.#connections.get(key);
    if (known) return known;
    const opening = this.#connect(target);
    this.#keep(key, opening);
    return opening;
  }

  /** The way back to whoever sent a request over a connection that has closed since. */
  reopen(link: Link, to: End): Promise<Link> {
    return this.open({
      transport: link.transport,
      address: to.host,
      port: to.port,
      domain: to.host,
      path: '/',
    });
  }

  async #connect(target: Target): Promise<Link> {
    if (target.transport === 'tcp') return this.#stream(await tcpTo(target), 'tcp');
    const socket = await tlsTo(target, this.#account.tls);
    if (target.transport === 'tls') return this.#stream(socket, 'tls');
    return WebSocketLink.open(socket, target, this.#events);
  }

  #stream(socket: Socket, transport: 'tcp' | 'tls', accepted = false): StreamLink {
    return new StreamLink(socket, transport, this.#events, { listening: this.#listening, accepted });
  }

  #keep(key: string, opening: Promise<Link>): void {
    this.#connections.set(key, opening);
    this.#own(key, opening).catch(() => this.#connections.delete(key));
  }

  /** It may have closed, or we may have, while it opened. */
  async #own(key: string, opening: Promise<Link>): Promise<void> {
    const link = await opening;
    if (link.closed) this.#connections.delete(key);
    else if (this.#scope.closed) await link.close();
    else
      this.#forget.set(
        link,
        this.#scope.defer(() => link.close()),
      );
  }

  async #accept(transport: 'tcp' | 'tls', { host, port }: End): Promise<void> {
    const server = transport === 'tcp' ? createTcpServer() : this.#tlsServer();
    server.maxConnections = MOST_ACCEPTED;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindProblem('TCP', host, port, error)));
      server.listen(port, host, resolve);
    });
    server.removeAllListeners('error').on('error', () => undefined);
    const address = server.address();
    this.#listening = typeof address === 'object' && address ? address.port : port;
    server.on(transport === 'tcp' ? 'connection' : 'secureConnection', (socket: Socket) => {
      socket.once('error', () => undefined);
      if (this.#scope.closed) socket.destroy();
      else {
        const link = this.#stream(socket, transport, true);
        this.#keep(keyOf(transport, link.far), Promise.resolve(link));
      }
    });
    this.#scope.defer(() => void server.close());
  }

  #tlsServer(): Server {
    const { certificate, key } = this.#account.tls;
    if (certificate === null || key === null) {
      throw new SidetoneError('usage', 'listening for TLS needs a certificate', {
        hint: "Set the account's tls.certificate and tls.key, or leave out bind: then we only call.",
      });
    }
    try {
      return createTlsServer({ cert: certificate, key });
    } catch (error) {
      throw new SidetoneError('usage', `the account's certificate or key cannot be used: ${explain(error)}`, {
        hint: 'tls.certificate and tls.key have to be PEM files that belong together.',
        cause: error,
      });
    }
  }

  #udpOf(family: 4 | 6): Promise<UdpLink> {
    const known = this.#udp.get(family);
    if (known) return known;
    const bind = this.#bind && isIP(this.#bind.host) === family ? this.#bind : null;
    const any = family === 6 ? '::' : '0.0.0.0';
    // A port that we are known by is the same in both families.
    const port = bind?.port ?? (this.#account.settings.transport === 'udp' ? (this.#bind?.port ?? 0) : 0);
    const opening = UdpLink.open(bind?.host ?? any, port, (arrival) => this.#events.onArrival(arrival));
    this.#udp.set(family, opening);
    opening.then(
      (link) => this.#scope.defer(() => link.close()),
      () => this.#udp.delete(family),
    );
    return opening;
  }
}

function keyOf(transport: SipTransport, far: End | null): string {
  return `${transport} ${far?.host ?? ''} ${far?.port ?? ''}`;
}
