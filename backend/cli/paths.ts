import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

export const REPOSITORY = path.resolve(import.meta.dirname, '../..');

export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8'))).version;
