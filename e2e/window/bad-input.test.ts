import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountSettings } from '../../backend/contract/sip.ts';
import { modelsDirectory } from '../../backend/models/directory.ts';
import { CALLER, speech } from '../support/bots.ts';
import { Phone } from '../support/phone.ts';
import { until } from '../support/until.ts';
import { App } from './support/app.ts';
import type { CallRecord } from './support/record.ts';

describe('while a call goes on', () => {
  let app: App;
  let phone: Phone;
  let record: CallRecord;
  beforeAll(async () => {
    app = await App.open();
    phone = await Phone.call(await app.port());
    record = await app.record('harbor-dental');
    await record.event('bot.said');
  }, 90_000);
  afterAll(async () => {
    expect(record.all('call.ended')).toEqual([]);
    expect(app.pageErrors).toEqual([]);
    await phone[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  });

  it('a prompt that is deleted is missed in words, still used, and written anew when applied', async () => {
    const file = path.join(app.bot, 'prompt.md');
    const text = readFileSync(file, 'utf8');
    await app.page.getByRole('tab', { name: 'Bot' }).click();
    rmSync(file);
    await app.page.getByText('The file is gone.').waitFor();
    await phone.say(speech(CALLER.book));
    await record.event('bot.said', ({ generation, heard }) => generation > 1 && heard !== '');
    await app.page.getByRole('button', { name: /^Apply from next answer/ }).click();
    await app.page.getByText('The file is gone.').waitFor({ state: 'hidden' });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('a WAV of 2 GB is refused before it is read', async () => {
    const file = path.join(app.dir, 'huge.wav');
    writeFileSync(file, 'RIFF');
    truncateSync(file, 2 ** 31);
    await app.page.getByRole('tab', { name: 'Voice' }).click();
    await app.page.locator('input[type=file]').setInputFiles(file);
    await app.page.getByText('The file is too large: 2048 MB, at most 64 MB.').waitFor();
    rmSync(file);
  });

  it('an endpoint that hangs is given up, and the window is of use meanwhile', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : null;
      await app.page.keyboard.press('Control+,');
      await app.page
        .getByRole('button', { name: 'Endpoints' })
        .or(app.page.getByRole('tab', { name: 'Endpoints' }))
        .click();
      const card = app.page.getByRole('region', { name: 'Language model' });
      await card.getByLabel('Provider').selectOption('openai');
      await card.getByLabel('Base URL').fill(`http://127.0.0.1:${port}/v1`);
      await card.getByRole('textbox', { name: 'Model' }).fill('slow');
      await card.getByLabel('Longest wait, s').fill('0.6');
      await card.getByRole('button', { name: 'Test' }).click();
      await app.page.keyboard.press('Control+k');
      await app.page.getByRole('combobox', { name: 'Command palette' }).waitFor();
      await app.page.keyboard.press('Escape');
      await card.getByText(/0\.6 s|600 ms/).waitFor();
    } finally {
      server.close();
    }
  });

  it('a page that has gone astray gets nothing', async () => {
    for (const [command, request] of [
      ['call.hang_up', null],
      ['call.hang_up', { call: '../../etc' }],
      ['call.hang_up', { call: record.id, extra: 1 }],
      ['bot.open', { bot: '/etc' }],
      ['bot.set', { bot: app.bot, path: ['__proto__'], value: { a: 1 } }],
      ['voice.preview', { bot: app.bot, voice: '../../../../etc/passwd' }],
      ['link.open', { url: 'file:///etc/passwd' }],
      ['link.open', { url: 'https://example.com/' }],
      ['constructor', null],
      [42, null],
    ] as const) {
      const reply = await app.askAnything(command, request);
      expect(reply.ok, JSON.stringify([command, request])).toBe(false);
    }
  });

  it('no other page gets into the window, and no other window opens', async () => {
    const address = app.page.url();
    await app.page.evaluate(() => {
      location.href = 'https://example.com/';
      window.open('https://example.com/');
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com/';
      document.body.append(frame);
    });
    await until('the frame to be refused', () =>
      app.pageErrors.some((error) => error.includes('Content Security Policy')),
    );
    expect(app.page.url()).toBe(address);
    expect(app.electron.windows()).toHaveLength(1);
    // These were asked for.
    app.pageErrors.length = 0;
  });
});

describe('settings.yaml', () => {
  it('made into nonsense by hand, is left as it is, and the window says where and goes on with defaults', async () => {
    const written = 'listen: { port: ten }\nlissten: {}\n';
    await using app = await App.open({ wholeSettings: written });
    const notice = app.page.getByText(/listen\.port/).first();
    await notice.waitFor();
    expect(await notice.textContent()).toContain('settings.yaml:1');
    await until('a bot that answers', async () => (await app.ask('window.open', null)).status.listening);
    const reply = await app.askAnything('settings.change', { theme: 'dark' });
    expect(reply).toMatchObject({ ok: false });
    expect(readFileSync(path.join(app.dir, 'settings.yaml'), 'utf8')).toBe(written);
  });
});

describe('models that are not there', () => {
  it('are said to be missing, keep nobody from saving an account, and serve as soon as they are there', async () => {
    const models = mkdtempSync(path.join(os.tmpdir(), 'sidetone-no-models-'));
    await using app = await App.open({ env: { SIDETONE_MODELS: models } });
    await app.page.getByText('the model silero-vad-v6 is not installed').waitFor();
    const settings = accountSettings.parse({ aor: 'sip:alice@127.0.0.1:9', enabled: false });
    const saved = await app.ask('account.save', { was: null, name: 'alice', settings });
    expect(saved.map(({ name }) => name)).toEqual(['alice']);

    for (const model of readdirSync(modelsDirectory()))
      symlinkSync(path.join(modelsDirectory(), model), path.join(models, model));
    await app.page.getByRole('button', { name: 'Try again' }).click();
    await using phone = await Phone.call(await app.port());
    await (await app.record('harbor-dental')).event('bot.said');
    expect(phone.received.length).toBeGreaterThan(0);
    rmSync(models, { recursive: true });
  });
});

describe('a full disk', () => {
  it('cuts the record, not the call, and says so', async ({ skip }) => {
    const disk = mkdtempSync(path.join(os.tmpdir(), 'sidetone-full-disk-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk]);
    if (mounted.status !== 0) {
      process.stderr.write(
        'a small disk cannot be mounted here (it takes root): the test of a full one is skipped\n',
      );
      skip('no small disk can be mounted');
    }
    try {
      await using app = await App.open({ settings: `recordings: { dir: ${disk} }\n` });
      await using phone = await Phone.call(await app.port());
      await app.page.getByText('A recording was cut short').waitFor();
      await app.page.getByText('the disk is full', { exact: false }).first().waitFor();
      const sent = phone.received.length;
      await until('the call to go on', () => phone.received.length > sent + 50);
    } finally {
      spawnSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});
