import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { Scope } from '../base/scope.ts';
import type { botSettings } from '../contract/settings.ts';

/** A folder of a bench's own, deleted when the scope closes. */
export async function makeWorkspace(scope: Scope): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-bench-'));
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

type BotYaml = z.input<typeof botSettings>;

/** Folder of a bot that does nothing by itself: no greeting, no idle prompts while a bench runs. */
export async function writeBot(workspace: string, settings: BotYaml): Promise<string> {
  const dir = path.join(workspace, settings.name ?? 'bot');
  const quiet: BotYaml = { ...settings, turn: { idle_ms: 600_000, ...settings.turn } };
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'bot.yaml'), stringify(quiet));
  await writeFile(path.join(dir, 'prompt.md'), 'You are on the telephone. Answer in one short sentence.\n');
  return dir;
}

/** Wait for the end of a turn of bots with scripted providers, ms. */
export const SCRIPTED_WAIT_MS = 200;
/** What scripted providers take to a first audio: STT 100, a first clause of five tokens 150 + 4 x 15, TTS 100. */
export const SCRIPTED_SUM_MS = 410;

/** A bot whose providers cost next to nothing: what is left is the engine. */
export function writeScriptedBot(workspace: string): Promise<string> {
  return writeBot(workspace, {
    name: 'scripted',
    stt: { provider: 'scripted' },
    llm: { provider: 'scripted' },
    tts: { provider: 'scripted' },
    turn: { min_silence_ms: SCRIPTED_WAIT_MS, completeness: 'off', speculate: false },
  });
}
