import type { CallEvent } from '../../backend/contract/events.ts';
import type { SipMessageView } from '../../backend/contract/sip.ts';

/** What was said over SIP, as a ladder shows it. */

/** `at`: ms, since whenever. */
export type LadderMessage = Omit<SipMessageView, 'call' | 'account'>;

export interface Rung {
  readonly message: LadderMessage;
  /** `INVITE sip:bob@example.com`, `200 OK (INVITE)`. */
  readonly title: string;
  /** Since the first message. */
  readonly afterMs: number;
}

export function rungsOf(messages: readonly LadderMessage[]): readonly Rung[] {
  const inOrder = messages.toSorted((one, other) => one.at - other.at);
  const first = inOrder[0]?.at ?? 0;
  return inOrder.map((message) => ({ message, title: titleOf(message.text), afterMs: message.at - first }));
}

/** First line of a message, without what is the same in all; a response with the method that it answers. */
export function titleOf(text: string): string {
  const line = text.slice(0, lineEnd(text)).replace(/ SIP\/2\.0$/i, '');
  if (!/^SIP\/2\.0 /i.test(line)) return line;
  const method = /^cseq[ \t]*:[ \t]*\d+[ \t]+([\w-]+)/im.exec(text)?.[1];
  return line.slice(8) + (method === undefined ? '' : ` (${method})`);
}

function lineEnd(text: string): number {
  const end = text.search(/\r?\n/);
  return end < 0 ? text.length : end;
}

/** Those that a call's trace has. */
export function messagesOf(events: readonly CallEvent[]): readonly LadderMessage[] {
  return events.flatMap((event) => {
    if (event.type !== 'sip.message') return [];
    const { offset_ms: at, direction, transport, local, remote, repeated, text } = event;
    return [{ at, direction, transport, local, remote, repeated, text }];
  });
}
