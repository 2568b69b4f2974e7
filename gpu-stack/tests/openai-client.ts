/**
 * The official TypeScript client against the three services of the stack: one exchange with each, streamed where that
 * is offered. Addresses and key from the environment; what came is printed as one JSON object.
 */
import { OpenAI, toFile } from 'openai';

const apiKey = process.env['API_KEY'] ?? '';
const at = (url: string | undefined): OpenAI =>
  new OpenAI({ baseURL: url ?? '', apiKey, maxRetries: 0, timeout: 60_000 });
const llm = at(process.env['LLM_API_URL']);
const stt = at(process.env['STT_API_URL']);
const tts = at(process.env['TTS_API_URL']);

async function firstModel(client: OpenAI): Promise<string> {
  for await (const model of client.models.list()) return model.id;
  throw new Error(`${client.baseURL} lists no model`);
}

async function chat(): Promise<{ words: number }> {
  const stream = await llm.chat.completions.create({
    model: 'llm',
    messages: [{ role: 'user', content: 'Say hello.' }],
    max_tokens: 12,
    stream: true,
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return { words: text.trim().split(/\s+/).length };
}

async function speak(): Promise<{ pcmBytes: number; wav: ArrayBuffer; events: string[] }> {
  const request = { model: await firstModel(tts), voice: 'default', input: 'Да, столик свободен.' } as const;
  const pcm = await tts.audio.speech.create({ ...request, response_format: 'pcm' });
  const wav = await tts.audio.speech.create({ ...request, response_format: 'wav' });
  const sse = await tts.audio.speech.create({ ...request, response_format: 'pcm', stream_format: 'sse' });
  const events = new Set((await sse.text()).matchAll(/"type": ?"([\w.]+)"/g).map(([, type]) => type ?? ''));
  return {
    pcmBytes: (await pcm.arrayBuffer()).byteLength,
    wav: await wav.arrayBuffer(),
    events: [...events],
  };
}

async function transcribe(wav: ArrayBuffer): Promise<{ duration: number; events: string[] }> {
  const model = await firstModel(stt);
  const file = await toFile(wav, 'speech.wav', { type: 'audio/wav' });
  const whole = await stt.audio.transcriptions.create({ file, model, response_format: 'verbose_json' });
  const streamed = await stt.audio.transcriptions.create({ file, model, stream: true });
  const events = new Set<string>();
  for await (const event of streamed) events.add(event.type);
  return { duration: whole.duration, events: [...events] };
}

const { wav, ...speech } = await speak();
process.stdout.write(JSON.stringify({ llm: await chat(), tts: speech, stt: await transcribe(wav) }));
