import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLER, speech } from '../support/bots.ts';
import { readPcap, rtpFrom } from '../support/pcap.ts';
import { Phone } from '../support/phone.ts';
import { until } from '../support/until.ts';
import { chromiumSwitches, electronBinary } from '../../backend/bench/window-app.ts';
import { App, ROOT } from './support/app.ts';
import { Attached } from './support/attach.ts';
import { entries } from './support/conversation.ts';
import { Picture } from './support/picture.ts';
import type { CallRecord } from './support/record.ts';

let app: App;
let phone: Phone;
let record: CallRecord;
beforeAll(async () => {
  app = await App.open();
  phone = await Phone.call(await app.port());
  record = await app.record('harbor-dental');
}, 60_000);
afterAll(async () => {
  await phone[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** Sequence numbers that do not follow on the one before. */
function gaps(sequence: readonly number[]): number[] {
  return sequence.filter((number, i) => i > 0 && number !== ((sequence[i - 1] ?? NaN) + 1) % 65_536);
}

async function ask(words: { readonly file: string }): Promise<void> {
  const answered = record.all('bot.said').length;
  await phone.say(speech(words));
  await until('an answer', () => record.all('bot.said').length > answered);
}

describe('with a call going on', () => {
  it('a page that crashes is opened anew onto it, and the call has not noticed', async () => {
    await record.event('bot.said');
    await ask(CALLER.book);
    const before = await entries(app.page);
    expect(before.length).toBeGreaterThanOrEqual(3);
    const crashed = app.page.waitForEvent('crash');
    await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    await crashed;
    await using attached = await Attached.to(app.dir);
    const { page } = attached;
    await page
      .getByRole('region', { name: 'Notices' })
      .getByText('The window had crashed and was opened anew')
      .waitFor();

    await ask(CALLER.when);
    const after = await until('both turns', async () => {
      const found = await entries(page);
      return found.filter(({ who }) => who === 'Caller').length >= 2 && found;
    });
    expect(after.slice(0, before.length)).toEqual(before);

    // What the caller said while the old page was there is drawn in the new one.
    await page.getByRole('button', { name: 'Following' }).click();
    await page.getByRole('button', { name: 'Show the whole call' }).click();
    const picture = await Picture.now(page);
    const rises = picture.rises('caller', '--caller');
    const [first] = record.all('speech.started');
    const [last] = record.all('turn.ended');
    const [{ offset } = { offset: NaN }] = record.all('caller.aligned');
    const said = rises.slice(
      picture.x(((first?.from ?? NaN) + offset) / 8),
      picture.x((last?.at ?? NaN) / 1000),
    );
    expect(said.length).toBeGreaterThan(10);
    expect(said.filter((rise) => rise >= 4).length).toBeGreaterThan(said.length / 3);

    expect(record.manifest.state).toBe('recording');
    expect(phone.received.length).toBeGreaterThan(200);
    expect(gaps(phone.received.map((packet) => packet.getSequenceNumber()))).toEqual([]);
  });

  it('a second start leaves at once and brings the window to the front', async () => {
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const second = spawn(electronBinary(), [...chromiumSwitches(true), `--user-data-dir=${app.dir}`, ROOT], {
      stdio: 'ignore',
    });
    const [code] = await once(second, 'exit');
    expect(code).toBe(0);
    await until('the window', () => app.isShown());
    expect(record.manifest.state).toBe('recording');
  });

  it('quitting ends it with a whole record', async () => {
    // The answer is cut off by what it asks for.
    await app.electron.evaluate(({ app: itself }) => itself.quit()).catch(() => undefined);
    expect(await app.exited).toBe(0);
    expect(record.manifest.state).toBe('complete');
    expect(record.all('call.ended')).toHaveLength(1);
    const [{ local } = { local: '' }] = record.all('rtp.ready');
    const sent = rtpFrom(await readPcap(record.wire), Number(local.split(':').at(-1)));
    expect(sent.length).toBeGreaterThanOrEqual(phone.received.length);
    expect(gaps(sent.map((packet) => packet.getSequenceNumber()))).toEqual([]);
  });
});
