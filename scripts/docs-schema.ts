/** Reference pages of YAML files, made from their schemas: what docs-bot-yaml.ts and docs-accounts-yaml.ts share. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { z } from 'zod';
import { allowed, jsonSchemaOf, type JsonSchema } from '../backend/base/allowed.ts';

/** The whole page: `head`, a table of the plain keys, a chapter for each section. `file`: where it is to lie. */
export async function referenceOf(file: string, head: string, settings: z.ZodType): Promise<string> {
  const schema = jsonSchemaOf(settings);
  const sections = Object.entries(schema.properties ?? {}).filter(([, one]) => keysOf(one) !== null);
  const own = Object.entries(schema.properties ?? {}).filter(([, one]) => keysOf(one) === null);
  const pages = [head, table(own)];
  for (const [name, section] of sections) {
    const list = section.type === 'array' ? ' Each of the list:' : '';
    pages.push(
      `## ${name}\n\n${section.description ?? ''}${list}\n\n${table(Object.entries(keysOf(section) ?? {}))}`,
    );
  }
  return format(pages.join('\n\n'), { ...(await resolveConfig(file)), parser: 'markdown' });
}

/** Writes a page, and says whether there was anything to write. */
export async function writeReference(file: string, now: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => '');
  await writeFile(file, now);
  const name = `docs/${path.basename(file)}`;
  console.log(before === now ? `${name} is up to date` : `${name} written`);
}

/** Keys of a section, of each entry of a list of sections, or of one that may be null; null for a plain value. */
function keysOf(schema: JsonSchema): JsonSchema['properties'] | null {
  const section = schema.anyOf?.find(({ properties }) => properties) ?? schema;
  return section.properties ?? section.items?.properties ?? null;
}

function table(keys: [string, JsonSchema][]): string {
  const rows = keys.map(([name, schema]) => {
    const cells = [`\`${name}\``, allowed(schema), defaultOf(schema), schema.description ?? ''];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | allowed | default | what it is |', '|---|---|---|---|', ...rows].join('\n');
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined
    ? ''
    : `\`${JSON.stringify(schema.default).replace(/^"(.*)"$/, '$1')}\``;
}
