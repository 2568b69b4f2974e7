import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { withDotEnv } from '../bot/folder.ts';
import { frozenStages, type FrozenStage, type ReplayResult } from '../contract/traces.ts';
import { Host } from '../host/host.ts';
import { modelsDirectory } from '../models/directory.ts';
import { replayTrace } from '../replay/replay.ts';
import { interrupted } from './interrupt.ts';
import { VERSION } from './paths.ts';
import { replayReport } from './replay-report.ts';
import { withTrace } from './trace-target.ts';

interface ReplayCommandOptions {
  readonly bot?: string;
  readonly freeze?: string;
  readonly repeat: number;
  readonly pace: 'original' | 'conversation';
  readonly traces: string;
  readonly maxLatency?: number;
  readonly maxSlower?: number;
  readonly sameText?: true;
  readonly json?: true;
}

/** `sidetone replay`: the recorded caller calls again; exit code 1 when a limit was exceeded. */
export async function replay(target: string, options: ReplayCommandOptions): Promise<void> {
  const freeze = stagesOf(options.freeze);
  if (options.repeat < 1) throw new SidetoneError('usage', '--repeat must be at least 1');
  const tracesDir = path.resolve(options.traces);
  const env = await withDotEnv(process.cwd(), process.env);
  const stop = interrupted();
  const abort = new AbortController();
  void stop.promise.then(() => abort.abort());
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    const result = await withTrace(target, tracesDir, (trace) => {
      note(`replaying ${trace}`);
      return replayTrace(
        {
          trace,
          bot: options.bot === undefined ? null : path.resolve(options.bot),
          freeze,
          repeat: options.repeat,
          pace: options.pace,
        },
        {
          limits: {
            maxLatencyMs: options.maxLatency ?? null,
            maxSlowerMs: options.maxSlower ?? null,
            sameText: options.sameText ?? false,
          },
          tracesDir,
          startHost: (onEvent) =>
            Host.start({
              modelsDir: modelsDirectory(),
              recordsDir: tracesDir,
              version: VERSION,
              workers: 1,
              env,
              onEvent,
            }),
          onProgress: (done, of) => note(`replay ${done} of ${of} is over`),
          signal: abort.signal,
        },
      );
    });
    print(result, options.json === true, tracesDir);
    if (result.verdict === 'fail') process.exitCode = 1;
  } finally {
    stop.dispose();
  }
}

function print(result: ReplayResult, asJson: boolean, tracesDir: string): void {
  process.stdout.write(asJson ? `${JSON.stringify(result)}\n` : replayReport(result, tracesDir));
}

function stagesOf(list: string | undefined): readonly FrozenStage[] {
  const names = (list ?? '').split(',').filter((name) => name !== '');
  const stages = frozenStages.safeParse(names);
  if (stages.success) return stages.data;
  throw new SidetoneError('usage', `--freeze ${list}: not stages that can be frozen`, {
    hint: 'give some of stt,llm,tts',
  });
}
