import { startCallers } from './caller.ts';
import type { CallerResult, TalkJob } from './caller-job.ts';
import type { BenchContext } from './context.ts';
import { SHORT_SPEECH, startEngine } from './engine.ts';
import { startNullEngine } from './null-engine.ts';
import { spread } from './percentiles.ts';
import { measureStubs, startStubProcess, STUB_SUM_MS } from './stub-process.ts';
import { makeWorkspace, writeBot } from './workspace.ts';

const MIN_SILENCE_MS = 200;
const GOAL = { p50: 30, p95: 45 };
/** Callers at once, each on its own phase of everybody's grid: nobody hears the others, and it takes less time. */
const CALLERS = 4;
/** More follows the first sentence, so that an engine which waits for the next word is seen to. */
const REPLY = 'Of course. When?';

/** What the engine adds to a turn beyond the configured wait and the endpoints' own delays. */
export async function turnBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const turns = quick ? 20 : 100;
  const workspace = await makeWorkspace(scope);
  const base_url = await startStubProcess(REPLY, scope);
  const measuredStubs = await measureStubs(base_url, 10, scope);
  const talk = (port: number): Promise<CallerResult> =>
    startCallers({ ...JOB, port, turns: turns / CALLERS }, scope).result;
  // The stubs keep their delays to a fraction of a millisecond; what HTTP adds to them is the engine's to bear.
  const own = ({ latencies }: CallerResult): number[] =>
    latencies.map((latency) => latency - MIN_SILENCE_MS - STUB_SUM_MS);

  say(`an engine that only waits, ${turns} turns`);
  const nothing = await startNullEngine(
    { waitMs: MIN_SILENCE_MS + STUB_SUM_MS, answerMs: 900, interruptMs: Infinity },
    scope,
  );
  const control = { what: 'an engine that only waits', ...spread(own(await talk(nothing.port))) };
  await nothing.stop();

  for (const speculate of [false, true]) {
    say(`the engine, speculate: ${speculate}, ${turns} turns`);
    const endpoint = { provider: 'openai', model: 'stub', base_url } as const;
    const bot = await writeBot(workspace, {
      name: `speculate-${speculate}`,
      stt: endpoint,
      llm: endpoint,
      tts: endpoint,
      voice: { name: 'stub' },
      turn: { min_silence_ms: MIN_SILENCE_MS, completeness: 'off', speculate },
    });
    const engine = await startEngine({ bot, recordsDir: workspace }, scope);
    const result = await talk(engine.port);
    const { cpuSeconds } = await engine.report();
    await engine.close();
    figure({
      bench: 'turn',
      name: speculate ? 'added latency as shipped (speculate: true)' : 'added latency (speculate: false)',
      unit: 'ms',
      measured: spread(own(result)),
      goal: GOAL,
      control,
      note:
        `voice to voice on the wire minus ${MIN_SILENCE_MS} ms of wait and ${STUB_SUM_MS} ms of stubs ` +
        `(${measuredStubs.toFixed(1)} as a bare HTTP client sees them); ${CALLERS} callers at once, ` +
        `${(cpuSeconds / result.callSeconds).toFixed(4)} CPU s per call-second; ` +
        `${result.missed} turns unanswered, ${result.overlapped} spoken into, ${result.lost} packets lost`,
    });
  }
}

const JOB: Omit<TalkJob, 'port'> = {
  kind: 'talk',
  host: '127.0.0.1',
  calls: CALLERS,
  // Spread over a turn.
  startEveryMs: 733,
  firstTurnWithinMs: 0,
  audio: [SHORT_SPEECH],
  turns: 0,
  greeted: false,
  sharp: true,
  pauseMs: 500,
  answerWithinMs: 5000,
  bargeInAfterMs: null,
  arrivals: false,
};
