/** Writes docs/bot-yaml.md from the schema of bot.yaml: `npm run docs:bot-yaml`. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { allowed, jsonSchemaOf, type JsonSchema } from '../backend/base/allowed.ts';
import { botSettings } from '../backend/contract/settings.ts';

export const REFERENCE = path.join(import.meta.dirname, '..', 'docs', 'bot-yaml.md');

const HEAD = `# bot.yaml

What a bot is: a folder with \`bot.yaml\`, the prompt it names and, where it clones a voice, a WAV of that voice. All
three are watched: the next thing the bot says, in calls going on too, goes by the new ones. A broken edit keeps the
old ones and says what is wrong.

Every key may be missing. A key that is not listed here is refused, with its line and what is allowed. Names that end
in \`_ms\` are milliseconds. \`STT_API_URL\`, \`LLM_API_URL\` and \`TTS_API_URL\`, from the environment or from \`.env\` in the
current directory, set \`provider: openai\` and \`base_url\` of their section.

This page is made from the schema in \`backend/contract/settings.ts\` by \`npm run docs:bot-yaml\`.

\`\`\`yaml
name: receptionist
language: en
greeting: Hello! How can I help?
prompt: prompt.md
voice: { ref_audio: ref_audio.wav, speed: 1 }
stt: { provider: openai, base_url: http://localhost:8000/v1, model: large-v3-turbo, api_key_env: STT_API_KEY }
llm: { provider: embedded, model: rules }
tts: { provider: embedded, model: piper-joe-en }
turn: { min_silence_ms: 300, interrupt_min_ms: 300 }
\`\`\`
`;

/** The whole page. */
export async function botYamlReference(): Promise<string> {
  const schema = jsonSchemaOf(botSettings);
  const sections = Object.entries(schema.properties ?? {}).filter(([, one]) => keysOf(one) !== null);
  const own = Object.entries(schema.properties ?? {}).filter(([, one]) => keysOf(one) === null);
  const pages = [HEAD, table(own)];
  for (const [name, section] of sections) {
    const list = section.type === 'array' ? ' Each of the list:' : '';
    pages.push(
      `## ${name}\n\n${section.description ?? ''}${list}\n\n${table(Object.entries(keysOf(section) ?? {}))}`,
    );
  }
  return format(pages.join('\n\n'), { ...(await resolveConfig(REFERENCE)), parser: 'markdown' });
}

/** Keys of a section, or of each entry of a list of sections; null for a plain value. */
function keysOf(schema: JsonSchema): JsonSchema['properties'] | null {
  return schema.properties ?? schema.items?.properties ?? null;
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

if (import.meta.main) {
  const before = await readFile(REFERENCE, 'utf8').catch(() => '');
  const now = await botYamlReference();
  await writeFile(REFERENCE, now);
  console.log(before === now ? 'docs/bot-yaml.md is up to date' : 'docs/bot-yaml.md written');
}
