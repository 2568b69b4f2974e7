import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLER } from '../support/bots.ts';
import { until } from '../support/until.ts';
import { overlap } from '../support/words.ts';
import { setVariables } from '../../backend/base/environment.ts';
import { chromiumSwitches } from '../../backend/bench/window-app.ts';
import { ROOT } from './support/app.ts';
import { entries } from './support/conversation.ts';

const MOST = 0.7;

let folder: string;
let binary: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sidetone-package-'));
  const builder = path.join(ROOT, 'node_modules', 'electron-builder', 'cli.js');
  const done = spawnSync(
    process.execPath,
    [
      builder,
      '--linux',
      'dir',
      '--publish',
      'never',
      '-c.electronDist=node_modules/electron/dist',
      `-c.directories.output=${folder}`,
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(done.status, done.stdout + done.stderr).toBe(0);
  binary = path.join(folder, 'linux-unpacked', 'sidetone');
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packaged app', () => {
  it('has its fuses as electron-builder.yml says', async () => {
    const {
      version: _version,
      resetAdHocDarwinSignature: _reset,
      strictlyRequireAllFuses: _all,
      ...wire
    } = await getCurrentFuseWire(binary);
    const of = (fuse: FuseV1Options): boolean => wire[fuse] === FuseState.ENABLE;
    expect(of(FuseV1Options.EnableCookieEncryption)).toBe(true);
    expect(of(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(false);
    expect(of(FuseV1Options.EnableNodeCliInspectArguments)).toBe(false);
    expect(of(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(true);
    expect(of(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true);
    expect(of(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(false);
  });

  it('carries no tests, benches or command line', () => {
    const own = namesIn(path.join(folder, 'linux-unpacked', 'resources', 'app.asar'));
    expect(own).toContain('electron/start.ts');
    expect(
      own.filter((name) =>
        /\.test\.ts$|fixtures|^backend\/(bench|cli)|^(e2e|docs|renderer|scripts)\//.test(name),
      ),
    ).toEqual([]);
  });

  it('starts, holds a demo call and ends with a whole record when it is told to', async () => {
    const data = path.join(folder, 'data');
    mkdirSync(data);
    writeFileSync(
      path.join(data, 'settings.yaml'),
      'listen: { host: 127.0.0.1, port: 0 }\ntour_done: true\nlanguage: en\n',
    );
    const app = spawn(
      binary,
      [...chromiumSwitches(true), '--remote-debugging-port=0', `--user-data-dir=${data}`],
      {
        env: { ...setVariables(process.env), SIDETONE_MODELS: path.join(ROOT, '.models') },
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    );
    const exited = new Promise<number | null>((resolve) => app.once('exit', (code) => resolve(code)));
    try {
      const browser = await chromium.connectOverCDP(await devTools(app));
      const page = await until('its page', () => browser.contexts()[0]?.pages()[0]);
      await page.getByRole('button', { name: 'Place a demo call' }).first().click();
      const heard = await until('the caller, answered', async () => {
        const said = await entries(page);
        const caller = said.findIndex(({ who }) => who === 'Caller');
        return said[caller + 1]?.who === 'Bot' ? said[caller]?.text : null;
      });
      expect(overlap(CALLER.book.words, heard), heard).toBeGreaterThanOrEqual(MOST);
      expect(existsSync(path.join(data, 'bots', 'demo', 'bot.yaml'))).toBe(true);
      await browser.close();
    } finally {
      app.kill('SIGTERM');
    }
    expect(await exited).toBe(0);
    const records = readdirSync(path.join(data, 'traces'));
    expect(records).toHaveLength(2);
    for (const record of records) {
      const manifest: unknown = JSON.parse(
        readFileSync(path.join(data, 'traces', record, 'manifest.json'), 'utf8'),
      );
      expect(manifest).toMatchObject({ state: 'complete' });
    }
  });
});

interface AsarFolder {
  readonly files: Readonly<Record<string, AsarFolder | object>>;
}

/** Paths in an asar archive, without those of node_modules: a Chromium pickle of a JSON text stands at its start. */
function namesIn(archive: string): string[] {
  const bytes = readFileSync(archive);
  const header: AsarFolder = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12)));
  const names = ({ files }: AsarFolder, under: string): string[] =>
    Object.entries(files).flatMap(([name, entry]) =>
      'files' in entry ? names(entry, `${under}${name}/`) : [`${under}${name}`],
    );
  return names(header, '').filter((name) => !name.startsWith('node_modules/'));
}

/** Where Chromium says that it can be talked to. */
function devTools(app: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  app.stderr?.on('data', (data) => {
    said += String(data);
    const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
    if (address !== undefined) resolve(address);
  });
  app.once('exit', (code) => reject(new Error(`the app ended with ${code}: ${said}`)));
  return promise;
}
