import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumSwitches, electronBinary } from '../../backend/bench/window-app.ts';
import { Baresip } from '../support/baresip.ts';
import { Kamailio } from '../support/kamailio.ts';
import { ownAddress } from '../support/loopback.ts';
import { arrived, tune } from '../support/tones.ts';
import { has } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { App, ROOT } from './support/app.ts';
import { FakeMicrophone } from './support/fake-microphone.ts';
import { CallRecord } from './support/record.ts';

const DOMAIN = 'office.test';
/** Chromium's pretended microphone leaves out blocks where the machine is busy; two tunes share less than 0.4. */
const SAME = 0.7;
/** 8 kHz. */
const SECOND = 8000;

/** One person: a window of Sidetone with one account, and a tune of theirs in its microphone. */
class Person implements AsyncDisposable {
  readonly app: App;
  readonly says: Int16Array;
  readonly #microphone: FakeMicrophone;

  private constructor(app: App, says: Int16Array, microphone: FakeMicrophone) {
    this.app = app;
    this.says = says;
    this.#microphone = microphone;
  }

  static async open(user: string, kamailio: Kamailio): Promise<Person> {
    const says = tune(user);
    const microphone = new FakeMicrophone(says, null);
    const app = await App.open({
      switches: microphone.switches,
      // What Chromium does to speech would leave little of a tune.
      settings: 'devices: { echo_cancellation: false, noise_suppression: false, auto_gain: false }\n',
      accounts: `accounts:\n  ${user}: { aor: 'sip:${user}@${DOMAIN}', proxy: '${kamailio.via('udp')}', who: ring }\n`,
      env: { [`SIDETONE_SIP_${user.toUpperCase()}_PASSWORD`]: user },
    });
    return new Person(app, says, microphone);
  }

  get page(): App['page'] {
    return this.app.page;
  }

  button(name: string | RegExp) {
    return this.page.getByRole('button', { name, exact: true });
  }

  card(name: string) {
    return this.page.getByRole('alertdialog', { name: `Incoming call from ${name}` });
  }

  /** By hand, as the person who calls and not the bot. */
  async dials(target: string): Promise<void> {
    await this.page
      .getByRole('combobox', { name: 'Who speaks on our side' })
      .selectOption({ label: 'I speak' });
    const field = this.page.getByRole('combobox', { name: 'Whom to call' });
    await field.fill(target);
    await field.press('Enter');
  }

  get records(): readonly CallRecord[] {
    return CallRecord.all(`${this.app.dir}/traces`);
  }

  /** The `nth` call that was connected. */
  record(nth: number): Promise<CallRecord> {
    return until(`call ${nth + 1}`, () => this.records[nth]);
  }

  /** Registered, as its status bar says. */
  async ready(kamailio: Kamailio, user: string): Promise<void> {
    await until(`${user} to be registered`, async () => (await kamailio.contacts(user)).length > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    this.#microphone[Symbol.dispose]();
  }
}

describe.skipIf(!has('kamailio') || !has('baresip'))('two windows and a telephone at a registrar', () => {
  let kamailio: Kamailio;
  let ann: Person;
  let ben: Person;
  let carol: Baresip;

  beforeAll(async () => {
    const host = ownAddress();
    kamailio = await Kamailio.start(
      { domain: DOMAIN, users: { ann: 'ann', ben: 'ben', carol: 'carol' } },
      { host },
    );
    carol = await Baresip.start({
      user: 'carol',
      domain: DOMAIN,
      password: 'carol',
      via: kamailio.via('udp'),
      says: tune('carol'),
    });
    ann = await Person.open('ann', kamailio);
    ben = await Person.open('ben', kamailio);
    await ann.ready(kamailio, 'ann');
    await ben.ready(kamailio, 'ben');
  }, 90_000);

  afterAll(async () => {
    await ben?.[Symbol.asyncDispose]();
    await ann?.[Symbol.asyncDispose]();
    await carol?.[Symbol.asyncDispose]();
    await kamailio?.[Symbol.asyncDispose]();
  });

  /** From now on `says` is heard there. */
  async function arrives(says: Int16Array, heard: () => Int16Array | Promise<Int16Array>): Promise<void> {
    let from = (await heard()).length;
    await until('the other one to be heard', async () => {
      const fresh = (await heard()).subarray(from);
      // Looking costs time that both windows need: once each second of new audio.
      if (fresh.length < SECOND) return false;
      from += fresh.length;
      return arrived(says, fresh) > SAME;
    });
  }

  /** By the person, in their `nth` call. */
  async function hears(person: Person, nth: number, says: Int16Array): Promise<void> {
    const record = await person.record(nth);
    await arrives(says, () => record.audioSoFar('caller'));
  }

  const carolHears = (says: Int16Array): Promise<void> => arrives(says, () => carol.heard());

  it('ring at each other, are answered, and hear each other', async () => {
    await ann.dials(`ben@${DOMAIN}`);
    await ann.page.getByText('Ringing').first().waitFor();
    await ben.card('ann').getByRole('button', { name: 'Answer', exact: true }).click();
    await Promise.all([hears(ann, 0, ben.says), hears(ben, 0, ann.says)]);
    await ann.page.getByRole('heading', { name: 'ben' }).waitFor();
    await ben.page.getByRole('heading', { name: 'ann' }).waitFor();
  });

  it('press keys', async () => {
    await ann.button('Keypad').click();
    const pad = ann.page.getByRole('dialog', { name: 'Keypad' });
    for (const key of ['1', '#']) await pad.getByRole('button', { name: `Key ${key}` }).click();
    await pad.press('Escape');
    const record = await ben.record(0);
    await record.event('dtmf.received', ({ digit }) => digit === '#');
    expect(record.all('dtmf.received').map(({ digit }) => digit)).toEqual(['1', '#']);
  });

  it('put each other on hold, and take each other back', async () => {
    await ann.button('Put the line on hold').click();
    await ben.page.getByText('The far end has put this call on hold.').waitFor();
    await ann.button('Take the line off hold').click();
    await ben.page.getByText('The far end has put this call on hold.').waitFor({ state: 'detached' });
    await Promise.all([hears(ann, 0, ben.says), hears(ben, 0, ann.says)]);
  });

  it('show what was said on the line, without the password', async () => {
    await ann.page.getByRole('tab', { name: 'SIP' }).click();
    const ladder = ann.page.getByRole('tabpanel', { name: 'SIP' });
    for (const step of ['INVITE', '407', '180', '200', 'ACK']) {
      await ladder.getByText(step, { exact: false }).first().waitFor();
    }
    const messages = await ann.app.ask('line.messages', { call: (await ann.record(0)).id });
    const answered = messages.find(({ text }) => text.includes('Proxy-Authorization: Digest'));
    expect(answered?.text).toMatch(/response="\*+"/);
  });

  it('hand each other on to a telephone, after a word with it', async () => {
    await ann.button('Transfer').click();
    const form = ann.page.getByRole('group', { name: 'Transfer' });
    await form.getByRole('combobox', { name: 'Transfer to' }).fill(`carol@${DOMAIN}`);
    await form.getByRole('button', { name: 'Talk to them first' }).click();
    await Promise.all([hears(ann, 1, tune('carol')), carolHears(ann.says)]);
    await ben.page.getByText('The far end has put this call on hold.').waitFor();

    await ann.button('Join them').click();
    const [first, second] = await Promise.all([ann.record(0), ann.record(1)]);
    await Promise.all([first.over(), second.over()]);
    await Promise.all([hears(ben, 0, tune('carol')), carolHears(ben.says)]);
    await ben.page.getByRole('heading', { name: 'carol' }).waitFor();

    await ben.button('Hang up').click();
    await carol.event('CALL_CLOSED');
    await (await ben.record(0)).over();
  });

  it('have the calls in their history, each with its trace', async () => {
    for (const [person, names] of [
      [ann, ['ben', 'carol']],
      [ben, ['carol']],
    ] as const) {
      await person.button(/^History/).click();
      const history = person.page.getByRole('region', { name: 'History' });
      for (const name of names) {
        await history.getByRole('listitem').filter({ hasText: name }).hover();
        await person.button(new RegExp(`^Open the trace of the call with ${name}@`)).waitFor();
      }
    }
  });

  it('miss no call while the window is closed', async () => {
    await ben.app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    expect(await ben.app.isShown()).toBe(false);
    await ann.dials(`ben@${DOMAIN}`);
    await until('the window to come back', () => ben.app.isShown());
    await ben.card('ann').waitFor();
    await ann.button(/^Cancel/).click();
    await ben.card('ann').waitFor({ state: 'detached' });
    await ben.page.getByRole('img', { name: 'Missed', exact: true }).waitFor();
  });

  it('take a number from a link', async () => {
    const second = spawn(
      electronBinary(),
      [...chromiumSwitches(true), `--user-data-dir=${ann.app.dir}`, ROOT, `sip:carol@${DOMAIN}`],
      { stdio: 'ignore' },
    );
    expect(await once(second, 'exit')).toEqual([0, null]);
    const field = ann.page.getByRole('combobox', { name: 'Whom to call' });
    await until('the number', async () => (await field.inputValue()) === `sip:carol@${DOMAIN}`);
  });

  it('leave no error in either page', () => {
    expect([...ann.app.pageErrors, ...ben.app.pageErrors]).toEqual([]);
  });
});
