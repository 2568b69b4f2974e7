import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeWav } from '../../backend/audio/wav.ts';
import { CALLER, speech } from '../support/bots.ts';
import { StubEndpoint } from '../support/endpoint.ts';
import { Phone } from '../support/phone.ts';
import { until } from '../support/until.ts';
import { overlap } from '../support/words.ts';
import { App } from './support/app.ts';
import { entries } from './support/conversation.ts';
import type { CallRecord } from './support/record.ts';

const MOST = 0.7;
const FIRST = 'Let me look at the calendar.';
const CHANGED = 'The garden behind the house is full of yellow flowers.';

/** Whatever the caller wants, there is one answer. */
const prompt = (say: string): string => `You are on the telephone.

\`\`\`rules
intents:
  name:
    when: [name, emma, wilson]
    say: ${say}
\`\`\`
`;

let voices: StubEndpoint;
let app: App;
let phone: Phone;
let record: CallRecord;
beforeAll(async () => {
  voices = await StubEndpoint.start({ ttsMs: 5 });
  app = await App.open({ prepareBot });
  phone = await Phone.call(await app.port());
  record = await app.record('receptionist');
}, 60_000);
afterAll(async () => {
  await phone[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
  await voices[Symbol.asyncDispose]();
});

/** Its voice is asked for at an endpoint that shows what it was asked for. */
function prepareBot(dir: string): void {
  rmSync(path.join(dir, 'caller'), { recursive: true });
  writeFileSync(path.join(dir, 'prompt.md'), prompt(FIRST));
  writeFileSync(path.join(dir, 'ref_audio.wav'), encodeWav(speech(CALLER.book), 8000));
  writeFileSync(
    path.join(dir, 'bot.yaml'),
    `# Kept.
name: receptionist
turn: { completeness: 'off' }
voice: { ref_audio: ref_audio.wav, ref_text: Hello. }
llm: { provider: embedded, model: rules }
tts: { provider: openai, model: mouth, base_url: '${voices.url}' }
`,
  );
}

interface Asked {
  readonly words: string;
  /** Its hash. */
  readonly refAudio: string;
  readonly refText: string;
}

/** The caller says something, in one breath; what the voice was then asked to say, and as whom. */
async function answer(): Promise<Asked> {
  const before = record.all('bot.said').length;
  const asked = voices.stub.requests.length;
  await phone.say(speech(CALLER.name));
  const said = await until('an answer', () => record.all('bot.said')[before]);
  // Beside phrases that are prepared in case they are needed, and clause by clause.
  const request = voices.stub.requests
    .slice(asked)
    .find(({ stage, fields }) => stage === 'tts' && said.heard.includes(String(fields['input'])));
  const { ref_audio, ref_text } = request?.fields ?? {};
  return { words: said.heard, refAudio: hash(String(ref_audio)), refText: String(ref_text) };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Of a recording as it is sent. */
function hashOf(file: string): string {
  return hash(`data:audio/wav;base64,${readFileSync(path.join(app.bot, file)).toString('base64')}`);
}

/** Drops a file where recordings go. */
async function drop(name: string, bytes: Uint8Array): Promise<void> {
  const dataTransfer = await app.page.evaluateHandle(
    ([name, base64]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: 'audio/wav' }));
      return transfer;
    },
    [name, Buffer.from(bytes).toString('base64')] as const,
  );
  await app.page.getByText('Drop a WAV here').dispatchEvent('drop', { dataTransfer });
}

/** Everything that could be a voice, on the disk. */
function files(): string[] {
  return readdirSync(app.bot, { recursive: true, encoding: 'utf8' }).toSorted();
}

describe('in mid-call', () => {
  it('the prompt is edited, and the next answer follows it', async () => {
    expect((await answer()).words).toBe(FIRST);
    await app.page.getByRole('tab', { name: 'Bot' }).click();
    const editor = app.page.getByRole('textbox', { name: 'Text of the prompt' });
    await editor.click();
    await app.page.keyboard.press('Control+a');
    await app.page.keyboard.insertText(prompt(CHANGED));
    await app.page.getByText('1 line changed').waitFor();
    expect(readFileSync(path.join(app.bot, 'prompt.md'), 'utf8')).toBe(prompt(FIRST));

    await app.page.getByRole('button', { name: 'Apply from next answer' }).click();
    await app.page.getByRole('status').filter({ hasText: 'In use' }).waitFor();
    expect(readFileSync(path.join(app.bot, 'prompt.md'), 'utf8')).toBe(prompt(CHANGED));
    await record.event('config.changed');
    expect((await answer()).words).toBe(CHANGED);

    await app.page.getByRole('tab', { name: 'Conversation' }).click();
    const bots = (await entries(app.page)).filter(({ who }) => who === 'Bot');
    expect(bots.map(({ text }) => text)).toEqual([FIRST, CHANGED]);
    await app.page.getByText('Settings taken: the next answer uses them').waitFor();
  });

  it('the voice is switched to a recording that is dropped, and switched back', async () => {
    expect((await answer()).refAudio).toBe(hashOf('ref_audio.wav'));
    await app.page.getByRole('tab', { name: 'Bot' }).click();
    await app.page.getByRole('tab', { name: 'Voice' }).click();
    await drop('Emma (phone).wav', encodeWav(speech(CALLER.when), 8000));
    const card = app.page.getByRole('listitem').filter({ hasText: 'Emma-phone' });
    await card.getByRole('button', { name: 'Use', exact: true }).click();
    await card.getByText('In use').waitFor();
    await until('the voice to be taken up', () => record.all('config.changed').length === 2);
    const switched = await answer();
    expect(switched.refAudio).toBe(hashOf('voices/Emma-phone.wav'));
    expect(switched.refAudio).not.toBe(hashOf('ref_audio.wav'));
    // Nobody wrote down what it says: the bot's own ears found out.
    expect(overlap(CALLER.when.words, switched.refText), switched.refText).toBeGreaterThanOrEqual(MOST);

    await app.page.getByRole('button', { name: /^Undo: voice\.ref_audio/ }).click();
    await until('the voice to be taken back', () => record.all('config.changed').length === 3);
    expect(await answer()).toEqual({ words: CHANGED, refAudio: hashOf('ref_audio.wav'), refText: 'Hello.' });
    expect(readFileSync(path.join(app.bot, 'bot.yaml'), 'utf8')).toMatch(/^# Kept\.\n/);
  });

  it('a recording that is none is refused and leaves everything as it is', async () => {
    const before = files();
    await drop('song.wav', Buffer.from('ID3\x04\0\0\0\0\0\0 not audio at all'));
    const refusal = app.page.getByRole('alert').filter({ hasText: 'song.wav' });
    await refusal.getByText('an MP3 file').waitFor();
    expect(files()).toEqual(before);
    await expect(app.page.getByRole('listitem').filter({ hasText: 'song' }).count()).resolves.toBe(0);
    expect(record.manifest.state).toBe('recording');
  });

  it('no error comes up in the page', () => {
    expect(app.pageErrors).toEqual([]);
  });
});
