import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chromiumSwitches, electronBinary } from '../../backend/bench/window-app.ts';
import { traceNotes } from '../../backend/contract/trace.ts';
import { unpackView } from '../../backend/contract/traces.ts';
import { until } from '../support/until.ts';
import { App, ROOT } from './support/app.ts';
import { Picture } from './support/picture.ts';
import type { CallRecord } from './support/record.ts';

let app: App;
let record: CallRecord;
beforeAll(async () => {
  app = await App.open();
  await app.port();
  await app.ask('call.demo', null);
  record = await app.record('harbor-dental');
  await record.over(90_000);
}, 120_000);
afterAll(() => app[Symbol.asyncDispose]());

const button = (name: string | RegExp): Locator =>
  app.page.getByRole('button', { name, exact: typeof name === 'string' });
const tab = (name: string): Locator => app.page.getByRole('tab', { name });

async function openTraces(): Promise<void> {
  await app.page
    .getByRole('navigation')
    .getByRole('button', { name: /^Traces/ })
    .click();
  const back = button('All traces');
  if (await back.isVisible()) await back.click();
}

async function openTrace(id: string): Promise<void> {
  await openTraces();
  await app.page.locator(`[data-trace="${id}"]`).dblclick();
  await app.page.getByText(id, { exact: true }).waitFor();
}

/** Where the cursor stands, ms. */
async function position(): Promise<number> {
  const text = (await app.page.getByTitle('Position, and length of the call').textContent()) ?? '';
  const [minutes = NaN, seconds = NaN] = (text.split('/')[0] ?? '').split(':').map(Number);
  return (minutes * 60 + seconds) * 1000;
}

/** What the lanes have on show, ms. */
async function shown(): Promise<{ from: number; to: number }> {
  const lanes = app.page.locator('[data-view-from]');
  return {
    from: Number(await lanes.getAttribute('data-view-from')),
    to: Number(await lanes.getAttribute('data-view-to')),
  };
}

/** The next dialog that asks where to save gets this answer. */
async function saveTo(file: string): Promise<void> {
  await app.electron.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, file);
}

async function exportAs(format: string, file: string): Promise<void> {
  await saveTo(file);
  await button(/^Export/).click();
  await app.page.getByRole('button', { name: new RegExp(` ${format}$`) }).click();
  await until(`the export as ${format}`, () => existsSync(file));
  await app.page.getByText('Exported').first().waitFor();
}

describe('the trace of the demo call', () => {
  it('is in the table, found by what was said', async () => {
    await openTraces();
    const row = app.page.locator(`[data-trace="${record.id}"]`);
    await row.waitFor();
    await app.page.getByRole('searchbox', { name: 'Search what was said' }).fill('zeppelin');
    await row.waitFor({ state: 'detached' });
    await app.page.getByRole('searchbox', { name: 'Search what was said' }).fill('emma wilson');
    await row.waitFor();
    await app.page.getByRole('searchbox', { name: 'Search what was said' }).fill('');
  });

  it('opens whole, and is drawn as it was recorded', async () => {
    await openTrace(record.id);
    const picture = await Picture.still(app.page);
    expect(picture.x(record.manifest.duration_ms ?? NaN)).toBeGreaterThan(picture.width * 0.8);
    const loud = record.audio('bot').findIndex((sample) => Math.abs(sample) > 4000) / 8;
    const rises = picture.rises('bot', '--bot');
    const column = Math.round(picture.x(loud));
    expect(Math.max(...rises.slice(Math.max(0, column - 1), column + 2))).toBeGreaterThan(3);
  });

  it('plays: the cursor moves on, and goes to where it is told', async () => {
    await button('Play').click();
    const began = await position();
    await until('the cursor to move', async () => (await position()) > began + 1000);
    await button('Pause').click();
    await button('Next turn').click();
    const [spoke] = record.all('speech.started').slice(1);
    await until('the cursor at a turn', async () => (await position()) > began + 1500);
    expect(spoke).toBeDefined();
    await button('Back 5 s').click();
    const before = await position();
    await button('On 5 s').click();
    await until('the cursor 5 s on', async () => Math.abs((await position()) - before - 5000) < 200);
  });

  it('zooms from the whole call to a single packet and back', async () => {
    const { to: whole } = await shown();
    for (let step = 0; step < 40 && (await width()) > 40; step += 1) await button('Zoom in').click();
    expect(await width()).toBeLessThanOrEqual(40);
    await button('Show the whole call').click();
    await until('the whole call', async () => Math.abs((await shown()).to - whole) < 1);
  });

  it('says what each wait on the wire was made of, as the command line does', async () => {
    const { metrics } = unpackView(await app.ask('trace.open', { trace: record.id }));
    expect(metrics.turns.length).toBe(record.all('latency').length);
    await tab('Turns').click();
    for (const { wireMs } of metrics.turns) {
      await app.page
        .getByRole('tabpanel', { name: 'Turns' })
        .getByText(`${Math.round(wireMs ?? NaN)} ms`, { exact: true })
        .first()
        .waitFor();
    }
  });

  it('has the exact request to the model, and each packet', async () => {
    await tab('Inspector').click();
    await tab('Model').click();
    const panel = app.page.getByRole('tabpanel', { name: 'Inspector' });
    await panel.getByText('You are Joe, the receptionist').first().waitFor();
    await tab('Packets').click();
    await panel.getByRole('option').nth(20).waitFor();
    const rows = await app.ask('trace.packets', { trace: record.id, from: 1000, to: 2000 });
    const rtp = rows.filter(({ kind }) => kind === 'rtp');
    expect(rtp.filter(({ side }) => side === 'caller').length).toBeGreaterThan(45);
    expect(rtp.filter(({ side }) => side === 'bot').length).toBeGreaterThan(45);
    await tab('Conversation').click();
  });

  it('keeps a note beside it', async () => {
    await app.page.keyboard.press('n');
    const note = app.page.getByRole('textbox', { name: 'Note' });
    await note.fill('why so slow?');
    await note.press('Enter');
    const file = path.join(record.dir, 'notes.json');
    await until('the note on the disk', () => {
      if (!existsSync(file)) return false;
      const { notes } = traceNotes.parse(JSON.parse(readFileSync(file, 'utf8')));
      return notes.length === 1 && notes[0]?.text === 'why so slow?';
    });
    await tab('Conversation').click();
  });
});

describe('a replay with everything frozen', () => {
  it('says the same again, and stands beside the original', async () => {
    await openTrace(record.id);
    await button('Replay…').click();
    for (const stage of ['Speech to text', 'Model', 'Voice'])
      await app.page.getByRole('switch', { name: stage }).click();
    await button('Replay').last().click();
    await button('Side by side').waitFor({ timeout: 110_000 });
    await button('Side by side').click();
    const comparison = app.page.getByRole('region', { name: 'Two traces side by side' });
    await comparison.getByText('Every turn has the same words on both sides.').waitFor();
    const turns = await comparison.getByRole('listitem').count();
    expect(turns).toBeGreaterThanOrEqual(record.all('latency').length);
    await button('Close the comparison').click();
    const entries = await app.ask('trace.list', null);
    expect(entries.filter(({ replayOf }) => replayOf === record.id)).toHaveLength(1);
  });
});

describe('a trace that leaves the window', () => {
  it('as a page is looked at and heard in a plain browser window, and asks the network for nothing', async () => {
    await openTrace(record.id);
    const file = path.join(app.dir, 'call.html');
    await exportAs('html', file);
    const asked: string[] = [];
    await using browser = await plainBrowser(file, asked);
    const { page } = browser;
    for (const { heard } of record.all('bot.said').slice(1, 3))
      expect(await page.locator('body').innerText()).toContain(heard);
    const { duration_ms } = record.manifest;
    expect(await page.locator('#time').innerText()).toContain(
      ` / 0:${Math.floor((duration_ms ?? NaN) / 1000)}`,
    );
    await page.locator('#play').click();
    // The page moves its clock by the sound's own.
    await until('a second to be heard', async () =>
      /^0:0[1-9]/.test(await page.locator('#time').innerText()),
    );
    expect(await painted(page)).toBe(true);
    expect(asked.filter((url) => !/^(file|blob|data):/.test(url))).toEqual([]);
  });

  it('as one file comes back by a drop and by a second start, into a folder that has lost it', async () => {
    const file = path.join(app.dir, 'call.sidetone');
    await openTrace(record.id);
    await exportAs('sidetone', file);
    const away = path.join(app.dir, 'away.sidetone');
    copyFileSync(file, away);

    await button('Delete').first().click();
    await app.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    const listed = async (): Promise<boolean> =>
      (await app.ask('trace.list', null)).some(({ id }) => id === record.id);
    await until('the trace to be gone', async () => !(await listed()));
    await drop(away);
    await until('the trace to be back', listed);
    await app.page.getByText(record.id, { exact: true }).waitFor();

    await app.ask('trace.remove', { traces: [record.id] });
    await openTraces();
    const second = spawn(
      electronBinary(),
      [...chromiumSwitches(true), `--user-data-dir=${app.dir}`, ROOT, away],
      { env: process.env, stdio: 'ignore' },
    );
    const [code]: unknown[] = await once(second, 'exit');
    expect(code).toBe(0);
    await until('the trace to be back again', listed);
    await app.page.getByText(record.id, { exact: true }).waitFor();
    const { problems } = unpackView(await app.ask('trace.open', { trace: record.id }));
    expect(problems).toEqual([]);
  });

  it('says what is wrong with a file that is none', async () => {
    const file = path.join(app.dir, 'letter.sidetone');
    writeFileSync(file, 'Dear Sir or Madam');
    await drop(file);
    await app.page.getByRole('alert').getByText('The file was not imported').waitFor();
    rmSync(file);
  });

  it('takes a capture that is dropped on the editor of the prompt', async () => {
    const file = path.join(app.dir, 'dropped.pcap');
    copyFileSync(path.join(record.dir, 'wire.pcap'), file);
    await app.page.getByRole('navigation').getByRole('button', { name: /^Call/ }).click();
    await tab('Bot').click();
    const editor = app.page.locator('.bot-editor');
    await editor.waitFor();
    const place = await editor.boundingBox();
    await drop(file, { x: (place?.x ?? NaN) + 60, y: (place?.y ?? NaN) + 60 });
    await app.page.getByText('dropped', { exact: true }).waitFor();
    // Nothing is known of it but what was measured.
    await app.page.getByRole('tabpanel', { name: 'Turns' }).getByText('Turn 1').waitFor();
    rmSync(file);
  });

  it('leaves no error in the page', () => {
    expect(app.pageErrors).toEqual([]);
  });
});

async function width(): Promise<number> {
  const { from, to } = await shown();
  return to - from;
}

/** Lets go of a file over the window, as the desktop does. */
async function drop(file: string, at = { x: 600, y: 400 }): Promise<void> {
  const protocol = await app.electron.context().newCDPSession(app.page);
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await protocol.send('Input.dispatchDragEvent', { type, ...at, data });
  await protocol.detach();
}

/** A window of Chromium without anything of Sidetone's in it. */
async function plainBrowser(file: string, asked: string[]): Promise<AsyncDisposable & { page: Page }> {
  const opened = app.electron.waitForEvent('window');
  const id = await app.electron.evaluate(async ({ BrowserWindow }, url) => {
    const window = new BrowserWindow({ width: 1000, height: 800, webPreferences: { partition: 'plain' } });
    await window.loadURL(url);
    return window.id;
  }, pathToFileURL(file).href);
  const page = await opened;
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
  return {
    page,
    [Symbol.asyncDispose]: async () => {
      await app.electron.evaluate(({ BrowserWindow }, opened) => BrowserWindow.fromId(opened)?.close(), id);
    },
  };
}

/** Whether the page's canvases have more than one colour each. */
async function painted(page: Page): Promise<boolean> {
  const colours = await page.evaluate(() =>
    [...document.querySelectorAll('canvas')].map((canvas) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const found = new Set<number>();
      for (let i = 0; i < data.length; i += 4)
        found.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
      return found.size;
    }),
  );
  return z.array(z.number().min(2)).min(1).safeParse(colours).success;
}
