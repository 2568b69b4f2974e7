import { explain } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { CallEvent } from '../backend/contract/events.ts';
import { OtlpSender, otlpTarget } from '../backend/export/otlp-sender.ts';

export interface SpansOptions {
  readonly scope: Scope;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onTrouble: (message: string) => void;
}

/** Calls as spans in a person's own OpenTelemetry: for as long as the settings, or the environment, say where to. */
export class Spans {
  readonly #options: SpansOptions;
  #sender: { readonly sender: OtlpSender; readonly scope: Scope } | null = null;

  constructor(options: SpansOptions) {
    this.#options = options;
  }

  /** Sends to another endpoint from now on; null: to the environment's, if that names one. */
  async use(endpoint: string | null): Promise<void> {
    const { scope: parent, version, env, onTrouble } = this.#options;
    const before = this.#sender;
    this.#sender = null;
    try {
      const target = otlpTarget(endpoint, env);
      if (target) {
        const scope = parent.child();
        this.#sender = { sender: new OtlpSender({ ...target, scope, version, onTrouble }), scope };
      }
    } catch (error) {
      onTrouble(explain(error));
    }
    await before?.scope.close();
  }

  take(event: CallEvent): void {
    this.#sender?.sender.take(event);
  }
}
