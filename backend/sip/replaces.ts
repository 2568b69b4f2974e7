/** The Replaces header (RFC 3891): which dialog a new INVITE takes the place of, tags as its receiver knows them. */
export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  readonly earlyOnly: boolean;
}

/** null: not well-formed. */
export function parseReplaces(value: string): Replaces | null {
  const [callId = '', ...parameters] = value.split(';').map((part) => part.trim());
  const of = (name: string): string | null =>
    parameters.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  const toTag = of('to-tag');
  const fromTag = of('from-tag');
  if (callId === '' || toTag === null || fromTag === null) return null;
  const earlyOnly = parameters.some((part) => part.toLowerCase() === 'early-only');
  return { callId, toTag, fromTag, earlyOnly };
}

export function writeReplaces({ callId, toTag, fromTag, earlyOnly }: Replaces): string {
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`;
}
