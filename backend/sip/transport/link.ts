import type { SipTransport } from '../../contract/sip.ts';

export interface End {
  /** IP address. */
  readonly host: string;
  readonly port: number;
}

/** A way to send: a UDP socket, or one connection. */
export interface Link {
  readonly transport: SipTransport;
  /** Nothing sent is lost on the way. */
  readonly reliable: boolean;
  /** Our end as Via names it. For a UDP socket bound to every address, that on the way to `towards`. */
  localTowards(towards: string): End | Promise<End>;
  readonly closed: boolean;
  /** The far end of a connection; null: of a socket that sends anywhere. */
  readonly far: End | null;
  /** @throws SidetoneError in words for a person when it could not be sent */
  send(text: string, to: End): Promise<void>;
  close(): Promise<void>;
}

/** Something complete that came in: bytes of one message. */
export interface Arrival {
  readonly bytes: Buffer;
  readonly from: End;
  readonly link: Link;
}

/** What a link tells of itself. */
export interface LinkEvents {
  onArrival(arrival: Arrival): void;
  /** A connection is over; never after close() of ours. `why` is for a person. */
  onClose(link: Link, why: string): void;
}
