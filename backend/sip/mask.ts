/** Headers that carry what a password was turned into. */
const CREDENTIALS =
  /^((?:proxy-)?(?:authorization|authentication-info)[ \t]*:)((?:[^\r\n]|(?:\r\n?|\n)(?=[ \t]))*)/gim;
/** What of a digest would let somebody try passwords at leisure; the rest is public, and worth reading. */
const DIGEST_SECRETS = /\b(response|cnonce|rspauth|response-auth)(\s*=\s*)("(?:[^"\\]|\\[^])*"?|[^\s,;"]+)/gi;
const SCHEME = /^(\s*)([^\s,="]*)(?=\s|$)/;

/** Elsewhere: what stays in front, the secret, and nothing behind it. */
const SECRETS: readonly RegExp[] = [
  // sip:user:password@host (RFC 3261 section 19.1.1 allows it, and deprecates it at once)
  /(\bsips?:[^\s@<>":]+:)([^\s@<>":]+)(?=@)/gi,
  /([;?&,\s]password\s*=\s*)("[^"\r\n]*"?|[^\s;,>&"]+)/gi,
  // SDES (RFC 4568), MIKEY (RFC 4567), SDP's own old keys, ICE
  /(\binline:)(\S+)/gi,
  /(^a=key-mgmt:\S*[ \t]+)(.+)/gim,
  /(^k=)(.+)/gim,
  /(^a=ice-pwd:)(.+)/gim,
];

/**
 * A SIP message with its credentials and keys blotted out in place: the same length, line by line, everything else byte
 * for byte as it was. So offsets, Content-Length and the eye still find what they look for.
 */
export function masked(text: string): string {
  let shown = text.replaceAll(
    CREDENTIALS,
    (_, name: string, value: string) => name + withoutCredentials(value),
  );
  for (const secret of SECRETS) {
    shown = shown.replaceAll(secret, (_, before: string, value: string) => before + blot(value));
  }
  return shown;
}

/** Of a digest its secrets; of any other scheme (Basic, Bearer) all that follows its name. */
function withoutCredentials(value: string): string {
  const [start, space = '', scheme = ''] = SCHEME.exec(value) ?? [];
  const known = /^digest$/i.test(scheme) || /=/.test(value.slice(0, value.indexOf(',') + 1));
  if (start === undefined || known) {
    return value.replaceAll(
      DIGEST_SECRETS,
      (_, name: string, is: string, secret: string) => name + is + blot(secret),
    );
  }
  return space + scheme + blot(value.slice(start.length));
}

/** Quotes and white space stay, so that the line is still one. */
function blot(secret: string): string {
  return secret.replaceAll(/[^\s"]/g, '*');
}
