import { expect, test } from 'vitest';
import { withoutFolder } from './files.ts';

test.each([
  [
    '/bots/demo/bot.yaml:6:1: prompt: /bots/demo/prompt.md: gone',
    '/bots/demo',
    'bot.yaml:6:1: prompt: prompt.md: gone',
  ],
  ['C:\\bots\\demo\\bot.yaml:2:3: no', 'C:\\bots\\demo', 'bot.yaml:2:3: no'],
  ['/elsewhere/prompt.md: gone', '/bots/demo', '/elsewhere/prompt.md: gone'],
])('%s', (message, dir, shown) => {
  expect(withoutFolder(message, dir)).toBe(shown);
});
