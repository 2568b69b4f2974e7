import { Grammar, type IncomingResponseMessage, type URI } from 'sip.js/lib/core/index.js';
import type { Account } from '../contract/sip.ts';
import { refusalText } from './digest.ts';
import type { RegistrationEvent } from './registration-plan.ts';

/** What a registrar's final answer says of our `contact`. */
export function eventOf(
  response: IncomingResponseMessage,
  contact: string,
  account: Account,
): RegistrationEvent {
  const code = response.statusCode ?? 500;
  if (code < 300) return { type: 'accepted', expiresS: grantedFor(response, contact) };
  if (code < 400) return { type: 'redirected', to: contactsOf(response)[0]?.uri.toRaw() ?? null };
  return {
    type: 'refused',
    code,
    text: textOf(response, code, account),
    retryAfterS: secondsIn(response.getHeader('retry-after')),
    minExpiresS: secondsIn(response.getHeader('min-expires')),
  };
}

/** From our contact among those that the registrar lists; else as the answer says for all (RFC 3261 section 10.3, step 8). */
function grantedFor(response: IncomingResponseMessage, contact: string): number | null {
  const listed = contactsOf(response);
  const ours = Grammar.nameAddrHeaderParse(contact)?.uri;
  const mine =
    listed.find(
      ({ uri }) => ours && uri.user === ours.user && uri.host === ours.host && uri.port === ours.port,
    ) ??
    // Registrars behind a NAT of their own write down what they see of us instead.
    (listed.length === 1 ? listed[0] : undefined);
  return mine?.expiresS ?? secondsIn(response.getHeader('expires'));
}

function contactsOf(response: IncomingResponseMessage): { uri: URI; expiresS: number | null }[] {
  return response.getHeaders('contact').flatMap((value) => {
    const parsed = Grammar.nameAddrHeaderParse(value);
    if (!parsed) return [];
    return [{ uri: parsed.uri, expiresS: secondsIn(parsed.getParam('expires') ?? undefined) }];
  });
}

/** Delta-seconds, with whatever stands behind them (`Retry-After: 120 (maintenance);duration=60`). */
function secondsIn(value: string | undefined): number | null {
  const digits = /^\s*"?(\d{1,10})/.exec(value ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The layer below says in a warning who did not answer; a registrar says it by its status. */
function textOf(response: IncomingResponseMessage, code: number, { password, settings }: Account): string {
  const told = /^399 sidetone "(.*)"$/.exec(response.getHeader('warning') ?? '')?.[1];
  if (told !== undefined) return told;
  if (code === 401 || code === 407) return refusalText(response, password);
  if (code === 408) return 'no answer from the registrar';
  if (code === 404) return `404: the registrar does not know ${settings.aor.replace(/^sips?:/i, '')}`;
  if (code === 423) return '423: the registrar wants longer registrations than we can ask for';
  return `${code}: ${(response.reasonPhrase ?? '').slice(0, 120) || 'refused'}`;
}
