import type { Deadline } from './deadline.ts';

/** Thrown when an answer is longer than it can sensibly be. */
export class TooLongError extends Error {
  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes without an end`);
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function* readAll(reader: Reader, deadline: Deadline): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await deadline.wait(reader.read());
    if (done) return;
    yield value;
  }
}

/** The bytes of an answer as they come in. */
export function bodyChunks(response: Response, deadline: Deadline): AsyncGenerator<Uint8Array> | readonly [] {
  return response.body ? readAll(response.body.getReader(), deadline) : [];
}

/** @throws TooLongError */
export async function bodyText(response: Response, deadline: Deadline, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of bodyChunks(response, deadline)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new TooLongError(maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The beginning of an answer that is not what it should be, fit to be shown in one line. */
export async function bodyExcerpt(response: Response, deadline: Deadline): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bodyChunks(response, deadline)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 500) break;
  }
  return excerpt(text);
}

/** Markup and control characters taken out, cut to about a line. */
export function excerpt(text: string): string {
  const plain = text
    .replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    .replace(/[\s\p{Cc}\uFFFD]+/gu, ' ')
    .trim();
  return plain.length > 100 ? `${plain.slice(0, 100)}...` : plain;
}

const SSE_DONE = '[DONE]';
const SSE_MAX_EVENT = 1 << 20;
/** A server that is done ends its answer within this; one that does not loses its connection, no more. */
const SSE_END_WITHIN_MS = 50;

/**
 * The `data` of each server-sent event (WHATWG HTML, section 9.2.6), until the stream ends or says [DONE].
 * Returns whether it said [DONE]. Unlike the SDK's reader this one reads the answer to its end, without which the
 * connection could not be used again: every reply of a conversation would begin with a new handshake.
 * @throws TooLongError
 */
export async function* sseData(response: Response, deadline: Deadline): AsyncGenerator<string, boolean> {
  if (!response.body) return false;
  const reader: Reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let data: string | null = null;
  for await (const chunk of readAll(reader, deadline)) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      const line = rest.slice(from, rest[end - 1] === '\r' ? end - 1 : end);
      from = end + 1;
      if (line.startsWith('data:')) {
        const value = line.slice(line[5] === ' ' ? 6 : 5);
        data = data === null ? value : `${data}\n${value}`;
      } else if (line === '' && data !== null) {
        if (data === SSE_DONE) {
          await drain(reader, deadline);
          return true;
        }
        yield data;
        data = null;
      }
    }
    rest = rest.slice(from);
    if (rest.length + (data?.length ?? 0) > SSE_MAX_EVENT) throw new TooLongError(SSE_MAX_EVENT);
  }
  // Some servers leave out the blank line after the last event.
  if (rest.startsWith('data:')) data = rest.slice(5).trim();
  if (data !== null && data !== SSE_DONE) yield data;
  return data === SSE_DONE;
}

async function drain(reader: Reader, deadline: Deadline): Promise<void> {
  deadline.allow(SSE_END_WITHIN_MS);
  try {
    while (!(await deadline.wait(reader.read())).done);
  } catch {
    // The reply is complete; how its connection ends is of no interest.
  }
}
