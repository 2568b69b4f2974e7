import path from 'node:path';
import { LATENCY_STAGES, type CallEvent } from '../contract/events.ts';
import { startCallers } from './caller.ts';
import type { CallerRun } from './caller.ts';
import type { BenchContext } from './context.ts';
import { REPOSITORY, startEngine } from './engine.ts';
import { startNullEngine } from './null-engine.ts';
import { spread } from './percentiles.ts';
import { makeWorkspace } from './workspace.ts';

const DEMO = path.join(REPOSITORY, 'bots/demo');
const TURNS = ['1-book', '2-when', '3-name', '4-correction', '5-goodbye'].map((name) =>
  path.join(DEMO, 'caller', `${name}.wav`),
);

/** The demo bot as it is, every model on this CPU: how long a caller waits for an answer. */
export async function embeddedBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const calls = quick ? 2 : 6;
  const workspace = await makeWorkspace(scope);
  const latencies: Extract<CallEvent, { type: 'latency' }>[] = [];
  const onEvent = (event: CallEvent): void => {
    if (event.type === 'latency') latencies.push(event);
  };
  const engine = await startEngine({ bot: DEMO, recordsDir: workspace, onEvent }, scope);
  const call = (port: number, turns: number): CallerRun =>
    startCallers(
      {
        kind: 'talk',
        host: '127.0.0.1',
        port,
        calls: 1,
        startEveryMs: 0,
        firstTurnWithinMs: 0,
        audio: TURNS,
        turns,
        greeted: true,
        sharp: false,
        pauseMs: 900,
        answerWithinMs: 15_000,
        bargeInAfterMs: null,
        arrivals: false,
      },
      scope,
    );
  const nothing = await startNullEngine({ waitMs: Infinity, answerMs: 0, interruptMs: Infinity }, scope);
  const listener = call(nothing.port, 0);

  const onTheWire: number[] = [];
  let missed = 0;
  let overlapped = 0;
  for (let index = 0; index < calls; index += 1) {
    say(`call ${index + 1} of ${calls}, ${TURNS.length} turns`);
    const heard = await call(engine.port, TURNS.length).result;
    onTheWire.push(...heard.latencies);
    missed += heard.missed;
    overlapped += heard.overlapped;
  }
  await engine.close();
  listener.stop();
  await listener.result;
  const { late } = await nothing.stop();

  const seconds = (values: readonly number[]): number[] => values.map((value) => value / 1000);
  const common = { bench: 'embedded', unit: 's', goal: null, control: null } as const;
  figure({
    ...common,
    name: 'end of speech to first audio, on the wire',
    measured: spread(seconds(onTheWire)),
    goal: { p50: 1, p95: 1.6 },
    control: {
      what: 'a bare setTimeout loop meanwhile: how late',
      ...late,
      p50: inSeconds(late.p50),
      p95: inSeconds(late.p95),
      p99: inSeconds(late.p99),
      max: inSeconds(late.max),
    },
    note: `${missed} turns unanswered, ${overlapped} spoken into`,
  });
  figure({
    ...common,
    name: 'the same, by the engine',
    measured: spread(seconds(latencies.map(({ total_ms }) => total_ms))),
  });
  for (const [stage, label] of LATENCY_STAGES) {
    figure({
      ...common,
      name: `  ${label}`,
      measured: spread(seconds(latencies.map(({ stages }) => stages[stage]))),
    });
  }
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
