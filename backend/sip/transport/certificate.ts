import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls';
import { SidetoneError } from '../../base/errors.ts';

const OWN_CA =
  "Set the account's tls.ca to the PEM file of the CA that signed it (or of the certificate itself).";

/**
 * Whether a server's certificate is for the SIP domain that was asked for: its DNS names, or a URI `sip:DOMAIN` (RFC 5922
 * section 7.1). Wildcards count, against section 7.2: large providers have no others.
 */
export function checkSipIdentity(domain: string, certificate: PeerCertificate): Error | undefined {
  const names = namesOf(certificate);
  if (names.includes(`sip:${domain.toLowerCase()}`)) return undefined;
  return checkServerIdentity(domain, certificate);
}

/** What is wrong with the certificate of a connection that was made without refusing any; null: nothing. */
export function certificateProblem(socket: TLSSocket, domain: string): SidetoneError | null {
  if (socket.authorized) return null;
  const certificate = socket.getPeerCertificate();
  const code = codeOf(socket.authorizationError);
  const [what, hint] = inWords(code, certificate, domain);
  return new SidetoneError('refused', `the certificate of ${domain} is refused: ${what}`, { hint });
}

function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return String(error);
}

function inWords(code: string, certificate: PeerCertificate, domain: string): [what: string, hint: string] {
  const subject = String(certificate.subject?.CN ?? 'no name');
  const issuer = String(certificate.issuer?.CN ?? certificate.issuer?.O ?? 'unknown');
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return [`that of '${subject}' expired on ${certificate.valid_to}`, 'The server needs a new one.'];
    case 'CERT_NOT_YET_VALID':
      return [
        `that of '${subject}' holds only from ${certificate.valid_from}`,
        "Check this machine's clock; else the server needs another one.",
      ];
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return [`'${subject}' has signed it itself`, OWN_CA];
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return [`that of '${subject}' is signed by '${issuer}', a CA that this machine does not know`, OWN_CA];
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return [
        `that of '${subject}' is signed by '${issuer}', which this machine does not know`,
        `${OWN_CA} Or the server leaves out the certificates between.`,
      ];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        `it is for ${namesOf(certificate).join(', ') || `'${subject}'`}, and we call '${domain}'`,
        "Write the server as its certificate names it (registrar, proxy, or the AOR's domain).",
      ];
    default:
      return [`that of '${subject}': ${code}`, OWN_CA];
  }
}

/** `pbx.example.com`, `sip:example.com`, `10.0.0.1` */
function namesOf({ subjectaltname = '' }: PeerCertificate): string[] {
  return subjectaltname
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|URI|IP Address):/, '').toLowerCase())
    .filter((name) => name !== '');
}

/** A TLS connection that did not come about, in words. */
export function handshakeProblem(where: string, error: unknown): SidetoneError {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (/certificate.required|handshake.failure|bad.certificate|unknown.ca/i.test(`${code} ${message}`)) {
    return new SidetoneError('refused', `${where} refused our TLS hello: ${message}`, {
      hint: "It may ask for a client certificate: set the account's tls.certificate and tls.key.",
      cause: error,
    });
  }
  if (/WRONG_VERSION_NUMBER|packet length too long/i.test(`${code} ${message}`)) {
    return new SidetoneError('unreachable', `${where} does not speak TLS on that port`, {
      hint: 'TLS usually has port 5061, WSS 443, 7443 or 8089.',
      cause: error,
    });
  }
  return connectProblem('TLS', where, error);
}

export function connectProblem(protocol: string, where: string, error: unknown): SidetoneError {
  if (error instanceof SidetoneError) return error;
  const code = codeOf(error);
  const details = { retryable: true, cause: error };
  if (code === 'ECONNREFUSED')
    return new SidetoneError('unreachable', `nothing listens at ${where} for ${protocol}`, details);
  if (code === 'ETIMEDOUT')
    return new SidetoneError('timeout', `no answer from ${where} over ${protocol}`, details);
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH')
    return new SidetoneError('unreachable', `no route to ${where}`, details);
  const message = error instanceof Error ? error.message : String(error);
  return new SidetoneError('unreachable', `cannot connect to ${where} over ${protocol}: ${message}`, details);
}
