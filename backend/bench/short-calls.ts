import type { Scope } from '../base/scope.ts';
import type { CallerResult, ShortJob } from './caller-job.ts';
import { spread } from './percentiles.ts';
import { WireLine } from './wire-line.ts';

const PACKET_MS = 20;
/** Lines that call again and again. A call's place is free again long before its line has come round. */
const LINES = 100;

/** Carries out a job of callers that hang up at once. */
export async function makeShortCalls(job: ShortJob, scope: Scope): Promise<CallerResult> {
  const lines: WireLine[] = [];
  for (let index = 0; index < Math.min(LINES, job.calls); index += 1) {
    lines.push(
      await WireLine.open(job.host, job.port, { heard: () => undefined, gone: () => undefined }, false),
    );
  }
  scope.defer(() => lines.forEach((line) => line.close()));
  const everyMs = 1000 / job.perSecond;
  const beganAt = performance.now();
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void scope.after(ms, resolve));
  let unanswered = 0;
  const callOn = async (line: WireLine, call: number): Promise<void> => {
    const before = line.received;
    line.begin(call + 1);
    for (let packet = 0; packet < job.packets; packet += 1) {
      line.send(null);
      await sleep(PACKET_MS);
    }
    line.sayGoodbye();
    if (line.received === before) unanswered += 1;
  };

  const calls: Promise<void>[] = [];
  for (let call = 0; call < job.calls; call += 1) {
    await sleep(Math.max(0, beganAt + call * everyMs - performance.now()));
    const line = lines[call % lines.length];
    if (line) calls.push(callOn(line, call));
  }
  await Promise.all(calls);
  lines.forEach((line) => line.close());
  const sum = (of: (line: WireLine) => number): number => lines.reduce((total, line) => total + of(line), 0);
  return {
    calls: calls.length,
    unanswered,
    callSeconds: (calls.length * job.packets * PACKET_MS) / 1000,
    sent: sum((line) => line.sent),
    received: sum((line) => line.received),
    lost: sum((line) => line.lost),
    unsent: sum((line) => line.unsent),
    latencies: [],
    missed: 0,
    overlapped: 0,
    stops: [],
    unstopped: 0,
    arrivals: spread([]),
    sendLate: spread([]),
  };
}
