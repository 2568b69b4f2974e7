import { startCallers } from './caller.ts';
import type { CallerResult } from './caller-job.ts';
import type { BenchContext } from './context.ts';
import { SHORT_SPEECH, startEngine } from './engine.ts';
import { startNullEngine } from './null-engine.ts';
import { spread } from './percentiles.ts';
import { startStubProcess, STUB_SUM_MS } from './stub-process.ts';
import { makeWorkspace, writeBot } from './workspace.ts';

const MIN_SILENCE_MS = 200;
const INTERRUPT_MIN_MS = 300;
const SPEAK_OVER_AFTER_MS = 700;
const CALLERS = 4;
/** One word is one tone without a gap (providers/tones.ts), so that its last voiced sample is where it was stopped. */
const LONG_WORD = `A${'a'.repeat(80)}.`;
const ANSWER_MS = 5000;

/** How long the bot speaks on when it is spoken over, beyond the time that it is meant to. */
export async function bargeInBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const turns = (quick ? 20 : 100) / CALLERS;
  const workspace = await makeWorkspace(scope);
  const talk = (port: number): Promise<CallerResult> =>
    startCallers(
      {
        kind: 'talk',
        host: '127.0.0.1',
        port,
        calls: CALLERS,
        startEveryMs: 733,
        firstTurnWithinMs: 0,
        audio: [SHORT_SPEECH],
        // The first is answered, all others are said over the answer to the one before.
        turns: turns + 1,
        greeted: false,
        sharp: true,
        pauseMs: 500,
        answerWithinMs: 5000,
        bargeInAfterMs: SPEAK_OVER_AFTER_MS,
        arrivals: false,
      },
      scope,
    ).result;
  const beyond = ({ stops }: CallerResult): number[] => stops.map((stop) => stop - INTERRUPT_MIN_MS);

  say('an engine that only waits');
  const nothing = await startNullEngine(
    { waitMs: MIN_SILENCE_MS + STUB_SUM_MS, answerMs: ANSWER_MS, interruptMs: INTERRUPT_MIN_MS },
    scope,
  );
  const control = { what: 'an engine that only waits', ...spread(beyond(await talk(nothing.port))) };
  await nothing.stop();

  say('the engine');
  const base_url = await startStubProcess(LONG_WORD, scope);
  const endpoint = { provider: 'openai', model: 'stub', base_url } as const;
  const bot = await writeBot(workspace, {
    name: 'barge-in',
    stt: endpoint,
    llm: endpoint,
    tts: endpoint,
    voice: { name: 'stub' },
    turn: { min_silence_ms: MIN_SILENCE_MS, completeness: 'off', interrupt_min_ms: INTERRUPT_MIN_MS },
  });
  const engine = await startEngine({ bot, recordsDir: workspace }, scope);
  const result = await talk(engine.port);
  await engine.close();
  figure({
    bench: 'barge-in',
    name: 'still heard beyond interrupt_min_ms',
    unit: 'ms',
    measured: spread(beyond(result)),
    goal: { p50: 25, p95: 40 },
    control,
    note:
      `first voiced sample said to last voiced sample heard, minus ${INTERRUPT_MIN_MS} ms; ` +
      `${result.unstopped} of ${result.stops.length + result.unstopped} did not stop the bot, ` +
      `${result.missed} turns unanswered`,
  });
}
