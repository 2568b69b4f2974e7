import { BadRequestError, UnprocessableEntityError } from 'openai';
import type { SidetoneError } from '../../base/errors.ts';
import type { TtsSettings } from '../../contract/settings.ts';
import type { Deadline } from '../deadline.ts';
import { bodyChunks } from '../http-body.ts';
import { Endpoint, type EndpointOptions } from '../openai-client.ts';
import type { PcmChunk, SpeakRequest, Tts } from '../types.ts';
import { NotPcmError, PcmStream } from './pcm-stream.ts';

/** Nobody speaks slower than this at speed 1, or says less than MIN_SPEECH_S. More audio than that has no end. */
const SECONDS_PER_CHARACTER = 0.5;
const MIN_SPEECH_S = 15;
/** Nobody speaks faster than this at speed 1: such audio is cut off, or played at several times its true rate. */
const CHARACTERS_PER_SECOND = 28;
/** Shorter texts are too irregular to judge. */
const MIN_JUDGED_CHARACTERS = 20;

const ASK_FOR_PCM = 'the endpoint has to support response_format pcm, or answer with 16-bit mono WAV';

/** Fields beyond OpenAI's that a server may refuse; each is then left out from the next request on. */
const OPTIONAL_FIELDS = ['stream_format', 'language'] as const;
type OptionalField = (typeof OPTIONAL_FIELDS)[number];

const languageNames = new Intl.DisplayNames(['en'], { type: 'language' });

/** Speech of an OpenAI-shaped endpoint, handed on from its first bytes. */
export class OpenAiTts implements Tts {
  readonly name: string;
  readonly #endpoint: Endpoint;
  readonly #rawSampleRate: number;
  readonly #refused = new Set<OptionalField>();
  readonly #dataUrls = new WeakMap<Uint8Array, string>();

  constructor(settings: TtsSettings, options?: EndpointOptions) {
    this.#endpoint = new Endpoint('tts', settings, options);
    this.#rawSampleRate = settings.sample_rate;
    this.name = `openai:${settings.model}`;
  }

  warm(): Promise<void> {
    return this.#endpoint.warm();
  }

  speak(request: SpeakRequest): AsyncGenerator<PcmChunk, void, undefined> {
    return this.#endpoint.exchange(request.signal, (deadline) => this.#stream(request, deadline));
  }

  async *#stream(request: SpeakRequest, deadline: Deadline): AsyncGenerator<PcmChunk, void, undefined> {
    const response = await this.#open(request, deadline);
    await this.#endpoint.expectType(response, /^(?!text\/|application\/json)/, deadline);
    const stream = new PcmStream(this.#rawSampleRate);
    const longest = Math.max(MIN_SPEECH_S, request.text.length * SECONDS_PER_CHARACTER) / request.voice.speed;
    for await (const bytes of bodyChunks(response, deadline)) {
      const pcm = this.#samples(stream, bytes);
      if (pcm.length === 0) continue;
      deadline.progress();
      yield { pcm, sampleRate: stream.sampleRate };
      if (stream.samples > longest * stream.sampleRate) {
        throw this.#endpoint.garbled(
          `does not stop speaking: more than ${Math.round(longest)} s for ${request.text.length} characters`,
          'check tts.model, or that its rate is not far above tts.sample_rate in bot.yaml',
        );
      }
    }
    const problem = this.#problem(stream, request);
    if (problem) throw problem;
  }

  async #open(request: SpeakRequest, deadline: Deadline): Promise<Response> {
    const body = this.#body(request);
    try {
      // Not through audio.speech.create(), whose types know none of the fields for cloning and insist on a voice.
      const pending = this.#endpoint.client.post('/audio/speech', {
        body,
        signal: deadline.signal,
        headers: { Accept: 'application/octet-stream' },
      });
      return await deadline.wait(pending.asResponse());
    } catch (error) {
      const field = refusedField(error, body);
      if (field === undefined) throw error;
      this.#refused.add(field);
      return this.#open(request, deadline);
    }
  }

  /**
   * OpenAI's speech request, with vLLM-Omni's fields for cloning (`ref_audio`, `ref_text`), for the language (its
   * English name) and for bytes sent as they are made (`stream_format`; it streams at its own speed only).
   */
  #body({ text, language, voice }: SpeakRequest): Record<string, unknown> {
    const body: Record<string, unknown> = {
      model: this.#endpoint.model,
      input: text,
      response_format: 'pcm',
      language: languageNames.of(language.slice(0, 2)),
    };
    if (voice.name !== null) body['voice'] = voice.name;
    if (voice.reference !== null) {
      body['ref_audio'] = this.#dataUrl(voice.reference.wav);
      body['ref_text'] = voice.reference.text;
    }
    if (voice.speed === 1) body['stream_format'] = 'audio';
    else body['speed'] = voice.speed;
    for (const field of this.#refused) delete body[field];
    return body;
  }

  #dataUrl(wav: Uint8Array): string {
    const made = this.#dataUrls.get(wav) ?? `data:audio/wav;base64,${Buffer.from(wav).toString('base64')}`;
    this.#dataUrls.set(wav, made);
    return made;
  }

  #samples(stream: PcmStream, bytes: Uint8Array): Int16Array {
    try {
      return stream.push(bytes);
    } catch (error) {
      throw error instanceof NotPcmError ? this.#endpoint.garbled(error.message, ASK_FOR_PCM) : error;
    }
  }

  /** What the whole, once it is there, shows to be wrong with it. */
  #problem(stream: PcmStream, { text, voice }: SpeakRequest): SidetoneError | null {
    const { samples, sampleRate } = stream;
    if (samples === 0) return this.#endpoint.garbled('sent no audio', 'see the log of that server');
    if (stream.cutInSample) return this.#endpoint.garbled('sent an odd number of bytes', ASK_FOR_PCM);
    if (stream.silent)
      return this.#endpoint.garbled('sent nothing but silence', 'see the log of that server');
    const characters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
    const seconds = samples / sampleRate;
    if (characters >= MIN_JUDGED_CHARACTERS && characters / seconds > CHARACTERS_PER_SECOND * voice.speed) {
      return this.#endpoint.garbled(
        `sent ${seconds.toFixed(1)} s of audio for ${characters} letters`,
        `check that it sends 16-bit PCM at the rate of tts.sample_rate in bot.yaml (taken: ${sampleRate} Hz)`,
      );
    }
    return null;
  }
}

/** Which optional field of `body` a server's refusal is about. */
function refusedField(error: unknown, body: Record<string, unknown>): OptionalField | undefined {
  if (!(error instanceof BadRequestError || error instanceof UnprocessableEntityError)) return undefined;
  const said = error.message.toLowerCase();
  return OPTIONAL_FIELDS.find((field) => field in body && said.includes(field));
}
