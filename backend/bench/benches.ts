import { SidetoneError } from '../base/errors.ts';
import { audioPathBench } from './audio-path.ts';
import { bargeInBench } from './barge-in.ts';
import type { BenchContext } from './context.ts';
import { embeddedBench } from './embedded.ts';
import { loadBench } from './load.ts';
import { memoryBench } from './memory.ts';
import { pacingBench } from './pacing.ts';
import { recordBench } from './record.ts';
import { sipLossBench } from './sip-loss.ts';
import { sipRateBench } from './sip-rate.ts';
import { traceBench } from './trace.ts';
import { turnBench } from './turn.ts';
import { windowBench } from './window.ts';

type Bench = (context: BenchContext) => Promise<void>;

export const BENCHES: Readonly<Record<string, Bench>> = {
  turn: turnBench,
  pacing: pacingBench,
  load: loadBench,
  'barge-in': bargeInBench,
  embedded: embeddedBench,
  memory: memoryBench,
  record: recordBench,
  window: windowBench,
  trace: traceBench,
  'audio-path': audioPathBench,
  'sip-loss': sipLossBench,
  'sip-rate': sipRateBench,
};

/** @throws SidetoneError 'usage' naming the benches there are */
export function benchNamed(name: string): Bench {
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench) return bench;
  throw new SidetoneError('usage', `there is no bench '${name}'`, {
    hint: `there are ${Object.keys(BENCHES).join(', ')}`,
  });
}
