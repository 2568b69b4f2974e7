import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CheckedYaml } from '../backend/base/checked-yaml.ts';
import { accountsFile } from '../backend/contract/sip.ts';
import { accountsYamlReference, REFERENCE } from './docs-accounts-yaml.ts';

it('docs/accounts-yaml.md is what the schema says (node scripts/docs-accounts-yaml.ts)', async () => {
  expect(await readFile(REFERENCE, 'utf8')).toBe(await accountsYamlReference());
});

it.each(['accounts-yaml', 'sip', 'asterisk'])(
  'every accounts.yaml in docs/%s.md can be used',
  async (page) => {
    const text = await readFile(new URL(`../docs/${page}.md`, import.meta.url), 'utf8');
    const files = [...text.matchAll(/```yaml\n(accounts:[\s\S]*?)```/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const yaml = new CheckedYaml(`${page}.md`, file);
      yaml.read(accountsFile);
      expect(() => yaml.throwIfWrong()).not.toThrow();
    }
  },
);
