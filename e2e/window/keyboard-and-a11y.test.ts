import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../support/until.ts';
import { App } from './support/app.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violations = z.array(
  z.object({
    id: z.string(),
    impact: z.string().nullable(),
    nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })),
  }),
);

let app: App;
beforeAll(async () => {
  app = await App.open();
}, 60_000);
afterAll(async () => app[Symbol.asyncDispose]());

/** What axe finds in the page that is serious or worse. */
async function found(): Promise<string[]> {
  await app.page.evaluate(axe);
  const result = violations.parse(
    await app.page.evaluate('axe.run(document).then((result) => result.violations)'),
  );
  return result
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

describe('by keyboard alone', () => {
  it('reaches the first thing to do with a focus that shows', async () => {
    await app.page.keyboard.press('Tab');
    const outline = await until('a focus', () =>
      app.page.evaluate(() => {
        const focused = document.activeElement;
        if (!focused || focused === document.body) return null;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
        return { outlineStyle, outlineWidth, boxShadow };
      }),
    );
    expect(outline.outlineStyle !== 'none' || outline.boxShadow !== 'none').toBe(true);
  });

  it('lists its shortcuts', async () => {
    await app.page.keyboard.press('Escape');
    await app.page.keyboard.press('?');
    const dialog = app.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.waitFor();
    expect(await dialog.getByText('Place a demo call').count()).toBeGreaterThan(0);
    await app.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('places a demo call from the palette, marks it and hangs up', async () => {
    await app.page.keyboard.press('Control+k');
    await app.page.getByRole('combobox', { name: 'Command palette' }).waitFor();
    await app.page.keyboard.type('demo');
    await app.page.keyboard.press('Enter');
    const record = await app.record('harbor-dental');
    await app.page.getByRole('button', { name: 'Hang up' }).waitFor();
    await app.page.keyboard.press('m');
    await until('the mark', () => record.all('call.marked')[0]);
    await app.page.keyboard.press('Control+Shift+h');
    await until('the end', () => record.all('call.ended')[0]);
  });
});

describe('for everybody', () => {
  it.each(['light', 'dark'] as const)('a call and the settings pass axe in %s', async (theme) => {
    await app.page.keyboard.press('Control+,');
    await app.page.getByLabel('Appearance').selectOption(theme);
    await app.page.locator(`html[data-theme=${theme}]`).waitFor();
    await app.page.keyboard.press('Control+1');
    await app.page.getByRole('navigation', { name: 'Calls' }).waitFor();
    expect(await found()).toEqual([]);
    await app.page.keyboard.press('Control+,');
    await app.page.getByRole('heading', { name: 'General' }).waitFor();
    expect(await found()).toEqual([]);
  });

  it('says in words what the lanes show', async () => {
    await app.page.keyboard.press('Control+1');
    const lanes = app.page.locator('canvas[role=img]');
    const description = await lanes.getAttribute('aria-describedby');
    expect(await lanes.getAttribute('aria-label')).not.toBe('');
    const words = app.page.locator(`[id="${description}"]`);
    await until('the words', async () => /caller.*\d/i.test((await words.textContent()) ?? ''));
  });
});
