import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { botYamlReference, REFERENCE } from './docs-bot-yaml.ts';

it('docs/bot-yaml.md is what the schema says (npm run docs:bot-yaml)', async () => {
  expect(await readFile(REFERENCE, 'utf8')).toBe(await botYamlReference());
});
