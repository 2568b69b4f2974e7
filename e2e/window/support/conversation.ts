import type { Locator, Page } from 'playwright-core';

export interface Entry {
  readonly who: string;
  /** Words, heard or not. */
  readonly text: string;
}

export function conversation(page: Page): Locator {
  return page.getByRole('region', { name: 'Conversation' });
}

/** What was said so far, as it stands in the conversation. */
export async function entries(page: Page): Promise<Entry[]> {
  const items = conversation(page)
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: /^(Caller|Bot|You) / }) });
  return items.evaluateAll((all) =>
    all.map((item) => ({
      who: /^(Caller|Bot|You)/.exec(item.querySelector('button')?.textContent ?? '')?.[0] ?? '',
      // Tools that were called stand above the words.
      text: [...item.querySelectorAll('p')].at(-1)?.textContent.trim() ?? '',
    })),
  );
}

export interface Wait {
  /** As its one line says it. */
  readonly total: number;
  /** As it says opened: its stages, what they leave, the total. */
  readonly rows: readonly { readonly name: string; readonly ms: number }[];
}

/** What the caller waited for each answer, as it stands there; opens each. */
export async function waits(page: Page): Promise<Wait[]> {
  const buttons = await conversation(page)
    .getByRole('button', { name: /^The caller waited / })
    .all();
  const found: Wait[] = [];
  for (const button of buttons) {
    await button.click();
    const label = (await button.getAttribute('aria-label')) ?? '';
    const stages = page.locator(`[id="${await button.getAttribute('aria-controls')}"]`);
    const rows = await stages.getByRole('listitem').allInnerTexts();
    await button.click();
    found.push({
      total: Number(/waited ([\d.]+) ms/.exec(label)?.[1]),
      rows: rows.map((row) => {
        const [, name = '', ms] = /^(.+?)\s+(-?[\d.]+) ms$/s.exec(row.trim()) ?? [];
        return { name, ms: Number(ms) };
      }),
    });
  }
  return found;
}
