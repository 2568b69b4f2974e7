/** What stands for a key; as long as one. */
const MASK = 'x';
/** `application/dtmf-relay`, `application/dtmf`, `application/vnd.nortelnetworks.digits`, `application/kpml-response+xml`. */
const CARRIES_KEYS = /^(?:content-type|c)\s*:\s*application\/\S*(?:dtmf|digits|kpml)/im;
/** `Signal=5`, `Signal= #`, `d=5`, `digits="12"`: a key that has a name. */
const NAMED = /\b(signal|d|digits)(\s*=\s*"?)([0-9a-d*#]+)/gi;
const KEY = /[0-9a-d*#]/gi;

/** A SIP message without the key that it brings (INFO); of the same length, and any other message as it is. */
export function maskedInfo(text: string): string {
  const bodyAt = /\r?\n\r?\n/.exec(text);
  if (!bodyAt) return text;
  const from = bodyAt.index + bodyAt[0].length;
  const [head, body] = [text.slice(0, from), text.slice(from)];
  if (body === '' || !CARRIES_KEYS.test(head)) return text;
  const named = body.replaceAll(NAMED, (_, name: string, between: string, keys: string) =>
    [name, between, MASK.repeat(keys.length)].join(''),
  );
  return head + (named === body ? body.replaceAll(KEY, MASK) : named);
}
