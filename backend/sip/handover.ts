import type { IncomingRequest } from 'sip.js/lib/core/index.js';
import { SidetoneError } from '../base/errors.ts';
import type { LineView } from '../contract/sip.ts';
import { accepted, ask } from './ask.ts';
import type { CallDialog } from './call-dialog.ts';
import { reasonOf, statusWords } from './ending.ts';
import { isLast, parseSipFragment } from './transfer.ts';

/** How long the far end may take to tell how its new call went. */
const UNTOLD_MS = 180_000;

export type TransferView = NonNullable<LineView['transfer']>;

/** A transfer of ours: the far end is asked to call somebody else (REFER), and tells how it goes (NOTIFY). */
export class Handover {
  readonly #dialog: CallDialog;
  readonly #target: string;
  readonly #show: (view: TransferView) => void;
  #agreed = false;
  #over = false;
  #forget: () => void = () => undefined;

  constructor(dialog: CallDialog, target: string, show: (view: TransferView) => void) {
    this.#dialog = dialog;
    this.#target = target;
    this.#show = show;
  }

  get going(): boolean {
    return !this.#over;
  }

  /** The far end agreed to try: should it hang up now, it does so in order to call. */
  get agreed(): boolean {
    return this.#agreed;
  }

  /** Resolves when the far end has agreed to try. @throws SidetoneError 'refused' */
  async ask(referTo: string): Promise<void> {
    const { agent } = this.#dialog;
    this.#tell('trying', 'asked the far end to call');
    const answer = await ask(this.#dialog.dialog, 'REFER', [
      `Contact: ${agent.contact()}`,
      `Refer-To: ${referTo}`,
      `Referred-By: <${agent.aor.toString()}>`,
    ]);
    if (this.#over) return;
    if (!accepted(answer)) {
      this.#end('failed', reasonOf(answer));
      throw new SidetoneError('refused', `the far end did not transfer the call: ${reasonOf(answer)}`);
    }
    this.#agreed = true;
    // Without NOTIFYs (RFC 4488) its word is all there is.
    if (/^\s*false\b/i.test(answer.getHeader('refer-sub') ?? ''))
      return this.#end('done', 'the far end calls');
    this.#forget = agent.scope.after(UNTOLD_MS, () =>
      this.#end('failed', 'the far end never told how it went'),
    );
  }

  onNotify(request: IncomingRequest): void {
    request.accept();
    const said = parseSipFragment(request.message.body);
    this.#agreed = true;
    if (said && said.code >= 200) {
      if (said.code < 300) this.#end('done', 'the call was taken');
      else this.#end('failed', `${statusWords(said.code, said.phrase)} (${said.code})`);
    } else if (isLast(request.message)) {
      this.#end('failed', 'the far end stopped telling how it goes');
    } else if (said) {
      this.#tell('trying', said.code === 180 ? 'it rings there' : 'the far end calls');
    }
  }

  /** The dialog has ended: nobody will tell any more. */
  abandon(): void {
    if (this.#agreed) this.#end('done', 'the far end hung up to make the call');
    else this.#end('failed', 'the call ended before');
  }

  #end(state: 'done' | 'failed', message: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#tell(state, message);
  }

  #tell(state: TransferView['state'], message: string): void {
    this.#show({ target: this.#target, state, message });
  }
}
