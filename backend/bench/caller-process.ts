import { unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { callerRequest, type CallerJob, type CallerResult } from './caller-job.ts';
import { makeShortCalls } from './short-calls.ts';
import { talk } from './talk.ts';

/** Entry of the caller process: many callers in one thread of its own, light enough to leave the engine its core. */

const scope = new Scope();

function carryOut(job: CallerJob): Promise<CallerResult> {
  switch (job.kind) {
    case 'talk':
      return talk(job, stopped.promise, scope);
    case 'short':
      return makeShortCalls(job, scope);
    default:
      return unreachable(job);
  }
}

const stopped = Promise.withResolvers<void>();
process.on('message', (message) => {
  const request = callerRequest.parse(message);
  if (request.type === 'stop') {
    stopped.resolve();
    return;
  }
  void carryOut(request.job).then((result) => process.send?.(result, () => process.disconnect()));
});
// Gone with whoever started it; Ctrl-C reaches the whole group, and it is that one who says when to end.
process.on('disconnect', () => void scope.close().then(() => process.exit(0)));
process.on('SIGINT', () => undefined);
