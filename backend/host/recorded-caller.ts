import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import type { ScriptParty } from '../contract/host.ts';

/**
 * The caller whose turns lie as WAV files in a bot's `caller` folder, in the order of their names.
 * @throws SidetoneError 'environment' when there are none.
 */
export async function recordedCaller(botDir: string): Promise<ScriptParty> {
  const folder = path.join(botDir, 'caller');
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.wav')).toSorted();
  if (files.length === 0) {
    throw new SidetoneError('environment', `no recordings of a caller in ${folder}`, {
      hint: "put WAV files there, one for each of the caller's turns",
    });
  }
  return {
    kind: 'script',
    audio: files.map((name) => path.join(folder, name)),
    barge_in_ms: null,
    listen: false,
  };
}
