import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';

export interface Patience {
  /** Until the first byte of an answer. */
  readonly answerMs: number;
  /** Between two bytes of it. */
  readonly stallMs: number;
}

/**
 * Downloads `url` to `part`, going on where an earlier attempt stopped (RFC 9110 section 14, Range).
 * @throws SidetoneError 'timeout' or 'unreachable'; what has come stays in `part` for the next attempt.
 */
export async function download(
  url: string,
  part: string,
  bytes: number,
  options: { patience: Patience; signal: AbortSignal; onBytes: (received: number) => void },
): Promise<void> {
  const { patience, signal, onBytes } = options;
  await using scope = new Scope();
  const quiet = new AbortController();
  let forget = scope.after(patience.answerMs, () => quiet.abort(silence('no answer', patience.answerMs)));
  const heard = (): void => {
    forget();
    forget = scope.after(patience.stallMs, () =>
      quiet.abort(silence('stalled: nothing came', patience.stallMs)),
    );
  };

  let have = await sizeOf(part);
  if (have >= bytes) {
    await rm(part, { force: true });
    have = 0;
  }
  const any = AbortSignal.any([signal, quiet.signal]);
  try {
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const answer = await fetch(url, { headers, signal: any });
    heard();
    const goesOn = answer.status === 206 && answer.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    if (!answer.ok || !answer.body || (answer.status === 206 && !goesOn)) {
      await answer.body?.cancel();
      throw new SidetoneError('unreachable', `HTTP status ${answer.status}`);
    }
    let received = goesOn ? have : 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        heard();
        received += chunk.length;
        onBytes(received);
        // A server that sends for ever must not fill the disk.
        done(received > bytes ? new SidetoneError('garbled', `more than ${bytes} bytes came`) : null, chunk);
      },
    });
    const file = createWriteStream(part, { flags: goesOn ? 'a' : 'w' });
    await pipeline(Readable.fromWeb(answer.body), counter, file, { signal: any });
  } catch (error) {
    signal.throwIfAborted();
    if (quiet.signal.reason instanceof SidetoneError) throw quiet.signal.reason;
    if (error instanceof SidetoneError) throw error;
    throw new SidetoneError('unreachable', reasonOf(error), { cause: error });
  }
}

/**
 * Asks each host once, all at the same time, whether it answers at all.
 * @returns why not, by host, for those that do not.
 */
export async function silentHosts(
  urls: readonly string[],
  patience: Patience,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const byHost = new Map(urls.map((url) => [new URL(url).host, url]));
  const silent = new Map<string, string>();
  const ask = async (host: string, url: string): Promise<void> => {
    await using scope = new Scope();
    const quiet = new AbortController();
    scope.after(patience.answerMs, () => quiet.abort(silence('no answer', patience.answerMs)));
    try {
      await fetch(url, {
        method: 'HEAD',
        redirect: 'manual',
        signal: AbortSignal.any([signal, quiet.signal]),
      });
    } catch (error) {
      signal.throwIfAborted();
      silent.set(host, quiet.signal.aborted ? reasonOf(quiet.signal.reason) : reasonOf(error));
    }
  };
  await Promise.all([...byHost].map(([host, url]) => ask(host, url)));
  return silent;
}

function silence(what: string, ms: number): SidetoneError {
  return new SidetoneError('timeout', `${what} within ${ms / 1000} s`);
}

/** fetch() says only "fetch failed"; the reason is inside. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return error.cause.message || error.message;
  return error instanceof Error ? error.message : String(error);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}
