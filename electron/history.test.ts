import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scope } from '../backend/base/scope.ts';
import type { LineView } from '../backend/contract/sip.ts';
import { anEndedLine } from './fixtures/lines.ts';
import { History, MAX_CALLS } from './history.ts';

const folder = (): string => mkdtempSync(path.join(os.tmpdir(), 'sidetone-history-'));
const inFile = (text: string): string => {
  const file = path.join(folder(), 'history.json');
  writeFileSync(file, text);
  return file;
};

const line = (call: string, missed = false): LineView => anEndedLine(call, { missed });

function open(file: string): { history: History; scope: Scope; troubles: unknown[] } {
  const scope = new Scope();
  const troubles: unknown[] = [];
  const history = new History({ file, scope, onTrouble: (error) => troubles.push(error) });
  return { history, scope, troubles };
}

const ids = ({ calls }: History): string[] => calls.map(({ line: { call } }) => call);

describe('History', () => {
  it('keeps calls, newest first, from one start of the app to the next', async () => {
    const file = path.join(folder(), 'history.json');
    const first = open(file);
    first.history.add(line('a'), 'a');
    first.history.add(line('b', true), null);
    await first.scope.close();
    const { history } = open(file);
    expect(history.calls).toEqual([
      { line: line('b', true), trace: null, seen: false },
      { line: line('a'), trace: 'a', seen: true },
    ]);
    expect(history.missed).toBe(1);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps so many calls and no more, each once', () => {
    const { history } = open(path.join(folder(), 'history.json'));
    for (let index = 0; index < MAX_CALLS + 5; index += 1) history.add(line(`call-${index}`), null);
    history.add(line('call-100', true), null);
    expect(history.calls).toHaveLength(MAX_CALLS);
    expect(ids(history)[0]).toBe('call-100');
    expect(ids(history).at(-1)).toBe('call-5');
    expect(ids(history).filter((call) => call === 'call-100')).toHaveLength(1);
  });

  it('forgets what was seen as missed, one call, or all', () => {
    const { history } = open(path.join(folder(), 'history.json'));
    for (const call of ['a', 'b', 'c']) history.add(line(call, true), null);
    history.see();
    expect(history.missed).toBe(0);
    history.clear('b');
    expect(ids(history)).toEqual(['c', 'a']);
    history.clear(null);
    expect(history.calls).toEqual([]);
  });

  it('follows the records that appear and go', () => {
    const { history } = open(path.join(folder(), 'history.json'));
    history.add(line('a'), 'a');
    history.add(line('b'), null);
    expect(history.recorded('b', 'b')).toBe(true);
    expect(history.recorded('b', 'b')).toBe(false);
    expect(history.recorded('someone else', null)).toBe(false);
    history.useRecords(new Set(['b', 'c']));
    expect(history.calls.map(({ trace }) => trace)).toEqual(['b', null]);
  });

  it('keeps the calls that can be read, whatever else is in the file', () => {
    const good = { line: line('a'), trace: null, seen: true };
    const bad = [null, 7, {}, { ...good, line: { ...line('b'), call: '../../b' } }, { ...good, seen: 'yes' }];
    const { history } = open(inFile(JSON.stringify({ version: 1, calls: [...bad, good] })));
    expect(history.calls).toEqual([good]);
  });

  it.each([
    ['half a file', '{"version":1,"cal'],
    ['another file', '[]'],
    ['a newer version', '{"version":2,"calls":{}}'],
    ['an empty file', ''],
  ])('sets %s aside and begins anew', (_what, text) => {
    const file = inFile(text);
    const { history } = open(file);
    expect(history.calls).toEqual([]);
    expect(readFileSync(`${file}.broken`, 'utf8')).toBe(text);
    expect(existsSync(file)).toBe(false);
  });

  it('says when it cannot be written, and is written with the next call that can', async () => {
    const dir = folder();
    const file = path.join(dir, 'deep', 'history.json');
    const { history, scope, troubles } = open(file);
    history.add(line('a'), null);
    await scope.close();
    expect(String(troubles[0])).toContain('its folder is gone');
    mkdirSync(path.dirname(file));
    const later = open(file);
    later.history.add(line('b'), null);
    await later.scope.close();
    expect(existsSync(file)).toBe(true);
    rmSync(dir, { recursive: true });
  });
});
