import { APIError } from 'openai';
import { z } from 'zod';
import { encodeWav } from '../../audio/wav.ts';
import type { SttSettings } from '../../contract/settings.ts';
import type { Deadline } from '../deadline.ts';
import { sseData } from '../http-body.ts';
import { Endpoint, type EndpointOptions } from '../openai-client.ts';
import type { Stt, TranscribeRequest } from '../types.ts';

const transcript = z.object({ text: z.string() });

/** Streamed: OpenAI's events, and the chat-like chunks that vLLM sends in their place. */
const streamEvent = z.union([
  z.object({ type: z.literal('transcript.text.delta'), delta: z.string() }),
  z.object({ type: z.literal('transcript.text.done'), text: z.string() }),
  z.object({ choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })) }),
]);

/** Transcriptions of an OpenAI-shaped endpoint; partial results where it streams them. */
export class OpenAiStt implements Stt {
  readonly name: string;
  readonly #endpoint: Endpoint;
  /** Whether the endpoint streams; found out by asking once. */
  #streams = true;

  constructor(settings: SttSettings, options?: EndpointOptions) {
    this.#endpoint = new Endpoint('stt', settings, options);
    this.name = `openai:${settings.model}`;
  }

  warm(): Promise<void> {
    return this.#endpoint.warm();
  }

  async transcribe(request: TranscribeRequest): Promise<string> {
    const wav = new File([encodeWav(request.pcm, request.sampleRate)], 'segment.wav', { type: 'audio/wav' });
    let text = '';
    for await (const soFar of this.#endpoint.exchange(request.signal, (deadline) =>
      this.#attempt(wav, request, deadline),
    )) {
      text = soFar;
      request.onPartial?.(text);
    }
    return text;
  }

  /** The text so far, again and again where the endpoint streams; the last one is the whole. */
  async *#attempt(
    wav: File,
    request: TranscribeRequest,
    deadline: Deadline,
  ): AsyncGenerator<string, void, undefined> {
    const stream = this.#streams && request.onPartial !== undefined;
    const body = {
      model: this.#endpoint.model,
      file: wav,
      // ISO 639-1: servers refuse a region.
      language: request.language.slice(0, 2),
      ...(request.prompt === null ? {} : { prompt: request.prompt }),
      ...(stream ? { stream: true as const } : {}),
    };
    let response: Response;
    try {
      const pending = this.#endpoint.client.audio.transcriptions.create(body, { signal: deadline.signal });
      response = await deadline.wait(pending.asResponse());
    } catch (error) {
      if (!stream || !refusesParameter(error)) throw error;
      this.#streams = false;
      return yield* this.#attempt(wav, request, deadline);
    }
    await this.#endpoint.expectType(response, /^application\/json|^text\/event-stream/, deadline);
    if (response.headers.get('content-type')?.startsWith('application/json')) {
      yield (await this.#endpoint.json(response, transcript, deadline)).text.trim();
      return;
    }
    yield* this.#readEvents(response, deadline);
  }

  async *#readEvents(response: Response, deadline: Deadline): AsyncGenerator<string, void, undefined> {
    let text = '';
    for await (const data of sseData(response, deadline)) {
      deadline.progress();
      const event = this.#endpoint.parse(data, streamEvent);
      if ('choices' in event) text += event.choices[0]?.delta.content ?? '';
      else if (event.type === 'transcript.text.delta') text += event.delta;
      else text = event.text;
      yield text.trim();
    }
  }
}

/** Whether a server answered that it cannot do what was asked, as opposed to who asks or how often. */
function refusesParameter(error: unknown): boolean {
  return error instanceof APIError && [400, 404, 415, 422, 501].includes(error.status ?? 0);
}
