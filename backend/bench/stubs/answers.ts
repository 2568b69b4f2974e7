import type { ServerResponse } from 'node:http';
import type { Scope } from '../../base/scope.ts';
import { wavHeader } from '../../audio/wav.ts';
import { tokensOf, type ScriptedReply } from '../../providers/scripted.ts';
import { toneSpeech } from '../../providers/tones.ts';
import { sleepUntil } from './precise-sleep.ts';

/**
 * What goes wrong on demand. hang: never answers; reset: closes the connection before, reset_midway within the
 * answer; stall: falls silent within it; html: a web page, with status 200; garbage: the right media type, but
 * not what it names; empty: an answer with nothing in it; endless: does not stop; busy: 429; broken: 500.
 */
export const FAULTS = [
  'hang',
  'reset',
  'reset_midway',
  'stall',
  'html',
  'garbage',
  'empty',
  'endless',
  'busy',
  'broken',
] as const;
export type StubFault = (typeof FAULTS)[number];

/** One answer on its way: `scope` closes with its connection. */
export interface Answer {
  readonly response: ServerResponse;
  readonly scope: Scope;
  /** performance.now() at which the request was there whole. */
  readonly from: number;
  readonly fault: StubFault | null;
}

/** Faults that look the same at every endpoint. Returns whether the answer was given. */
export function answerWithFault({ response, fault }: Answer): boolean {
  switch (fault) {
    case 'hang':
      return true;
    case 'reset':
      response.destroy();
      return true;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><html><head><title>Welcome to nginx!</title></head><body></body></html>');
      return true;
    case 'busy':
      sendError(response, 429, 'Rate limit reached');
      return true;
    case 'broken':
      sendError(response, 500, 'CUDA out of memory');
      return true;
    default:
      return false;
  }
}

export function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: 'error', code: status } });
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

export interface TranscriptionTiming {
  readonly sttMs: number;
  readonly partialMs: number;
}

export async function answerTranscription(
  answer: Answer,
  text: string,
  streamed: boolean,
  { sttMs, partialMs }: TranscriptionTiming,
): Promise<void> {
  const { response, scope, from, fault } = answer;
  if (!streamed) {
    await sleepUntil(scope, from + sttMs);
    if (fault === 'stall' || fault === 'reset_midway') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"text":', () => void (fault === 'stall' || response.destroy()));
    } else if (fault === 'garbage') sendJson(response, 200, { transcript: text });
    else sendJson(response, 200, { text: fault === 'empty' ? '' : text });
    return;
  }
  const pieces = tokensOf(text).map((delta) => ({ type: 'transcript.text.delta', delta }));
  startEvents(response);
  for (const [index, piece] of pieces.entries()) {
    await sleepUntil(scope, from + sttMs - (pieces.length - 1 - index) * partialMs);
    if (await midway(answer, index, pieces.length)) return;
    sendEvent(response, piece);
  }
  sendEvent(response, { type: 'transcript.text.done', text });
  endEvents(response);
}

export interface CompletionTiming {
  /** Until the first clause is whole. */
  readonly llmMs: number;
  readonly tokenMs: number;
}

export async function answerCompletion(
  answer: Answer,
  reply: ScriptedReply,
  { llmMs, tokenMs }: CompletionTiming,
): Promise<void> {
  const { response, scope, from, fault } = answer;
  const tokens = fault === 'empty' ? [] : tokensOf(reply.text);
  const clauseEnd = Math.max(
    0,
    tokens.findIndex((token) => /[.!?,;:…]$/.test(token)),
  );
  startEvents(response);
  sendChoice(response, { role: 'assistant', content: '' });
  if (fault === 'garbage') response.write('data: {"choices": [oops\n\n');
  const count = fault === 'endless' ? Infinity : tokens.length;
  for (let index = 0; index < count; index += 1) {
    await sleepUntil(scope, from + llmMs + (index - clauseEnd) * tokenMs);
    if (response.destroyed || (await midway(answer, index, tokens.length))) return;
    sendChoice(response, { content: tokens[index] ?? ' more' });
  }
  for (const [index, { id, name, arguments: json }] of (reply.toolCalls ?? []).entries()) {
    await sleepUntil(scope, from + llmMs);
    // In three fragments, as real servers send them.
    const half = json.length >> 1;
    sendChoice(response, {
      tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
    });
    sendChoice(response, { tool_calls: [{ index, function: { arguments: json.slice(0, half) } }] });
    sendChoice(response, { tool_calls: [{ index, function: { arguments: json.slice(half) } }] });
  }
  sendChoice(response, {}, reply.toolCalls?.length ? 'tool_calls' : 'stop');
  endEvents(response);
}

export interface SpeechTiming {
  readonly ttsMs: number;
  /** Audio in one chunk. */
  readonly chunkMs: number;
  readonly perChunkMs: number;
  readonly sampleRate: number;
  readonly format: 'pcm' | 'wav';
}

export async function answerSpeech(
  answer: Answer,
  text: string,
  speed: number,
  { ttsMs, chunkMs, perChunkMs, sampleRate, format }: SpeechTiming,
): Promise<void> {
  const { response, scope, from, fault } = answer;
  const pcm = toneSpeech(fault === 'empty' ? '' : text, sampleRate, speed);
  const bytes = Buffer.from(pcm.buffer);
  const chunkBytes = Math.round((chunkMs / 1000) * sampleRate) * 2;
  const chunks = Math.ceil(bytes.length / chunkBytes);
  response.writeHead(200, { 'content-type': format === 'wav' ? 'audio/wav' : 'audio/pcm' });
  response.flushHeaders();
  const [count, everyMs] = fault === 'endless' ? [Infinity, 1] : [chunks, perChunkMs];
  for (let index = 0; index < count; index += 1) {
    await sleepUntil(scope, from + ttsMs + index * everyMs);
    if (response.destroyed || (await midway(answer, index, chunks))) return;
    if (index === 0 && format === 'wav') response.write(wavHeader({ sampleRate, samples: null }));
    const at = index % Math.max(1, chunks);
    response.write(bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes));
  }
  // Half a sample too many: such an answer was no 16-bit PCM.
  response.end(fault === 'garbage' ? Buffer.from([7]) : undefined);
}

/** Whether a fault ended the answer within, before its piece `index` of `count`. */
async function midway({ response, fault }: Answer, index: number, count: number): Promise<boolean> {
  if (index * 2 < count || index === 0) return false;
  if (fault === 'stall') return true;
  if (fault !== 'reset_midway') return false;
  response.destroy();
  return true;
}

function startEvents(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  response.flushHeaders();
}

function sendEvent(response: ServerResponse, value: unknown): void {
  response.write(`data: ${JSON.stringify(value)}\n\n`);
}

function sendChoice(response: ServerResponse, delta: unknown, finish: string | null = null): void {
  sendEvent(response, {
    id: 'chatcmpl-stub',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
}

function endEvents(response: ServerResponse): void {
  response.write('data: [DONE]\n\n');
  response.end();
}
