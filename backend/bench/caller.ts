import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { callerResult, type CallerJob, type CallerRequest, type CallerResult } from './caller-job.ts';

const ENTRY = fileURLToPath(new URL('./caller-process.ts', import.meta.url));

export interface CallerRun {
  readonly result: Promise<CallerResult>;
  /** Its callers hang up; the result tells what was until then. */
  stop(): void;
}

/** Starts callers in a process of their own, gone when they are done or the scope closes. */
export function startCallers(job: CallerJob, scope: Scope): CallerRun {
  const child = fork(ENTRY, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const result = Promise.withResolvers<CallerResult>();
  // Who stops waiting for it has been told otherwise.
  result.promise.catch(() => undefined);
  const exited = Promise.withResolvers<void>();
  const tell = (request: CallerRequest): void => {
    if (child.connected) child.send(request);
  };
  child.once('message', (message) => result.resolve(callerResult.parse(message)));
  child.once('exit', (code) => {
    forget();
    exited.resolve();
    result.reject(
      new SidetoneError('internal', `the caller process ended without a result (exit code ${code})`),
    );
  });
  const forget = scope.defer(async () => {
    if (child.connected) child.disconnect();
    await exited.promise;
  });
  tell({ type: 'job', job });
  return { result: result.promise, stop: () => tell({ type: 'stop' }) };
}
