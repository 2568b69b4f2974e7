import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { app } from 'electron';
import { explain } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { AppSettings, AppSettingsPatch } from '../backend/contract/app-settings.ts';
import type { PartySpec } from '../backend/contract/host.ts';
import type { Message, Messages } from '../backend/contract/window.ts';
import type { PhoneWatch } from '../backend/host/phone.ts';
import { Accounts, type AccountsOptions } from './accounts.ts';
import { Bell } from './bell.ts';
import type { Desk } from './desk.ts';
import { History } from './history.ts';
import { PhoneDesk } from './phone-desk.ts';
import { LINK_SCHEMES, dialLink } from './target.ts';
import type { Text } from './text.ts';
import { Tray } from './tray.ts';
import type { MainWindow } from './window.ts';

export interface SoftphoneOptions extends Pick<AccountsOptions, 'file' | 'env' | 'secrets' | 'bots'> {
  readonly scope: Scope;
  readonly historyFile: string;
  readonly engine: () => Desk;
  readonly send: <Name extends Message>(name: Name, content: Messages[Name]) => void;
  readonly text: () => Text;
  readonly window: () => MainWindow | null;
  readonly toFront: () => void;
  readonly settings: () => AppSettings;
  readonly changeSettings: (patch: AppSettingsPatch) => Promise<AppSettings>;
  /** Folder of the records of calls. */
  readonly recordsDir: () => string;
  readonly answeringBot: () => string;
  readonly secretsChanged: () => Promise<void>;
  readonly quit: () => void;
}

/** Sidetone on the telephone network, as the app has it: accounts, calls, their history, what rings and where. */
export class Softphone {
  readonly accounts: Accounts;
  readonly desk: PhoneDesk;
  readonly #options: SoftphoneOptions;
  readonly #history: History;
  readonly #bell: Bell;
  readonly #tray: Tray;
  #windowIsOpen = false;
  /** A link that was opened before there was a window to show it. */
  #toDial: string | null = null;
  /** That Sidetone goes on without its window was said. */
  #saidThatItGoesOn = false;

  constructor(options: SoftphoneOptions) {
    const { scope, send, text, engine } = options;
    this.#options = options;
    this.#history = new History({
      file: options.historyFile,
      scope,
      onTrouble: (error) =>
        send('notice', {
          severity: 'warning',
          title: text().notKept,
          meaning: explain(error),
          remedy: null,
        }),
    });
    this.#bell = new Bell({
      text,
      settings: () => options.settings().phone,
      looking: () => options.window()?.window.isFocused() ?? false,
      attention: () => options.window()?.attention(),
      show: (call) => this.#show(call),
      answer: (call) => {
        this.#show(call);
        // Who has given up meanwhile shows as a missed call.
        void this.desk.answer(call, 'person').catch(() => undefined);
      },
      decline: (call) => void this.desk.reject(call, 'decline').catch(() => undefined),
    });
    this.#tray = new Tray({
      open: () => this.#show(null),
      doNotDisturb: (on) => void this.#doNotDisturb(on),
      quit: options.quit,
    });
    this.accounts = new Accounts({
      ...options,
      use: (accounts) => engine().host.phone.setAccounts(accounts),
      changed: () => {
        this.desk.accountsChanged();
        this.#showTray();
      },
      first: () => this.#takeLinks(),
    });
    this.desk = new PhoneDesk({
      scope,
      send,
      phone: () => engine().host.phone,
      history: this.#history,
      bell: this.#bell,
      text,
      settings: () => options.settings().phone,
      account: (name) => this.accounts.settings(name),
      botOf: (name) => this.accounts.settings(name)?.bot ?? options.answeringBot(),
      problem: () => this.accounts.problem,
      personOn: () => engine().personOn,
      act: (call, action) => engine().act(call, action),
      recordOf: (call) => (existsSync(path.join(options.recordsDir(), call)) ? call : null),
      changed: () => this.#showTray(),
    });
  }

  /** What the host's phone tells, and asks. */
  get events(): PhoneWatch {
    return {
      onAccount: () => this.desk.accountsChanged(),
      onLine: (line) => this.desk.takeLine(line),
      onSipMessage: (message) => this.desk.takeMessage(message),
      onSipStep: (id, step) => this.desk.takeStep(id, step),
      onSipNotice: (code, message) => this.desk.takeNotice(code, message),
      incoming: (line) => this.desk.incoming(line),
    };
  }

  /** Registers. The host is there. */
  async start(): Promise<void> {
    await Promise.all([this.accounts.start(), this.recordsMoved()]);
  }

  /** Passwords may be others. */
  secretsChanged(): Promise<void> {
    return this.accounts.read();
  }

  /** Calls over SIP; `account` null: the usual one. Returns the call's id. */
  place(target: string, account: string | null, party: PartySpec, maxMs: number | null): Promise<string> {
    const usual = this.#options.settings().phone.account;
    const named = account ?? (usual !== null && this.accounts.settings(usual)?.enabled ? usual : null);
    return this.desk.place({ target, account: named, party, maxMs });
  }

  windowOpened(): void {
    this.#windowIsOpen = true;
    this.desk.windowOpened();
    if (this.#toDial !== null) this.#options.send('phone.dial', { target: this.#toDial });
    this.#toDial = null;
  }

  windowGone(): void {
    this.#windowIsOpen = false;
    this.desk.windowGone();
  }

  /** Language, or do not disturb, may be other ones. */
  settingsChanged(): void {
    this.#showTray();
  }

  /** Puts a link's target into the dial field: nothing is called before the person says so. */
  dial(link: string): void {
    const { send, text, toFront } = this.#options;
    const target = dialLink(link);
    toFront();
    if (target === null) {
      const { noLink, noLinkMeaning } = text();
      send('notice', {
        severity: 'warning',
        title: noLink,
        meaning: noLinkMeaning(link.slice(0, 100)),
        remedy: null,
      });
    } else if (this.#windowIsOpen) send('phone.dial', { target });
    else this.#toDial = target;
  }

  /** Records have appeared or are gone. */
  takeRecords(changes: Messages['traces.changed']): void {
    const found = changes.map(({ id, entry }) => this.#history.recorded(id, entry ? id : null));
    if (found.includes(true)) this.desk.historyChanged();
  }

  /** Records are looked for in another folder. */
  async recordsMoved(): Promise<void> {
    const names = await readdir(this.#options.recordsDir()).catch(() => []);
    this.#history.useRecords(new Set(names));
    this.desk.historyChanged();
  }

  /** What closing the window does: somebody may want to reach the person, and they want the window back. */
  insteadOfClosing(): 'hide' | 'minimize' | null {
    if (!this.accounts.keepRinging) return null;
    return this.#tray.there ? 'hide' : 'minimize';
  }

  wentAway(): void {
    if (this.#saidThatItGoesOn) return;
    this.#saidThatItGoesOn = true;
    this.#bell.goesOn();
  }

  #show(call: string | null): void {
    this.#options.toFront();
    if (call !== null) this.#options.send('phone.show', { call });
  }

  #showTray(): void {
    const { text, settings } = this.#options;
    this.#tray.show(
      this.accounts.keepRinging
        ? {
            text: text(),
            missed: this.#history.missed,
            calls: this.desk.calls,
            doNotDisturb: settings().phone.do_not_disturb,
          }
        : null,
    );
  }

  async #doNotDisturb(on: boolean): Promise<void> {
    const { send, changeSettings, settings } = this.#options;
    // A settings.yaml that cannot be changed says so in the window's settings; the tray shows what counts.
    await changeSettings({ phone: { do_not_disturb: on } }).catch(() => undefined);
    this.#showTray();
    send('settings.changed', settings());
  }

  /** Who has set up an account wants links to be called with it. From a clone there is no program to name. */
  #takeLinks(): void {
    if (!app.isPackaged) return;
    for (const scheme of LINK_SCHEMES) app.setAsDefaultProtocolClient(scheme);
  }
}
