import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CDPSession, ElectronApplication, Page } from 'playwright-core';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { setVariables } from '../base/environment.ts';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { appSettings } from '../contract/app-settings.ts';
import { CHANNELS } from '../contract/channels.ts';
import type { Answer, Command, Message, Messages, Reply, Request } from '../contract/window.ts';
import { REPOSITORY } from './engine.ts';
import { sleep } from './sleep.ts';
import { openDisplay, type Display } from './window-display.ts';

/** The page's one way out of it, as the preload script puts it there. */
declare const window: { sidetone: { ask(command: string, request: unknown): Promise<unknown> } };

const ELECTRON = path.join(REPOSITORY, 'node_modules', 'electron');

const LISTEN_ATTEMPTS = 100;
const LISTEN_EVERY_MS = 100;

export type AppSettingsYaml = z.input<typeof appSettings>;

/**
 * Fetches and builds what the window needs, and finds a screen for it.
 * @throws SidetoneError 'environment' when that cannot be had.
 */
export async function prepareWindow(scope: Scope, say: (line: string) => void): Promise<Display> {
  const steps = pathToFileURL(path.join(REPOSITORY, 'scripts', 'electron.mjs')).href;
  const program = `
    import { ensureElectron, ensureLibraries, ensureWindow, hasDisplay } from ${JSON.stringify(steps)};
    if (!ensureLibraries(hasDisplay() ? [] : ['Xvfb']) || !(await ensureElectron())) process.exit(3);
    ensureWindow();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 2, 2],
  });
  const [code]: unknown[] = await once(child, 'exit');
  if (code !== 0) throw new SidetoneError('environment', 'the window cannot be opened on this machine');
  const display = await openDisplay(scope);
  if (display.virtual) say(`No display: ${display.what}`);
  return display;
}

export interface LaunchOptions {
  readonly display: Display;
  /** Folder of an Electron app; default: Sidetone. */
  readonly app?: string;
  readonly dataDir: string;
  /** Further switches of Chromium. */
  readonly switches?: readonly string[];
}

export interface Launched {
  readonly electron: ElectronApplication;
  readonly close: () => Promise<void>;
}

export function electronBinary(): string {
  return path.join(ELECTRON, 'dist', readFileSync(path.join(ELECTRON, 'path.txt'), 'utf8'));
}

/** Chromium's sandbox does not start for root; without a real display there is no GPU to look for. */
export function chromiumSwitches(virtual: boolean): string[] {
  return [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...(virtual ? ['--disable-gpu'] : [])];
}

/** Starts an Electron app, closed with the scope or before. */
export async function launch(options: LaunchOptions, scope: Scope): Promise<Launched> {
  const { _electron } = await import('playwright-core');
  const handled = listeners();
  const electron = await _electron.launch({
    executablePath: electronBinary(),
    args: [
      ...chromiumSwitches(options.display.virtual),
      ...(options.switches ?? []),
      `--user-data-dir=${options.dataDir}`,
      options.app ?? REPOSITORY,
    ],
    env: { ...setVariables(process.env), ...options.display.env },
  });
  // Playwright would end this process at a Ctrl-C; it is the scope that says in what order all ends.
  for (const { signal, listener } of listeners()) {
    if (!handled.some((known) => known.listener === listener)) process.off(signal, listener);
  }
  const closing = scope.child();
  closing.defer(() => electron.close());
  return { electron, close: () => closing.close() };
}

function listeners(): { readonly signal: NodeJS.Signals; readonly listener: NodeJS.SignalsListener }[] {
  return (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).flatMap((signal) =>
    process.listeners(signal).map((listener) => ({ signal, listener })),
  );
}

/** Writes settings.yaml for an app that answers on a free loopback port and shows no tour. */
export async function writeSettings(dataDir: string, settings: AppSettingsYaml): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const whole: AppSettingsYaml = {
    listen: { host: '127.0.0.1', port: 0 },
    tour_done: true,
    language: 'en',
    ...settings,
  };
  await writeFile(path.join(dataDir, 'settings.yaml'), stringify(whole));
}

export interface AppOptions extends LaunchOptions {
  readonly settings?: AppSettingsYaml;
  /** Runs in the page before its own scripts. */
  readonly inPage?: string;
  /** Lets `inPage` load code of its own. */
  readonly bypassCsp?: boolean;
}

/** The real app with its window open, closed with the scope. */
export class WindowApp {
  readonly electron: ElectronApplication;
  readonly page: Page;
  /** Chromium's own account of the page. */
  readonly devtools: CDPSession;
  /** UDP port on loopback where the bot answers. */
  readonly port: number;
  readonly close: () => Promise<void>;

  private constructor(
    electron: ElectronApplication,
    page: Page,
    devtools: CDPSession,
    port: number,
    close: () => Promise<void>,
  ) {
    this.electron = electron;
    this.page = page;
    this.devtools = devtools;
    this.port = port;
    this.close = close;
  }

  static async open(options: AppOptions, scope: Scope): Promise<WindowApp> {
    await writeSettings(options.dataDir, options.settings ?? {});
    const { electron, close } = await launch(options, scope);
    const page = await electron.firstWindow();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    if (options.bypassCsp) await devtools.send('Page.setBypassCSP', { enabled: true });
    if (options.inPage !== undefined) {
      await page.addInitScript({ content: options.inPage });
      await page.reload();
    }
    await usable(page);
    return new WindowApp(electron, page, devtools, await listeningPort(page, scope), close);
  }

  /** Asks the main process as the page does. @throws SidetoneError 'internal' when it says no. */
  ask<Name extends Command>(command: Name, request: Request<Name>): Promise<Answer<Name>> {
    return ask(this.page, command, request);
  }

  /** Tells the page something as the main process does. */
  async tell<Name extends Message>(name: Name, content: Messages[Name]): Promise<void> {
    await this.electron.evaluate(
      ({ BrowserWindow }, [channel, name, content]) => {
        BrowserWindow.getAllWindows()[0]?.webContents.send(channel, name, content);
      },
      [CHANNELS.message, name, content] as const,
    );
  }

  /** One of Chromium's counters of the page, as `JSHeapUsedSize`; seconds and bytes. */
  async metrics(): Promise<(name: string) => number> {
    const { metrics } = await this.devtools.send('Performance.getMetrics');
    const byName = new Map(metrics.map(({ name, value }) => [name, value]));
    return (name) => byName.get(name) ?? 0;
  }
}

/** Resolves when the first screen is there and a click on its rail would be taken. */
export async function usable(page: Page): Promise<void> {
  await page.locator('main[aria-busy=false]').waitFor();
  await page.getByRole('button', { name: 'Settings' }).first().click({ trial: true });
}

/** Resolves when the bot's models are loaded and it can be called. */
export async function callable(page: Page): Promise<void> {
  await page.locator('button:enabled', { hasText: 'Place a demo call' }).first().waitFor();
}

async function listeningPort(page: Page, scope: Scope): Promise<number> {
  for (let attempt = 0; attempt < LISTEN_ATTEMPTS; attempt += 1) {
    const { status } = await ask(page, 'window.open', null);
    if (status.listening) return status.listening.port;
    if (status.listenProblem) throw new SidetoneError('environment', status.listenProblem.message);
    await sleep(scope, LISTEN_EVERY_MS);
  }
  throw new SidetoneError('environment', 'the app does not answer calls');
}

async function ask<Name extends Command>(
  page: Page,
  command: Name,
  request: Request<Name>,
): Promise<Answer<Name>> {
  const answered = await page.evaluate(([name, content]) => window.sidetone.ask(name, content), [
    command,
    request as unknown,
  ] as const);
  // The app's own answer to its own page.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const reply = answered as Reply<Name>;
  if (!reply.ok) throw new SidetoneError('internal', `${command}: ${reply.problem.message}`);
  return reply.answer;
}
