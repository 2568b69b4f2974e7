/** What of the npm package `sip` (a stack of somebody else's) the tests use: its parser and its writer. */
declare module 'sip' {
  export interface SipAddress {
    name?: string;
    uri: string;
    params: Record<string, string | null | undefined>;
  }

  export interface SipVia {
    version: string;
    protocol: string;
    host: string;
    port?: number;
    params: Record<string, string | number | null | undefined>;
  }

  export interface SipHeaders {
    via: SipVia[];
    to: SipAddress;
    from: SipAddress;
    'call-id': string;
    cseq: { seq: number; method: string };
    contact?: SipAddress[];
    [name: string]: unknown;
  }

  export interface SipMessage {
    method?: string;
    uri?: string;
    status?: number;
    reason?: string;
    version?: string;
    headers: SipHeaders;
    content?: string;
  }

  interface Sip {
    /** undefined: it cannot be read. */
    parse(text: string): SipMessage | undefined;
    stringify(message: SipMessage): string;
    makeResponse(request: SipMessage, status: number, reason?: string): SipMessage;
  }

  const sip: Sip;
  export default sip;
}
