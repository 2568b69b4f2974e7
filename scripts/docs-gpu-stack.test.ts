import { access, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const page = (name: string): Promise<string> => readFile(new URL(`../docs/${name}`, import.meta.url), 'utf8');
const VARIABLE = /\b(?:API|BOT|ENDPOINTS|GPU|HF|HOST|LLM|LOG|STT|TTS)_[A-Z][A-Z_]*\b/g;
/** Of the bot and the window, not of gpu-stack/.env. */
const NOT_OF_THE_STACK = ['LLM_API_URL', 'STT_API_URL', 'TTS_API_URL'];

const named = (text: string): string[] => [...new Set(text.match(VARIABLE))].sort();
/** What does not depend on the language: rows of tables, headings, and lines of code. */
const shape = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    if (line.startsWith('|')) return `row of ${line.split(/(?<!\\)\|/).length - 2}`;
    return /^(#+) /.exec(line)?.[1] ?? [];
  });

describe('docs/gpu-stack.md', () => {
  it('names only settings that there are', async () => {
    const settings = await readFile(new URL('../gpu-stack/.env.example', import.meta.url), 'utf8');
    const text = await page('gpu-stack.md');
    const unknown = named(text).filter((name) => !named(settings).includes(name));
    expect(unknown).toEqual(NOT_OF_THE_STACK);
  });

  it('says the same in Russian', async () => {
    const [english, russian] = [await page('gpu-stack.md'), await page('gpu-stack.ru.md')];
    expect(named(russian)).toEqual(named(english));
    expect(shape(russian)).toEqual(shape(english));
  });

  it.each(['gpu-stack.md', 'gpu-stack.ru.md'])('%s links to what is there', async (name) => {
    const text = await page(name);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    );
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links.filter((to) => !to.startsWith('http'))) {
      const [file = '', heading] = link.split('#');
      if (file === '') expect(headings).toContain(heading);
      else await access(new URL(`../docs/${file}`, import.meta.url));
    }
  });
});
