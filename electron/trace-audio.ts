import path from 'node:path';
import { TraceSound } from '../backend/library/sound.ts';

/** `/trace/<id>/stereo.wav`, `/trace/<id>/tts/007.wav`: ids as contract/window.ts has them, and no way out of the folder. */
const TRACE_PATH = /^\/trace\/(?<id>[\w-]{1,64})\/(?<name>[a-z]+\.wav|tts\/\d{3,6}\.wav)$/;
const RANGE = /^bytes=(?<first>\d*)-(?<last>\d*)$/;

const NOT_FOUND = { status: 404 } as const;

/** Whether a path of the page's scheme asks for audio of a trace. */
export function isTracePath(pathname: string): boolean {
  return pathname.startsWith('/trace/');
}

/**
 * Audio of a trace of the folder, whole or the stretch that is asked for (RFC 9110 section 14): made as it is read, so
 * that an hour is played from anywhere without being held in memory.
 */
export async function traceAudio(
  tracesDir: string,
  pathname: string,
  range: string | null,
): Promise<Response> {
  const { id, name } = TRACE_PATH.exec(pathname)?.groups ?? {};
  if (id === undefined || name === undefined) return new Response('not found', NOT_FOUND);
  const sound = await TraceSound.open(path.join(tracesDir, id), name).catch(() => null);
  if (!sound) return new Response('not found', NOT_FOUND);

  const headers = {
    'content-type': 'audio/wav',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    // Of a call going on there is more the next time.
    'cache-control': 'no-store',
  };
  const wanted = range === null ? null : rangeOf(range, sound.bytes);
  if (wanted === 'unsatisfiable') {
    await sound.close();
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${sound.bytes}` } });
  }
  const { first, last } = wanted ?? { first: 0, last: sound.bytes - 1 };
  return new Response(streamOf(sound, first, last + 1), {
    status: wanted ? 206 : 200,
    headers: {
      ...headers,
      'content-length': String(last + 1 - first),
      ...(wanted ? { 'content-range': `bytes ${first}-${last}/${sound.bytes}` } : {}),
    },
  });
}

/** The one range asked for; null: all of it, as for several ranges at once, which nobody is obliged to serve. */
export function rangeOf(
  header: string,
  bytes: number,
): { readonly first: number; readonly last: number } | 'unsatisfiable' | null {
  const { first = '', last = '' } = RANGE.exec(header.trim())?.groups ?? {};
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'unsatisfiable' : { first: bytes - length, last: bytes - 1 };
  }
  if (Number(first) >= bytes) return 'unsatisfiable';
  if (last !== '' && Number(last) < Number(first)) return null;
  return { first: Number(first), last: last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1) };
}

function streamOf(sound: TraceSound, from: number, to: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = sound.read(from, to);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (value) controller.enqueue(value);
        if (!done) return;
        await sound.close();
        controller.close();
      } catch (error) {
        // The folder is gone, say: who listens is told that there is no more.
        await sound.close();
        controller.error(error);
      }
    },
    cancel: () => sound.close(),
  });
}
