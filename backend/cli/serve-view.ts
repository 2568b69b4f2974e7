import type { CallEvent } from '../contract/events.ts';
import type { AccountView, LineView } from '../contract/sip.ts';

/** Where `serve` tells what it does: to a person (LiveView) or to a log (JsonLog). */
export interface ServeView {
  event(event: CallEvent): void;
  /** A call over SIP, as signalling sees it. */
  line(line: LineView): void;
  account(view: AccountView): void;
  /** A line that is not an event: where the record lies, that it is ready. */
  note(text: string): void;
  warn(text: string): void;
}
