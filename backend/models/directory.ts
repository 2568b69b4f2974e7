import { existsSync } from 'node:fs';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';

/** Where embedded models lie: SIDETONE_MODELS, or `.models/` in the repository. */
export function modelsDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env['SIDETONE_MODELS'] || path.resolve(import.meta.dirname, '../../.models');
}

/** What to type to get a model. */
export function pullHint(model: string): string {
  return `run: npm run -s sidetone -- models pull ${model}`;
}

/**
 * Path of an installed model's file.
 * @throws SidetoneError 'environment' when it is not there, with what to run.
 */
export function modelFile(modelsDir: string, model: string, file: string): string {
  const full = path.join(modelsDir, model, file);
  if (existsSync(full)) return full;
  throw new SidetoneError('environment', `the model ${model} is not installed`, { hint: pullHint(model) });
}
