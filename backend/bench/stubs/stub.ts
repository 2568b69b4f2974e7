import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { readWav } from '../../audio/wav.ts';
import { explain, SidetoneError } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { ScriptedReply } from '../../providers/scripted.ts';
import {
  answerCompletion,
  answerSpeech,
  answerTranscription,
  answerWithFault,
  sendError,
  sendJson,
  type Answer,
  type StubFault,
} from './answers.ts';

/**
 * A server on loopback that looks like OpenAI's: /v1/models, /v1/audio/transcriptions, /v1/chat/completions and
 * /v1/audio/speech. What it answers and when is scripted, exact to a fraction of a millisecond.
 */

export type StubStage = 'models' | 'stt' | 'llm' | 'tts';

export interface StubOptions {
  /** 0: any free one. */
  readonly port?: number;
  readonly sttMs?: number;
  /** Between streamed pieces of a transcript. */
  readonly partialMs?: number;
  /** Until the first clause of a reply is whole. */
  readonly llmMs?: number;
  readonly tokenMs?: number;
  readonly ttsMs?: number;
  readonly chunkMs?: number;
  readonly perChunkMs?: number;
  readonly sampleRate?: number;
  readonly format?: 'pcm' | 'wav';
  /** Transcripts by the order of requests, from the start again after the last. */
  readonly transcripts?: readonly string[];
  /** Replies likewise. */
  readonly replies?: readonly ScriptedReply[];
  /** Models it has; requests for others are answered 404. null: takes any and lists none. */
  readonly models?: readonly string[] | null;
  /** null: asks for none. */
  readonly apiKey?: string | null;
  /** Fields of a request that are answered with 400. */
  readonly refusedFields?: readonly string[];
  /** How that is put; {field} stands for the field. */
  readonly refusal?: string;
  readonly faults?: Readonly<Partial<Record<StubStage, StubFault>>>;
}

export interface StubRequest {
  readonly stage: StubStage;
  /** performance.now() at which it was there whole. */
  readonly at: number;
  /** Port of the client: the same for requests over one connection. */
  readonly connection: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The segment of a transcription. */
  readonly audio: { readonly samples: number; readonly sampleRate: number } | null;
  /** The client went away before the answer was whole. */
  aborted: boolean;
}

export interface Stub {
  /** Root of the API, up to and including /v1. */
  readonly url: string;
  /** The latest requests, oldest first. */
  readonly requests: readonly StubRequest[];
  /** From now on, or for the next `times` requests, this goes wrong. null: nothing does. */
  fail(stage: StubStage, fault: StubFault | null, times?: number): void;
}

const DEFAULTS = {
  port: 0,
  sttMs: 100,
  partialMs: 10,
  llmMs: 150,
  tokenMs: 15,
  ttsMs: 100,
  chunkMs: 100,
  perChunkMs: 20,
  sampleRate: 24_000,
  format: 'pcm',
  transcripts: ['I would like to book a table, please.'],
  replies: [{ text: 'I can help with that. What day would suit you best?' }],
  models: null,
  apiKey: null,
  refusedFields: [],
  refusal: "Unsupported parameter: '{field}'",
  faults: {},
} as const satisfies Required<StubOptions>;

const MAX_LOGGED = 1000;
const MAX_BODY_BYTES = 64 << 20;

const jsonBody = z.record(z.string(), z.unknown());

/** Listens on 127.0.0.1 until the scope closes. @throws SidetoneError environment when the port is taken */
export async function startStub(options: StubOptions, scope: Scope): Promise<Stub> {
  const settings: Required<StubOptions> = { ...DEFAULTS, ...options };
  const requests: StubRequest[] = [];
  const faults = new Map<StubStage, { fault: StubFault; times: number }>();
  const served = { models: 0, stt: 0, llm: 0, tts: 0 };
  const fail: Stub['fail'] = (stage, fault, times = Infinity) => {
    if (fault === null) faults.delete(stage);
    else faults.set(stage, { fault, times });
  };
  for (const stage of ['models', 'stt', 'llm', 'tts'] as const) fail(stage, settings.faults[stage] ?? null);

  function takeFault(stage: StubStage): StubFault | null {
    const entry = faults.get(stage);
    if (!entry) return null;
    entry.times -= 1;
    if (entry.times <= 0) faults.delete(stage);
    return entry.fault;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const stage = ROUTES.get(`${request.method} ${request.url}`);
    const body = await readBody(request);
    const from = performance.now();
    if (!stage) return sendError(response, 404, `Invalid URL (${request.method} ${request.url})`);
    const { fields, audio } = await parseBody(body, request.headers['content-type'] ?? '');
    const logged: StubRequest = {
      stage,
      at: from,
      connection: request.socket.remotePort ?? 0,
      fields,
      headers: request.headers,
      audio,
      aborted: false,
    };
    requests.push(logged);
    if (requests.length > MAX_LOGGED) requests.shift();

    if (settings.apiKey !== null && request.headers.authorization !== `Bearer ${settings.apiKey}`) {
      return sendError(response, 401, 'Incorrect API key provided');
    }
    if (
      stage !== 'models' &&
      settings.models !== null &&
      !settings.models.includes(String(fields['model']))
    ) {
      return sendError(response, 404, `The model \`${String(fields['model'])}\` does not exist`);
    }
    const refused = settings.refusedFields.find((field) => field in fields);
    if (refused) return sendError(response, 400, settings.refusal.replace('{field}', refused));

    const answerScope = scope.child();
    response.once('close', () => {
      logged.aborted = !response.writableFinished;
      void answerScope.close();
    });
    const answer: Answer = { response, scope: answerScope, from, fault: takeFault(stage) };
    const count = served[stage]++;
    if (answerWithFault(answer)) return;
    switch (stage) {
      case 'models':
        if (settings.models === null) return sendError(response, 404, 'Invalid URL (GET /v1/models)');
        return sendJson(response, 200, { object: 'list', data: settings.models.map((id) => ({ id })) });
      case 'stt': {
        const text = settings.transcripts[count % settings.transcripts.length] ?? '';
        return answerTranscription(answer, text, fields['stream'] === 'true', settings);
      }
      case 'llm': {
        const reply = settings.replies[count % settings.replies.length] ?? { text: '' };
        return answerCompletion(answer, reply, settings);
      }
      case 'tts':
        return answerSpeech(answer, String(fields['input']), Number(fields['speed'] ?? 1), settings);
    }
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendError(response, 400, explain(error));
    });
  });
  scope.defer(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  server.listen(settings.port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new SidetoneError('environment', `cannot listen on 127.0.0.1:${settings.port}: ${explain(cause)}`, {
      hint: 'choose another port, or 0 for any free one',
      cause,
    });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  return { url: `http://127.0.0.1:${port}/v1`, requests, fail };
}

const ROUTES: ReadonlyMap<string, StubStage> = new Map([
  ['GET /v1/models', 'models'],
  ['POST /v1/audio/transcriptions', 'stt'],
  ['POST /v1/chat/completions', 'llm'],
  ['POST /v1/audio/speech', 'tts'],
]);

async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new SidetoneError('refused', 'the request is too long');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function parseBody(
  body: Buffer<ArrayBuffer>,
  type: string,
): Promise<Pick<StubRequest, 'fields' | 'audio'>> {
  if (body.length === 0) return { fields: {}, audio: null };
  if (!type.startsWith('multipart/form-data')) {
    return { fields: jsonBody.parse(JSON.parse(body.toString())), audio: null };
  }
  const fields: Record<string, string> = {};
  let audio: StubRequest['audio'] = null;
  for (const [name, value] of await new Response(body, { headers: { 'content-type': type } }).formData()) {
    if (typeof value === 'string') fields[name] = value;
    else {
      const { pcm, sampleRate } = readWav(new Uint8Array(await value.arrayBuffer()));
      audio = { samples: pcm.length, sampleRate };
    }
  }
  return { fields, audio };
}
