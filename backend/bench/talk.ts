import type { Scope } from '../base/scope.ts';
import type { CallerResult, TalkJob } from './caller-job.ts';
import { spread } from './percentiles.ts';
import { Phone } from './phone.ts';
import { cutSharp, packetise, readSpeech, type Utterance } from './utterance.ts';
import { WireLine } from './wire-line.ts';

const PACKET_MS = 20;
/** Callers start in so many places within a packet's time, so that a crowd is no burst. */
const PLACES = 10;
/** Speech begins in one of so many places within a packet. */
const OFFSETS = [0, 120, 40, 100, 20, 140, 60, 80];

/** Its multiples fall evenly between 0 and 1, however many there are. */
const GOLDEN_RATIO = 0.618034;

interface Caller {
  readonly line: WireLine;
  readonly phone: Phone;
  readonly startsAt: number;
  dueAt: number;
  endedAt: number | null;
}

/** Carries out a job of callers that talk; ends when all have hung up, or at `stopped`. */
export async function talk(job: TalkJob, stopped: Promise<void>, scope: Scope): Promise<CallerResult> {
  const speeches = job.audio.map((file) => (job.sharp ? cutSharp(readSpeech(file)) : readSpeech(file)));
  const startsAt = performance.now() + 100;
  const callers: Caller[] = [];
  for (let index = 0; index < job.calls; index += 1) {
    callers.push(await openCaller(job, utterancesOf(speeches, index), index, startsAt));
  }
  scope.defer(() => callers.forEach(({ line }) => line.close()));

  const sendLate: number[] = [];
  const over = Promise.withResolvers<void>();
  let stop = false;
  void stopped.then(() => (stop = true));

  const serve = (): void => {
    let next = Infinity;
    for (const caller of callers) {
      if (caller.endedAt !== null) continue;
      const now = performance.now();
      if (caller.dueAt <= now) sendOne(caller, now, stop, sendLate);
      if (caller.endedAt === null && caller.dueAt < next) next = caller.dueAt;
    }
    if (next === Infinity) over.resolve();
    else scope.after(Math.max(0, next - performance.now()), serve);
  };
  serve();
  await over.promise;
  callers.forEach(({ line }) => line.close());
  return summary(callers, sendLate);
}

function sendOne(caller: Caller, now: number, stop: boolean, sendLate: number[]): void {
  const { line, phone } = caller;
  if (stop || phone.over) {
    // Stopped before its turn came: it never called.
    if (line.sent > 0) line.sayGoodbye();
    caller.endedAt = now;
    return;
  }
  sendLate.push(now - caller.dueAt);
  line.send(phone.speak(now));
  caller.dueAt += PACKET_MS;
}

async function openCaller(
  job: TalkJob,
  utterances: readonly Utterance[],
  index: number,
  base: number,
): Promise<Caller> {
  const startsAt = base + index * job.startEveryMs + ((index % PLACES) * PACKET_MS) / PLACES;
  const firstTurnAfterMs = ((index * GOLDEN_RATIO) % 1) * job.firstTurnWithinMs;
  const phone = new Phone({ ...job, utterances, firstTurnAfterMs }, startsAt);
  const caller: Caller = {
    phone,
    startsAt,
    dueAt: startsAt,
    endedAt: null,
    line: await WireLine.open(
      job.host,
      job.port,
      {
        heard: (bytes, from, to, now) => phone.hear(bytes, from, to, now),
        gone: () => (caller.endedAt ??= performance.now()),
      },
      job.arrivals,
    ),
  };
  caller.line.begin(index + 1);
  return caller;
}

/** Every speech in its turn, falling differently into packets each time. */
function utterancesOf(speeches: readonly Uint8Array[], caller: number): Utterance[] {
  const rounds = OFFSETS.length;
  return Array.from({ length: rounds * speeches.length }, (_, turn) => {
    const round = Math.floor(turn / speeches.length);
    return packetise(
      speeches[turn % speeches.length] ?? new Uint8Array(0),
      OFFSETS[(caller + round) % rounds] ?? 0,
    );
  });
}

function summary(callers: readonly Caller[], sendLate: readonly number[]): CallerResult {
  const now = performance.now();
  const called = callers.filter(({ line }) => line.sent > 0);
  const sum = (of: (caller: Caller) => number): number =>
    called.reduce((total, caller) => total + of(caller), 0);
  return {
    calls: called.length,
    unanswered: called.filter(({ line }) => line.received === 0).length,
    callSeconds: sum(({ startsAt, endedAt }) => ((endedAt ?? now) - startsAt) / 1000),
    sent: sum(({ line }) => line.sent),
    received: sum(({ line }) => line.received),
    lost: sum(({ line }) => line.lost),
    unsent: sum(({ line }) => line.unsent),
    latencies: called.flatMap(({ phone }) => phone.log.latencies),
    missed: sum(({ phone }) => phone.log.missed),
    overlapped: sum(({ phone }) => phone.log.overlapped),
    stops: called.flatMap(({ phone }) => phone.log.stops),
    unstopped: sum(({ phone }) => phone.log.unstopped),
    arrivals: spread(called.flatMap(({ line }) => line.arrivalsLate())),
    sendLate: spread(sendLate),
  };
}
