import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromiumSwitches, electronBinary } from '../../../backend/bench/window-app.ts';
import { setVariables } from '../../../backend/base/environment.ts';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { parse } from 'yaml';
import type { Problem } from '../../../backend/base/errors.ts';
import type { Answer, Command, Request } from '../../../backend/contract/window.ts';
import { until } from '../../support/until.ts';
import { CallRecord } from './record.ts';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

type Reply =
  { readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly problem: Problem };

declare global {
  interface Window {
    readonly sidetone: { ask(command: unknown, request: unknown): Promise<Reply> };
  }
}

export interface AppOptions {
  /** Added to settings.yaml, which listens on a free loopback port. */
  readonly settings?: string;
  /** All of settings.yaml. */
  readonly wholeSettings?: string;
  /** Further switches of Chromium. */
  readonly switches?: readonly string[];
  /** Changes the copy of the demo bot before the app starts. */
  readonly prepareBot?: (dir: string) => void;
  readonly env?: Readonly<Record<string, string>>;
  /** All of accounts.yaml. */
  readonly accounts?: string;
}

/** The real app with a folder of its own for everything it leaves behind, and a copy of the demo bot. */
export class App implements AsyncDisposable {
  readonly dir: string;
  readonly bot: string;
  readonly electron: ElectronApplication;
  readonly page: Page;
  /** Errors that the page has logged since it began, breaches of its content security policy among them. */
  readonly pageErrors: string[] = [];
  /** Exit code, once it has ended; null: a signal ended it. */
  readonly exited: Promise<number | null>;

  private constructor(dir: string, electron: ElectronApplication, page: Page) {
    this.dir = dir;
    this.bot = path.join(dir, 'bot');
    this.electron = electron;
    this.page = page;
    this.exited = new Promise((resolve) => electron.process().once('exit', resolve));
  }

  static async open(options: AppOptions = {}): Promise<App> {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'sidetone-window-'));
    const bot = path.join(dir, 'bot');
    cpSync(path.join(ROOT, 'bots', 'demo'), bot, { recursive: true });
    options.prepareBot?.(bot);
    writeFileSync(
      path.join(dir, 'settings.yaml'),
      options.wholeSettings ??
        `bot: ${bot}\nlisten: { host: 127.0.0.1, port: 0 }\ntour_done: true\nlanguage: en\n${options.settings ?? ''}`,
    );
    if (options.accounts !== undefined) writeFileSync(path.join(dir, 'accounts.yaml'), options.accounts);
    const electron = await _electron.launch({
      executablePath: electronBinary(),
      args: [...chromiumSwitches(true), ...(options.switches ?? []), `--user-data-dir=${dir}`, ROOT],
      env: { ...setVariables(process.env), ...options.env },
    });
    const app = new App(dir, electron, await electron.firstWindow());
    await app.#watchErrors();
    await app.page.getByRole('main').and(app.page.locator('[aria-busy=false]')).waitFor();
    return app;
  }

  /** Asks the main process as the page does. */
  async ask<Name extends Command>(command: Name, request: Request<Name>): Promise<Answer<Name>> {
    const reply = await this.askAnything(command, request);
    if (!reply.ok) throw new Error(`${command}: ${reply.problem.message}`);
    // The contract says what each command is answered with.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return reply.answer as Answer<Name>;
  }

  /** Asks whatever a page that has gone astray might. */
  askAnything(command: unknown, request: unknown): Promise<Reply> {
    return this.page.evaluate(async ([name, content]) => window.sidetone.ask(name, content), [
      command,
      request,
    ] as const);
  }

  /**
   * Whether its window can be seen. Asked anew where V8's inspector has lost the answer, as it does now and then while
   * the main process is busy (microsoft/playwright#33737).
   */
  async isShown(): Promise<boolean> {
    for (;;) {
      try {
        return await this.electron.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows().some((window) => window.isVisible()),
        );
      } catch (error) {
        if (!String(error).includes('promise was garbage collected')) throw error;
      }
    }
  }

  /** The port that answers calls, as the status bar shows it. */
  async port(): Promise<number> {
    const address = this.page.getByRole('button', { name: /^Answering calls: / });
    return Number((await address.textContent())?.split(':').at(-1));
  }

  /** What settings.yaml says now. */
  settings(): unknown {
    return parse(readFileSync(path.join(this.dir, 'settings.yaml'), 'utf8'));
  }

  /** The record of the latest call whose party has this name, once there is one. */
  async record(party: string): Promise<CallRecord> {
    const folder = path.join(this.dir, 'traces');
    return until(`a record of ${party}`, () => CallRecord.all(folder).findLast((one) => one.party === party));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.electron.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** By the protocol itself, which repeats what came before it was listened to. */
  async #watchErrors(): Promise<void> {
    const protocol = await this.electron.context().newCDPSession(this.page);
    protocol.on('Runtime.exceptionThrown', ({ exceptionDetails: { text, exception } }) =>
      this.pageErrors.push(exception?.description ?? text),
    );
    protocol.on('Runtime.consoleAPICalled', ({ type, args }) => {
      if (type === 'error')
        this.pageErrors.push(args.map(({ value, description }) => description ?? String(value)).join(' '));
    });
    protocol.on('Log.entryAdded', ({ entry }) => {
      if (entry.level === 'error') this.pageErrors.push(entry.text);
    });
    await protocol.send('Runtime.enable');
    await protocol.send('Log.enable');
  }
}
