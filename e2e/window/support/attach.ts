import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { until } from '../../support/until.ts';

/**
 * The page of an app that was started with a debugging port, by that port: of one that Playwright has not started, or
 * of a window whose first page has died, which Playwright does not get over.
 */
export class Attached implements AsyncDisposable {
  readonly page: Page;
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  /** `dir`: the app's user data. */
  static async to(dir: string): Promise<Attached> {
    // Chromium writes there which port it has taken.
    const file = path.join(dir, 'DevToolsActivePort');
    const port = await until(
      'a debugging port',
      () => existsSync(file) && readFileSync(file, 'utf8').split('\n')[0],
    );
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const page = await until('the page', () => browser.contexts().flatMap((context) => context.pages())[0]);
    await page.locator('main[aria-busy=false]').waitFor();
    return new Attached(browser, page);
  }

  /** Lets go; the app goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
