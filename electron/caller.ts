import type { LineView } from '../backend/contract/sip.ts';
import { userOf } from '../backend/base/sip-user.ts';

/** Enough for a notification; the window shows all of it. */
const MAX_LENGTH = 80;

type Remote = Pick<LineView, 'remote'>;

/** Who calls, for a notification's title: the name they give themselves, else user or host of their address. */
export function callerName({ remote }: Remote): string {
  const name = plain(remote.name ?? '');
  return name === '' ? plain(userOf(remote.uri) || remote.uri.replace(/^sips?:/i, '')) : name;
}

/** Their address, for its text. */
export function callerAddress({ remote }: Remote): string {
  return plain(remote.uri);
}

/**
 * What a stranger has sent, safe in a notification: some desktops take marks in it for formatting and links, and
 * characters that turn the direction of writing make one number look like another.
 */
function plain(text: string): string {
  const clean = text
    .replaceAll(/[<>&]/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH)}…` : clean;
}
