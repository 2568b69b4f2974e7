import { parentPort } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { Scope } from '../base/scope.ts';
import { Pacer, raiseThreadPriority } from '../rtp/pacer.ts';

/** Thread of pacing-test.ts: runs a pacer for a while and posts its deviation. */
const CALLS = 10;
const MEASURED_MS = 2000;

raiseThreadPriority();
const scope = new Scope();
const pacer = new Pacer(scope, systemClock, () => undefined);
for (let call = 0; call < CALLS; call += 1) {
  pacer.add({ intervalMs: 20, due: () => undefined, failed: () => undefined });
}
scope.after(MEASURED_MS, () => {
  const { deviation } = pacer;
  parentPort?.postMessage({
    p50: deviation.percentile(50),
    p99: deviation.percentile(99),
    max: deviation.max,
  });
  void scope.close();
});
