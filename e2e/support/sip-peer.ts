import dgram from 'node:dgram';
import { once } from 'node:events';
import { isRtcp, type RtpPacket } from 'rtp.js/packets';
import sip, { type SipHeaders, type SipMessage } from 'sip';
import { ownAddress } from './loopback.ts';
import { audioOf, parseRtp } from './pcap.ts';
import { until } from './until.ts';

/** A message with what every one has left out: it is filled in. */
export interface SipDraft {
  readonly headers?: Partial<SipHeaders>;
  readonly content?: string;
}

/**
 * A SIP endpoint that does nothing by itself, over UDP: no transactions, no retransmissions, no ACK. A test says what it
 * sends, in whatever order; the npm package `sip` writes it and reads what comes back.
 */
export class SipPeer implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Everything that came, in order, repetitions too. */
  readonly received: SipMessage[] = [];
  readonly #socket: dgram.Socket;
  /** Where its audio is to go; it listens and says nothing. */
  readonly #rtp: dgram.Socket;
  readonly #audio: RtpPacket[] = [];
  #count = 0;

  private constructor(socket: dgram.Socket, rtp: dgram.Socket) {
    this.#socket = socket;
    this.#rtp = rtp;
    this.host = socket.address().address;
    this.port = socket.address().port;
    rtp.on('message', (datagram) => {
      if (!isRtcp(new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)))
        this.#audio.push(parseRtp(datagram));
    });
    socket.on('message', (datagram) => {
      const message = sip.parse(datagram.toString());
      if (message) this.received.push(message);
    });
  }

  static async open(): Promise<SipPeer> {
    const host = ownAddress();
    const [socket, rtp] = [
      dgram.createSocket('udp4').bind(0, host),
      dgram.createSocket('udp4').bind(0, host),
    ];
    await Promise.all([once(socket, 'listening'), once(rtp, 'listening')]);
    return new SipPeer(socket, rtp);
  }

  get uri(): string {
    return `sip:peer@${this.host}:${this.port}`;
  }

  /** An offer, or an answer, of PCMA and telephone events. */
  get sdp(): string {
    return [
      'v=0',
      `o=- 1 1 IN IP4 ${this.host}`,
      's=-',
      `c=IN IP4 ${this.host}`,
      't=0 0',
      `m=audio ${this.#rtp.address().port} RTP/AVP 8 101`,
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      '',
    ].join('\r\n');
  }

  /** What has come over RTP so far, 8 kHz. */
  get heard(): Int16Array {
    return audioOf(this.#audio.filter((packet) => packet.getPayloadType() === 8));
  }

  /** Resolves with the next `samples` that come. */
  async hears(samples: number): Promise<Int16Array> {
    const from = this.heard.length;
    return until(`${samples} samples`, () => {
      const heard = this.heard.subarray(from);
      return heard.length >= samples ? heard : null;
    });
  }

  /** A request out of any dialog; `callId` names the call. */
  request(method: string, uri: string, callId: string, draft: SipDraft = {}): SipMessage {
    const headers: SipHeaders = {
      via: [this.#via()],
      from: { uri: this.uri, params: { tag: `from-${callId}` } },
      to: { uri, params: {} },
      'call-id': callId,
      cseq: { seq: 1, method },
      contact: [{ uri: this.uri, params: {} }],
      'max-forwards': 70,
      ...draft.headers,
    };
    return { method, uri, headers: withType(headers, draft.content), content: draft.content ?? '' };
  }

  invite(uri: string, callId: string, draft: SipDraft = {}): SipMessage {
    return this.request('INVITE', uri, callId, { content: this.sdp, ...draft });
  }

  /** Within the dialog that `response`, a 2xx to `invite`, has set up. */
  within(
    method: string,
    invite: SipMessage,
    response: SipMessage,
    seq: number,
    draft: SipDraft = {},
  ): SipMessage {
    const target = response.headers.contact?.[0]?.uri ?? invite.uri ?? '';
    return this.request(method, target, invite.headers['call-id'], {
      ...draft,
      headers: {
        from: invite.headers.from,
        to: response.headers.to,
        cseq: { seq, method },
        ...draft.headers,
      },
    });
  }

  /** Of a final response that is no 2xx: belongs to the very transaction (RFC 3261, section 17.1.1.3). */
  ackOf(invite: SipMessage, response: SipMessage): SipMessage {
    return {
      method: 'ACK',
      uri: invite.uri ?? '',
      headers: {
        ...invite.headers,
        via: invite.headers.via.slice(0, 1),
        to: response.headers.to,
        cseq: { seq: invite.headers.cseq.seq, method: 'ACK' },
      },
      content: '',
    };
  }

  /** CANCEL of an INVITE of ours. */
  cancelOf(invite: SipMessage): SipMessage {
    const { seq } = invite.headers.cseq;
    return {
      method: 'CANCEL',
      uri: invite.uri ?? '',
      headers: withType({ ...invite.headers, cseq: { seq, method: 'CANCEL' } }, ''),
      content: '',
    };
  }

  /** A response with a tag of ours, `tag`, and an answer where it is to have one. */
  response(
    request: SipMessage,
    status: number,
    draft: SipDraft & { readonly tag?: string | null } = {},
  ): SipMessage {
    const response = sip.makeResponse(request, status, 'As It Is');
    const { tag = 'peer' } = draft;
    const to = { ...request.headers.to, params: { ...request.headers.to.params } };
    if (tag !== null) to.params['tag'] ??= tag;
    const headers = {
      ...response.headers,
      to,
      contact: [{ uri: this.uri, params: {} }],
      // A proxy's, to be echoed.
      ...('record-route' in request.headers ? { 'record-route': request.headers['record-route'] } : {}),
      ...draft.headers,
    };
    return { ...response, headers: withType(headers, draft.content), content: draft.content ?? '' };
  }

  send(message: SipMessage | string, to: { readonly host: string; readonly port: number }): void {
    const text = typeof message === 'string' ? message : sip.stringify(message);
    this.#socket.send(text, to.port, to.host);
  }

  /** The `count`th message that fits, come already or still to come. */
  async next(what: string, fits: (message: SipMessage) => boolean, count = 1): Promise<SipMessage> {
    return until(what, () => this.received.filter(fits)[count - 1]).catch((error: unknown) => {
      const seen = this.received.map(
        ({ method, status, headers }) => `${method ?? status} ${headers.cseq.seq} ${headers.cseq.method}`,
      );
      throw new Error(`${String(error)}; there came ${seen.join(', ') || 'nothing'}`);
    });
  }

  /** The `count`th response of this status to what it asked with `method` in the call. */
  answer(callId: string, method: string, status: number, count = 1): Promise<SipMessage> {
    const fits = ({ status: found, headers }: SipMessage): boolean =>
      found === status && headers['call-id'] === callId && headers.cseq.method === method;
    return this.next(`${status} to ${method}`, fits, count);
  }

  /** The `count`th request of this method. */
  asked(method: string, count = 1): Promise<SipMessage> {
    return this.next(method, (message) => message.method === method, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#rtp.close();
    await Promise.resolve();
  }

  #via(): SipHeaders['via'][number] {
    this.#count += 1;
    const branch = `z9hG4bK-peer-${this.port}-${this.#count}`;
    const params = { branch, rport: null };
    return { version: '2.0', protocol: 'UDP', host: this.host, port: this.port, params };
  }
}

function withType(headers: SipHeaders, content: string | undefined): SipHeaders {
  const { 'content-type': _type, 'content-length': _length, ...rest } = headers;
  const type = headers['content-type'] ?? 'application/sdp';
  return { ...rest, ...(content ? { 'content-type': type } : {}) };
}
