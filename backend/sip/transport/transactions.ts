import { Schedule } from './schedule.ts';

/** RFC 3261 section 17.1.1.1 and table 4. */
export const T1 = 500;
export const T2 = 4000;
export const T4 = 5000;
/** Timers B, D, F, H, J, L and M. */
export const TIMEOUT = 64 * T1;
/** No response ends an INVITE that rings; a table has to end somewhere. */
const RINGS_AT_MOST = 3600e3;
const MOST_TRANSACTIONS = 20_000;

/** What to do with something that came in: give it up to the user agent, send `repeat` again, or nothing. */
export type Verdict<P> = 'pass' | 'absorb' | { readonly repeat: P };

interface Timed {
  readonly key: string;
  readonly invite: boolean;
  /** Over TCP, TLS and WSS nothing is repeated and nothing has to be absorbed afterwards. */
  readonly reliable: boolean;
  /** When what was sent is to be sent again. */
  repeatAt: number;
  intervalMs: number;
  endsAt: number;
}

interface Client<P> extends Timed {
  readonly side: 'client';
  readonly packet: P;
  state: 'calling' | 'proceeding' | 'completed' | 'accepted';
  /** ACKs to final responses by the tag in To: sent again when the response is. */
  readonly acks: Map<string, P>;
  readonly finalTags: Set<string>;
}

interface Server<P> extends Timed {
  readonly side: 'server';
  state: 'proceeding' | 'completed' | 'confirmed' | 'accepted';
  response: P | null;
}

export interface Due<P> {
  /** To be sent again. */
  readonly repeat: P[];
  /** Keys of client transactions that nobody answered (timers B and F). They are gone. */
  readonly unanswered: string[];
  /** Keys of transactions that are over. */
  readonly ended: string[];
}

/**
 * The transactions of RFC 3261 section 17 with the corrections of RFC 6026, for both sides. It sends nothing and reads
 * no clock: what is to be sent again is returned. `P` is something ready to be sent, opaque here. Client keys are made
 * by whoever sends (branch and method), server keys from branch, sent-by and method (ACK counts as INVITE).
 *
 * The user agent above repeats its own 2xx to INVITE until the ACK comes (section 13.3.1.4); all else is done here.
 */
export class Transactions<P> {
  readonly #clients = new Map<string, Client<P>>();
  readonly #servers = new Map<string, Server<P>>();
  readonly #schedule = new Schedule<Timed>();
  readonly #most: number;

  constructor(most = MOST_TRANSACTIONS) {
    this.#most = most;
  }

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** When `due` is to be called; null: nothing waits. */
  get nextDue(): number | null {
    return this.#schedule.next;
  }

  /**
   * A request of ours was sent. `patienceMs`: how long any response is waited for.
   * @returns false when there are too many: it will not be repeated
   */
  begin(
    key: string,
    request: { invite: boolean; reliable: boolean; packet: P; patienceMs?: number },
    now: number,
  ): boolean {
    if (this.size >= this.#most) return false;
    const { invite, reliable, packet, patienceMs = TIMEOUT } = request;
    const client: Client<P> = {
      side: 'client',
      key,
      invite,
      reliable,
      packet,
      state: 'calling',
      intervalMs: T1,
      repeatAt: reliable ? Infinity : now + T1,
      endsAt: now + patienceMs,
      acks: new Map(),
      finalTags: new Set(),
    };
    this.#clients.set(key, client);
    this.#plan(client);
    return true;
  }

  /** A response came. One that belongs to no transaction is absorbed (RFC 6026 section 7.2). */
  response(key: string, status: number, toTag: string | null, now: number): Verdict<P> {
    const client = this.#clients.get(key);
    if (!client) return 'absorb';
    if (status < 200) return this.#provisional(client, now);
    const tag = toTag ?? '';
    const success = status < 300;
    const over = client.state === 'completed' || client.state === 'accepted';
    if (over) {
      // A second 2xx with another tag is the answer of another fork: the user agent has to end it.
      const another = client.invite && success && client.state === 'accepted' && !client.finalTags.has(tag);
      if (another) {
        client.finalTags.add(tag);
        return 'pass';
      }
      const ack = client.invite ? client.acks.get(tag) : undefined;
      return ack === undefined ? 'absorb' : { repeat: ack };
    }
    client.finalTags.add(tag);
    client.repeatAt = Infinity;
    client.state = client.invite && success ? 'accepted' : 'completed';
    client.endsAt = now + lingerOfClient(client);
    this.#plan(client);
    return 'pass';
  }

  #provisional(client: Client<P>, now: number): Verdict<P> {
    if (client.state === 'completed' || client.state === 'accepted') return 'absorb';
    if (client.state === 'calling') {
      client.state = 'proceeding';
      client.endsAt = client.invite ? now + RINGS_AT_MOST : Math.max(client.endsAt, now + TIMEOUT - T1);
      client.repeatAt = client.invite || client.reliable ? Infinity : now + T2;
      client.intervalMs = T2;
      this.#plan(client);
    }
    return 'pass';
  }

  /** We sent an ACK to the final response with that tag: it goes out again whenever that response comes again. */
  acknowledged(key: string, toTag: string | null, ack: P): void {
    this.#clients.get(key)?.acks.set(toTag ?? '', ack);
  }

  /** A request of ours is given up: no timeout will be told of. */
  abandon(key: string): void {
    this.#clients.delete(key);
  }

  /** A request came, other than ACK. Over TCP nobody repeats, yet a broken peer costs only a replay. */
  request(
    key: string,
    { invite, reliable }: { invite: boolean; reliable: boolean },
    now: number,
  ): Verdict<P> {
    const known = this.#servers.get(key);
    if (known) {
      const { response, state } = known;
      return response === null || state === 'confirmed' ? 'absorb' : { repeat: response };
    }
    if (this.size >= this.#most) return 'absorb';
    const server: Server<P> = {
      side: 'server',
      key,
      invite,
      reliable,
      state: 'proceeding',
      response: null,
      intervalMs: T1,
      repeatAt: Infinity,
      endsAt: now + RINGS_AT_MOST,
    };
    this.#servers.set(key, server);
    this.#plan(server);
    return 'pass';
  }

  /** An ACK came. That of a 2xx has a branch of its own and matches nothing: it is the user agent's. */
  ack(key: string, now: number): Verdict<P> {
    const server = this.#servers.get(key);
    if (!server || server.state === 'accepted') return 'pass';
    if (server.state !== 'completed') return 'absorb';
    server.state = 'confirmed';
    server.repeatAt = Infinity;
    server.endsAt = now + (server.reliable ? 0 : T4);
    this.#plan(server);
    return 'pass';
  }

  /** We send a response. After a final one only repetitions of a 2xx to INVITE change nothing. */
  responded(key: string, status: number, response: P, now: number): void {
    const server = this.#servers.get(key);
    if (!server || server.state === 'completed' || server.state === 'confirmed') return;
    server.response = response;
    if (status < 200 || server.state === 'accepted') return;
    server.state = server.invite && status < 300 ? 'accepted' : 'completed';
    const repeats = server.invite && server.state === 'completed' && !server.reliable;
    server.repeatAt = repeats ? now + T1 : Infinity;
    server.endsAt = now + (server.invite || !server.reliable ? TIMEOUT : 0);
    this.#plan(server);
  }

  /** Carries out what has become due. */
  due(now: number): Due<P> {
    const result: Due<P> = { repeat: [], unanswered: [], ended: [] };
    for (let entry = this.#schedule.take(now); entry; entry = this.#schedule.take(now)) {
      const timed = this.#living(entry.what);
      if (!timed || entry.at < Math.min(timed.repeatAt, timed.endsAt)) continue;
      if (now >= timed.endsAt) this.#end(timed, result);
      else if (now >= timed.repeatAt) this.#repeat(timed, now, result);
    }
    return result;
  }

  #end(timed: Client<P> | Server<P>, { unanswered, ended }: Due<P>): void {
    if (timed.side === 'server') this.#servers.delete(timed.key);
    else this.#clients.delete(timed.key);
    const waited = timed.side === 'client' && (timed.state === 'calling' || timed.state === 'proceeding');
    (waited ? unanswered : ended).push(timed.key);
  }

  #repeat(timed: Client<P> | Server<P>, now: number, { repeat }: Due<P>): void {
    const packet = timed.side === 'client' ? timed.packet : timed.response;
    if (packet !== null) repeat.push(packet);
    // Timer A doubles without limit, E and G up to T2.
    const limit = timed.side === 'client' && timed.invite ? Infinity : T2;
    timed.intervalMs = Math.min(timed.intervalMs * 2, limit);
    timed.repeatAt = now + timed.intervalMs;
    this.#plan(timed);
  }

  #living(timed: Timed): Client<P> | Server<P> | null {
    const client = this.#clients.get(timed.key);
    if (client === timed) return client;
    const server = this.#servers.get(timed.key);
    return server === timed ? server : null;
  }

  #plan(timed: Timed): void {
    this.#schedule.add(Math.min(timed.repeatAt, timed.endsAt), timed);
  }
}

/** Timers D, K and M. */
function lingerOfClient({ invite, reliable, state }: Client<unknown>): number {
  if (state === 'accepted') return TIMEOUT;
  if (reliable) return 0;
  return invite ? TIMEOUT : T4;
}
