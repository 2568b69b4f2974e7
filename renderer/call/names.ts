import { hasBot } from './legs.ts';
import type { callText } from './text.ts';

/** Who is on our side of a call. */
export function partyName(party: string, t: typeof callText.en): string {
  if (party === 'script') return t.script;
  return party === 'person' ? t.person : party;
}

/** Who is on the other leg of a call with ourselves. */
export function otherName(party: string, t: typeof callText.en): string {
  if (hasBot({ party })) return t.withBot;
  return party === 'person' ? t.withPerson : t.withScript;
}
