/** User part of a SIP URI, or the number of a tel URI, escapes undone; '' where there is none. */
export function userOf(uri: string): string {
  const match = /^(?:sips?:([^@]*)@|tel:(.*))/i.exec(uri);
  // What follows is a password, or parameters.
  const user = (match?.[1] ?? match?.[2] ?? '').split(/[:;]/)[0] ?? '';
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}

/** `*` stands for any characters; case counts, as in SIP. */
export function userFits(user: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return user === first;
  let from = first.length;
  if (!user.startsWith(first)) return false;
  for (const part of rest) {
    const found = user.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return user.length - last.length >= from && user.endsWith(last);
}
