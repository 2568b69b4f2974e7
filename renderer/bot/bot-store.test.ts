import { describe, expect, test } from 'vitest';
import { botSettings } from '../../backend/contract/settings.ts';
import type { BotView } from '../../backend/contract/window.ts';
import { otherBot } from './bot-store.ts';

const answering: BotView = {
  dir: '/bots/demo',
  settings: botSettings.parse({ name: 'harbor' }),
  prompt: { file: 'prompt.md', inUse: '', onDisk: '' },
  voices: [],
  embeddedVoices: [],
  problem: null,
  undo: null,
};
const bots = [
  { dir: '/bots/demo', name: 'harbor' },
  { dir: '/bots/ru', name: 'receptionist' },
];

describe('the bot of a call', () => {
  test.each([
    [null, null],
    ['script', null],
    ['person', null],
    ['harbor', null],
    ['receptionist', '/bots/ru'],
    ['gone', null],
  ])('party %s: %s', (party, dir) => {
    expect(otherBot(party, answering, bots)).toBe(dir);
  });
});
