import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Scope } from '../backend/base/scope.ts';
import { accountSettings, type AccountSettings, type LineView } from '../backend/contract/sip.ts';
import { aLine, anAccount, anEndedLine } from './fixtures/lines.ts';
import { History } from './history.ts';
import { PhoneDesk } from './phone-desk.ts';
import { textOf } from './text.ts';

/** A phone, and a person with a window, of which all is written down. */
class Office {
  readonly done: string[] = [];
  readonly personOn = new Set<string>();
  readonly scope = new Scope();
  readonly history: History;
  readonly desk: PhoneDesk;
  account: AccountSettings | null = accountSettings.parse({ aor: 'sip:a@example.com', who: 'ring' });
  doNotDisturb = false;
  /** Whether far ends agree to be put on hold; null: they never say. */
  holds: boolean | null = true;

  constructor() {
    const note = (...words: unknown[]): void => void this.done.push(words.join(' '));
    const dir = mkdtempSync(path.join(os.tmpdir(), 'sidetone-phone-'));
    const onTrouble = (error: unknown): void => note(error);
    this.history = new History({ file: path.join(dir, 'history.json'), scope: this.scope, onTrouble });
    this.desk = new PhoneDesk({
      scope: this.scope,
      send: (name) => note('sent', name),
      phone: () => ({
        accounts: [anAccount('office')],
        place: ({ target, party }) => {
          note('place', target, party.kind);
          return Promise.resolve('placed');
        },
        answer: async (call, party) => note('answer', call, party.kind, 'dir' in party ? party.dir : ''),
        reject: async (call, code) => note('reject', call, code),
        hold: async (call, on) => {
          note('hold', call, on);
          if (this.holds === null) await new Promise(() => undefined);
          if (this.holds === false) throw new Error('488');
        },
      }),
      history: this.history,
      bell: {
        ring: ({ call }) => note('ring', call),
        quiet: (call) => note('quiet', call),
        missed: ({ call }) => note('missed', call),
        attention: () => note('attention'),
      },
      text: () => textOf('en'),
      settings: () => ({
        do_not_disturb: this.doNotDisturb,
        ringtone: true,
        notifications: true,
        account: null,
      }),
      account: () => this.account,
      botOf: () => '/bots/anna',
      problem: () => null,
      personOn: () => this.personOn,
      act: async (call, action) => note('act', call, action.type, 'on' in action ? action.on : ''),
      recordOf: (call) => call,
      changed: () => undefined,
    });
  }

  comesIn(call: string): ReturnType<PhoneDesk['incoming']> {
    this.desk.takeLine(aLine(call));
    return this.desk.incoming(aLine(call));
  }

  /** A call where the person speaks. */
  talks(call: string, more: Partial<LineView> = {}): void {
    this.desk.takeLine(aLine(call, { state: 'connected', answeredAt: 2000, ...more }));
    this.personOn.add(call);
  }
}

let office: Office;
beforeEach(() => {
  vi.useFakeTimers();
  office = new Office();
});
afterEach(() => vi.useRealTimers());

describe('a call that comes in', () => {
  it('rings until it is answered', async () => {
    expect(office.comesIn('a')).toEqual({ type: 'wait' });
    expect(office.desk.view.lines.map(({ call }) => call)).toEqual(['a']);
    await office.desk.answer('a', 'person');
    office.talks('a');
    expect(office.done).toEqual(['ring a', 'answer a person ', 'quiet a']);
  });

  it('is missed when the caller gives up, and is told of', () => {
    office.comesIn('a');
    office.desk.takeLine(anEndedLine('a', { missed: true }));
    expect(office.done).toEqual(['ring a', 'quiet a', 'missed a']);
    expect(office.history.missed).toBe(1);
    expect(office.desk.view.lines).toEqual([]);
    office.desk.seeHistory();
    expect(office.desk.view.history.map(({ seen }) => seen)).toEqual([true]);
  });

  it('that is declined by hand was not missed', async () => {
    office.comesIn('a');
    await office.desk.reject('a', 'decline');
    office.desk.takeLine(anEndedLine('a', { missed: true, by: 'us' }));
    expect(office.done).toEqual(['ring a', 'reject a 603', 'quiet a']);
    expect(office.history.missed).toBe(0);
  });

  it('disturbs nobody who does not want it, and is missed in silence', () => {
    office.doNotDisturb = true;
    expect(office.comesIn('a')).toEqual({ type: 'reject', code: 486, reason: 'Busy Here' });
    office.desk.takeLine(anEndedLine('a', { missed: false, by: 'us' }));
    expect(office.done).toEqual([]);
    expect(office.history.missed).toBe(1);
  });

  it("goes to the account's bot without a sound", () => {
    office.account = accountSettings.parse({ aor: 'sip:a@example.com', who: 'bot' });
    expect(office.comesIn('a')).toEqual({ type: 'bot', dir: '/bots/anna' });
    expect(office.done).toEqual([]);
  });

  it('answers itself when it has rung for long enough, unless somebody was quicker', async () => {
    const auto_answer = [{ who: 'bot', after_s: 10 }];
    office.account = accountSettings.parse({ aor: 'sip:a@example.com', who: 'ring', auto_answer });
    office.comesIn('a');
    office.comesIn('b');
    await office.desk.answer('b', 'person');
    office.talks('b');
    await vi.advanceTimersByTimeAsync(11_000);
    expect(office.done.filter((what) => what.startsWith('answer'))).toEqual([
      'answer b person ',
      'answer a bot /bots/anna',
    ]);
  });

  it("answers itself in the person's name only while they talk to nobody", async () => {
    const auto_answer = [{ who: 'person', after_s: 10 }];
    office.account = accountSettings.parse({ aor: 'sip:a@example.com', who: 'ring', auto_answer });
    office.comesIn('a');
    office.talks('b');
    await vi.advanceTimersByTimeAsync(11_000);
    expect(office.done).toEqual(['ring a']);
  });
});

describe("the person's other calls", () => {
  it('are put on hold before they answer, call or swap', async () => {
    office.talks('a');
    office.comesIn('b');
    await office.desk.answer('b', 'person');
    office.talks('a', { heldByUs: true });
    office.talks('b');
    await office.desk.place({
      account: null,
      target: 'sip:c@example.com',
      party: { kind: 'person' },
      maxMs: null,
    });
    office.talks('b', { heldByUs: true });
    await office.desk.activate('a');
    expect(office.done.filter((what) => !/^(ring|quiet)/.test(what))).toEqual([
      'hold a true',
      'answer b person ',
      'hold b true',
      'place sip:c@example.com person',
      'hold a false',
    ]);
  });

  it('go on when it is a bot that answers or calls', async () => {
    office.talks('a');
    office.comesIn('b');
    await office.desk.answer('b', 'bot');
    await office.desk.place({
      account: null,
      target: '100',
      party: { kind: 'bot', dir: '/bots/anna' },
      maxMs: null,
    });
    expect(office.done.filter((what) => what.startsWith('hold'))).toEqual([]);
  });

  it('that cannot be held hear nothing meanwhile, and are heard again afterwards', async () => {
    office.personOn.add('raw');
    office.holds = false;
    office.talks('a');
    office.comesIn('b');
    await office.desk.answer('b', 'person');
    expect(office.done).toEqual([
      'ring b',
      'act raw mute true',
      'hold a true',
      'act a mute true',
      'answer b person ',
    ]);
    office.done.length = 0;
    office.holds = true;
    office.personOn.delete('a');
    await office.desk.activate('raw');
    expect(office.done).toEqual(['act raw mute false']);
  });

  it('whose far end says nothing keep nobody waiting', async () => {
    office.holds = null;
    office.talks('a');
    office.comesIn('b');
    const answered = office.desk.answer('b', 'person');
    await vi.advanceTimersByTimeAsync(2500);
    await answered;
    expect(office.done).toContain('answer b person ');
  });
});

it('tells of the same trouble now and then', () => {
  for (let index = 0; index < 5; index += 1) office.desk.takeNotice('scan', 'somebody scans');
  office.desk.takeNotice('bot', 'the bot cannot answer');
  expect(office.done).toEqual(['sent notice', 'sent notice']);
});
