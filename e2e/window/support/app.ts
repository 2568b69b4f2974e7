import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { parse } from 'yaml';
import type { CallEvent } from '../../../backend/contract/events.ts';
import { callEvent } from '../../../backend/contract/events.ts';
import type { Answer, Command, Problem, Request } from '../../../backend/contract/window.ts';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

type Reply =
  { readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly problem: Problem };

declare global {
  interface Window {
    readonly sidetone: { ask(command: string, request: unknown): Promise<Reply> };
  }
}

export interface AppOptions {
  /** Added to settings.yaml, which listens on a free loopback port. */
  readonly settings?: string;
  /** Further switches of Chromium. */
  readonly switches?: readonly string[];
  /** Changes the copy of the demo bot before the app starts. */
  readonly prepareBot?: (dir: string) => void;
  readonly env?: Readonly<Record<string, string>>;
}

/** The real app with a folder of its own for everything it leaves behind, and a copy of the demo bot. */
export class App implements AsyncDisposable {
  readonly dir: string;
  readonly bot: string;
  readonly electron: ElectronApplication;
  readonly page: Page;
  /** Errors that the page has logged. */
  readonly pageErrors: string[] = [];

  private constructor(dir: string, electron: ElectronApplication, page: Page) {
    this.dir = dir;
    this.bot = path.join(dir, 'bot');
    this.electron = electron;
    this.page = page;
    page.on('pageerror', (error) => this.pageErrors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.pageErrors.push(message.text());
    });
  }

  static async open(options: AppOptions = {}): Promise<App> {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'sidetone-window-'));
    const bot = path.join(dir, 'bot');
    cpSync(path.join(ROOT, 'bots', 'demo'), bot, { recursive: true });
    options.prepareBot?.(bot);
    writeFileSync(
      path.join(dir, 'settings.yaml'),
      `bot: ${bot}\nlisten: { host: 127.0.0.1, port: 0 }\ntour_done: true\nlanguage: en\n${options.settings ?? ''}`,
    );
    const electron = await _electron.launch({
      executablePath: electronBinary(),
      args: [...chromiumSwitches(), ...(options.switches ?? []), `--user-data-dir=${dir}`, ROOT],
      env: { ...environment(), ...options.env },
    });
    return new App(dir, electron, await electron.firstWindow());
  }

  /** Asks the main process as the page does. */
  async ask<Name extends Command>(command: Name, request: Request<Name>): Promise<Answer<Name>> {
    const reply = await this.page.evaluate(async ([name, content]) => window.sidetone.ask(name, content), [
      command,
      request as unknown,
    ] as const);
    if (!reply.ok) throw new Error(`${command}: ${reply.problem.message}`);
    // What the app answers is what is tested.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return reply.answer as Answer<Name>;
  }

  /** What settings.yaml says now. */
  settings(): unknown {
    return parse(readFileSync(path.join(this.dir, 'settings.yaml'), 'utf8'));
  }

  /** The events in the record of the call whose party has this name; empty while there is none. */
  recordedEvents(party: string): CallEvent[] {
    const folder = path.join(this.dir, 'traces');
    if (!existsSync(folder)) return [];
    for (const call of readdirSync(folder).toSorted().toReversed()) {
      const file = path.join(folder, call, 'events.ndjson');
      if (!existsSync(file)) continue;
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      const events = lines.map((line) => callEvent.parse(JSON.parse(line)));
      if (events[0]?.type === 'call.started' && events[0].party === party) return events;
    }
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.electron.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function electronBinary(): string {
  const dist = path.join(ROOT, 'node_modules', 'electron');
  return path.join(dist, 'dist', readFileSync(path.join(dist, 'path.txt'), 'utf8'));
}

/** Chromium's sandbox does not start for root; there is no GPU to look for. */
export function chromiumSwitches(): string[] {
  return [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu'];
}

export function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
