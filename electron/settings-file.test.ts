import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { appSettings } from '../backend/contract/app-settings.ts';
import { SettingsFile } from './settings-file.ts';

function file(text: string | null): string {
  const name = path.join(mkdtempSync(path.join(os.tmpdir(), 'sidetone-settings-')), 'settings.yaml');
  if (text !== null) writeFileSync(name, text);
  return name;
}

describe('SettingsFile', () => {
  it('starts from defaults and writes only what was changed', async () => {
    const name = file(null);
    const settings = await SettingsFile.open(name);
    expect(settings.settings).toEqual(appSettings.parse({}));
    await settings.change({ theme: 'dark', listen: { port: 10_002 } });
    expect(readFileSync(name, 'utf8')).toBe('theme: dark\nlisten:\n  port: 10002\n');
    expect((await SettingsFile.open(name)).settings.listen).toEqual({
      host: '0.0.0.0',
      port: 10_002,
      allow: [],
    });
  });

  it("keeps a person's comments, order and edits made meanwhile", async () => {
    const name = file('# ours\nlisten: { port: 10000 } # the PBX knows it\ntheme: light\n');
    const settings = await SettingsFile.open(name);
    writeFileSync(name, `${readFileSync(name, 'utf8')}language: ru\n`);
    const changed = await settings.change({ listen: { allow: ['10.0.0.0/8'] } });
    expect(changed.language).toBe('ru');
    const text = readFileSync(name, 'utf8');
    expect(text).toContain('# ours');
    expect(text).toContain('# the PBX knows it');
    expect(text).toContain('10.0.0.0/8');
  });

  it.each([
    ['a word for a number', 'listen: { port: ten }', 'listen.port'],
    ['an unknown key', 'lissten: { port: 1 }', 'lissten'],
    ['no YAML', 'listen: {{{', 'YAML'],
    ['another type altogether', '- 1\n- 2\n', ''],
  ])('leaves a file with %s alone and says what is wrong', async (_what, text, named) => {
    const name = file(text);
    const settings = await SettingsFile.open(name);
    expect(settings.settings).toEqual(appSettings.parse({}));
    expect(settings.problem).toContain(named);
    expect(settings.problem).toContain(name);
    await expect(settings.change({ theme: 'dark' })).rejects.toThrow('not saved');
    expect(readFileSync(name, 'utf8')).toBe(text);
  });

  it('says so when the file cannot be written, and changes nothing', async () => {
    const name = file('theme: light\n');
    const settings = await SettingsFile.open(name);
    // The folder goes away: also root cannot write there.
    rmSync(path.dirname(name), { recursive: true });
    await expect(settings.change({ theme: 'dark' })).rejects.toThrow('its folder is gone');
    expect(settings.settings.theme).not.toBe('dark');
  });
});
