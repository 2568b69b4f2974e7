import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWindowState, writeWindowState } from './window-state.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const file = (): string => path.join(mkdtempSync(path.join(os.tmpdir(), 'sidetone-state-')), 'window.json');

describe('window state', () => {
  it('comes back as it was kept', () => {
    const name = file();
    const state = { x: 100, y: 50, width: 1200, height: 800, maximized: true };
    writeWindowState(name, state);
    expect(readWindowState(name, [screen])).toEqual(state);
  });

  it.each([
    ['on a screen that is gone', { x: 3000, y: 50, width: 1200, height: 800, maximized: false }],
    ['with its title bar above the screen', { x: 0, y: -500, width: 1200, height: 800, maximized: false }],
    ['too small to use', { x: 0, y: 0, width: 20, height: 10, maximized: false }],
    ['nonsense', 'x'],
  ])('is not taken when %s', (_what, state) => {
    const name = file();
    writeFileSync(name, JSON.stringify(state));
    expect(readWindowState(name, [screen])).toBeNull();
  });

  it('is null where there is none', () => {
    expect(readWindowState(file(), [screen])).toBeNull();
  });
});
