import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readWav, type Sound } from '../audio/wav.ts';
import { ttsFile } from '../contract/trace.ts';
import type { FrozenStage } from '../contract/traces.ts';
import type { Trace } from '../trace/read.ts';

/** What the bot's voice produced in a call, by generation; those that cannot be read are missing. */
export async function readVoices(
  trace: Trace,
  freeze: readonly FrozenStage[],
): Promise<ReadonlyMap<number, Sound>> {
  const voices = new Map<number, Sound>();
  if (!freeze.includes('tts')) return voices;
  const generations = new Set(
    trace.events.filter((event) => event.type === 'tts.started').map(({ generation }) => generation),
  );
  for (const generation of generations) {
    try {
      voices.set(generation, readWav(await readFile(path.join(trace.dir, ttsFile(generation)))));
    } catch {
      // Its clauses are spoken anew, and the new trace says so.
    }
  }
  return voices;
}
