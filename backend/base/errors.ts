/**
 * What went wrong, said for the person who has to act. `kind` is closed so that callers can switch on it:
 * - usage: wrong arguments or settings (exit code 2)
 * - environment: this machine lacks something: a port, a model, a package (exit code 3)
 * - unreachable: an endpoint did not answer or could not be reached
 * - timeout: it answered too late
 * - refused: it answered no (wrong key, unknown model, over quota)
 * - garbled: it answered something that is not what the API promises
 * - cancelled: we stopped it ourselves
 * - internal: a fault of ours
 */
export type ErrorKind =
  'usage' | 'environment' | 'unreachable' | 'timeout' | 'refused' | 'garbled' | 'cancelled' | 'internal';

export interface ErrorDetails {
  /** What the person can do about it, one sentence. */
  readonly hint?: string;
  /** Whether the very same attempt may succeed if repeated. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class SidetoneError extends Error {
  override readonly name = 'SidetoneError';
  readonly kind: ErrorKind;
  readonly hint: string | null;
  readonly retryable: boolean;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.hint = details.hint ?? null;
    this.retryable = details.retryable ?? false;
  }
}

/** An error on its way between threads or to the window: what happened, what it means, what to do. */
export interface Problem {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string | null;
}

/** Anything thrown, to be sent. */
export function problemOf(error: unknown): Problem {
  if (error instanceof SidetoneError) return { kind: error.kind, message: error.message, hint: error.hint };
  return { kind: 'internal', message: explain(error), hint: null };
}

/** What was sent, to be thrown. */
export function errorOf({ kind, message, hint }: Problem): SidetoneError {
  return new SidetoneError(kind, message, hint === null ? {} : { hint });
}

/** Message of anything thrown, with the hint where there is one. */
export function explain(error: unknown): string {
  if (error instanceof SidetoneError) return error.hint ? `${error.message} (${error.hint})` : error.message;
  return error instanceof Error ? error.message : String(error);
}

/** For the default branch of a switch over a closed union: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new SidetoneError('internal', `unexpected value ${JSON.stringify(value)}`);
}
