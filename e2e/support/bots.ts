import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { readWav } from '../../backend/audio/wav.ts';

const repository = path.resolve(import.meta.dirname, '../..');
export const DEMO_BOT = path.join(repository, 'bots/demo');

/**
 * A bot.yaml whose bot needs no models and talks fast: the line is what matters. Every reply of the scripted LLM is
 * SCRIPTED_REPLY, every transcript of the scripted STT "Yes, please.".
 */
export const SCRIPTED_BOT = `
turn: { completeness: 'off', min_silence_ms: 500 }
voice: { speed: 2 }
phrases: { idle: A?, goodbye: B., apology: C., repeat: D? }
stt: { provider: scripted }
llm: { provider: scripted }
tts: { provider: scripted }
`;
export const SCRIPTED_REPLY = 'I can help with that. What day would suit you best?';

/** What the demo's caller says, by the words in its README. */
export const CALLER = {
  book: {
    file: path.join(DEMO_BOT, 'caller/1-book.wav'),
    words: "Hello, I'd like to book an appointment for a check-up.",
  },
  when: {
    file: path.join(DEMO_BOT, 'caller/2-when.wav'),
    words: 'Friday at half past two, please, and how much does it cost?',
  },
  name: { file: path.join(DEMO_BOT, 'caller/3-name.wav'), words: 'My name is Emma Wilson.' },
  correction: { file: path.join(DEMO_BOT, 'caller/4-correction.wav'), words: 'No, sorry, I meant Thursday.' },
  goodbye: {
    file: path.join(DEMO_BOT, 'caller/5-goodbye.wav'),
    words: "Yes, that's right, thank you, goodbye.",
  },
} as const;

/** Speech of a caller's file, 8 kHz. */
export function speech({ file }: { readonly file: string }): Int16Array {
  return readWav(readFileSync(file)).pcm;
}

/** A bot folder of its own, to be changed at will. */
export async function makeBot(
  parent: string,
  yaml: string,
  prompt = 'You are on the telephone.',
): Promise<string> {
  const dir = await mkdtemp(path.join(parent, 'bot-'));
  await writeFile(path.join(dir, 'bot.yaml'), yaml);
  await writeFile(path.join(dir, 'prompt.md'), prompt);
  return dir;
}

export async function copyDemoBot(parent: string): Promise<string> {
  const dir = await mkdtemp(path.join(parent, 'demo-'));
  await cp(DEMO_BOT, dir, { recursive: true });
  return dir;
}
