import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SidetoneError } from '../base/errors.ts';

export const REPOSITORY = path.resolve(import.meta.dirname, '../..');

export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8'))).version;

/** "HOST:PORT", "[IPv6]:PORT" or ":PORT". @throws SidetoneError 'usage' naming the flag. */
export function parseAddress(text: string, flag: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new SidetoneError('usage', `${flag} '${text}' is not HOST:PORT`, {
      hint: 'for example 0.0.0.0:10000',
    });
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}
