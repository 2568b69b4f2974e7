/** Writes docs/bot-yaml.md from the schema of bot.yaml: `npm run docs:bot-yaml`. */
import path from 'node:path';
import { botSettings } from '../backend/contract/settings.ts';
import { referenceOf, writeReference } from './docs-schema.ts';

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
export function botYamlReference(): Promise<string> {
  return referenceOf(REFERENCE, HEAD, botSettings);
}

if (import.meta.main) await writeReference(REFERENCE, await botYamlReference());
