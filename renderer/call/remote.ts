import type { LineView } from '../../backend/contract/sip.ts';
import { userOf } from '../../backend/base/sip-user.ts';

/** How the other end of a line is named. */

/** `sip:+49301@pbx.example;user=phone` as a person would write it: +49301@pbx.example. */
export function shortUri(uri: string): string {
  const bare = uri.replace(/^(sips?|tel):/i, '');
  const at = bare.lastIndexOf('@');
  const host = bare.slice(at + 1).split(/[;?]/)[0] ?? '';
  return plain(at < 0 ? host : `${userOf(uri)}@${host}`);
}

/** Characters that do not show, or turn the direction of writing, make one name or number look like another. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
}

/** The name it gives itself, else its number, else its address. */
export function remoteName({ remote }: Pick<LineView, 'remote'>): string {
  const name = plain(remote.name ?? '');
  if (name !== '') return name;
  const user = userOf(remote.uri);
  return /^\+?[\d*#]+$/.test(user) ? user : shortUri(remote.uri);
}

/** A number of ours that was dialled and is not the account's own user; null: it was that. */
export function dialledNumber({ direction, dialled }: LineView, aor: string): string | null {
  if (direction === 'out') return null;
  const user = userOf(dialled);
  return user === '' || user === userOf(aor) ? null : user;
}
