import path from 'node:path';
import { startCallers, type CallerRun } from './caller.ts';
import { REPOSITORY } from './engine.ts';
import { sleep } from './sleep.ts';
import type { Scope } from '../base/scope.ts';

const CALLS_PER_SECOND = 80;
/** About as long as one turn with its answer and its pauses. */
const CYCLE_MS = 7000;
/** Turns of the demo's caller, those without a pause that could pass for their end. */
const SPEECH = ['1-book', '3-name', '4-correction', '5-goodbye'].map((name) =>
  path.join(REPOSITORY, 'bots/demo/caller', `${name}.wav`),
);

/** Many callers who each talk, wait, listen and think for a second, all at different points of that. */
export function startCrowd(port: number, calls: number, arrivals: boolean, scope: Scope): CallerRun {
  return startCallers(
    {
      kind: 'talk',
      host: '127.0.0.1',
      port,
      calls,
      startEveryMs: 1000 / CALLS_PER_SECOND,
      firstTurnWithinMs: CYCLE_MS,
      audio: SPEECH,
      turns: 1000,
      greeted: false,
      sharp: true,
      pauseMs: 1000,
      answerWithinMs: 5000,
      bargeInAfterMs: null,
      arrivals,
    },
    scope,
  );
}

/** Until all have called, and then `lastingMs` of everybody talking. */
export function crowdTalks(calls: number, lastingMs: number, scope: Scope): Promise<void> {
  return sleep(scope, (calls / CALLS_PER_SECOND) * 1000 + CYCLE_MS + lastingMs);
}
