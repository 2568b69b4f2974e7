import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeWav, wavHeader } from '../backend/audio/wav.ts';
import { rangeOf, traceAudio } from './trace-audio.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-audio-'));
  await mkdir(path.join(folder, 'a-call', 'tts'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (name: string, bytes: Uint8Array): Promise<void> =>
  writeFile(path.join(folder, 'a-call', name), bytes);
const get = (name: string, range: string | null = null): Promise<Response> =>
  traceAudio(folder, `/trace/a-call/${name}`, range);
const ramp = (samples: number, start: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, i) => start + i);

/** A stereo file as RIFF (Microsoft/IBM 1991) has it, put together by hand. */
function stereoFile(left: readonly number[], right: readonly number[]): Buffer {
  const frames = Math.max(left.length, right.length);
  const head = Buffer.from(
    '52494646' +
      '00000000' +
      '57415645' +
      '666d7420' +
      '10000000' +
      '0100' +
      '0200' +
      '401f0000' +
      '007d0000' +
      '0400' +
      '1000' +
      '64617461' +
      '00000000',
    'hex',
  );
  head.writeUInt32LE(36 + frames * 4, 4);
  head.writeUInt32LE(frames * 4, 40);
  const data = Buffer.alloc(frames * 4);
  for (let i = 0; i < frames; i += 1) {
    data.writeInt16LE(left[i] ?? 0, i * 4);
    data.writeInt16LE(right[i] ?? 0, i * 4 + 2);
  }
  return Buffer.concat([head, data]);
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

describe('audio of a trace', () => {
  it('is both sides in one file, the shorter followed by silence', async () => {
    const [caller, bot] = [ramp(40_000, -20_000), ramp(39_000, -3)];
    await put('caller.wav', encodeWav(caller, 8000));
    await put('bot.wav', encodeWav(bot, 8000));
    const whole = await get('stereo.wav');
    expect(whole.status).toBe(200);
    expect(whole.headers.get('content-type')).toBe('audio/wav');
    const expected = stereoFile([...caller], [...bot]);
    expect(whole.headers.get('content-length')).toBe(String(expected.length));
    expect((await bytesOf(whole)).equals(expected)).toBe(true);
  });

  it('is served from anywhere to anywhere, odd bytes too', async () => {
    const [caller, bot] = [ramp(40_000, -20_000), ramp(40_000, 5)];
    await put('caller.wav', encodeWav(caller, 8000));
    await put('bot.wav', encodeWav(bot, 8000));
    const expected = stereoFile([...caller], [...bot]);
    for (const [first, last] of [
      [0, 0],
      [10, 43],
      [43, 44],
      [45, 45],
      [46, 131_117],
      [65_577, 65_581],
      [159_999, 160_043],
    ] as const) {
      const part = await get('stereo.wav', `bytes=${first}-${last}`);
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${first}-${last}/160044`);
      expect((await bytesOf(part)).equals(expected.subarray(first, last + 1))).toBe(true);
    }
    const beyond = await get('stereo.wav', 'bytes=160044-');
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */160044']);
  });

  it('has a side of silence in the place of one that is missing or no audio of ours', async () => {
    await put('bot.wav', encodeWav(ramp(3, 7), 8000));
    expect((await bytesOf(await get('stereo.wav'))).equals(stereoFile([], [7, 8, 9]))).toBe(true);
    await put('caller.wav', Buffer.from('ID3 not audio at all, but more than forty-four bytes of something'));
    expect((await bytesOf(await get('stereo.wav'))).equals(stereoFile([], [7, 8, 9]))).toBe(true);
  });

  it('grows with a call that goes on, and says how long it is each time', async () => {
    await put('mic.wav', Buffer.concat([wavHeader({ sampleRate: 8000, samples: null }), Buffer.alloc(10)]));
    const early = await get('mic.wav');
    await appendFile(path.join(folder, 'a-call', 'mic.wav'), Buffer.from([1, 0, 2, 0]));
    expect((await bytesOf(early)).equals(encodeWav(new Int16Array(5), 8000))).toBe(true);
    const late = await bytesOf(await get('mic.wav'));
    expect(late.equals(encodeWav(Int16Array.from([0, 0, 0, 0, 0, 1, 2]), 8000))).toBe(true);
  });

  it('is what the voice made, at its own rate', async () => {
    const wav = encodeWav(ramp(24, 0), 24_000);
    await put('tts/007.wav', wav);
    expect((await bytesOf(await get('tts/007.wav'))).equals(wav)).toBe(true);
  });

  it('holds no more than a piece of an hour while it is served, and lets go when nobody listens', async () => {
    await put('caller.wav', encodeWav(new Int16Array(8000 * 600), 8000));
    const reader = (await get('stereo.wav')).body?.getReader();
    const piece = await reader?.read();
    expect(piece?.value?.length).toBe(44);
    expect((await reader?.read())?.value?.length).toBe(65_536);
    await reader?.cancel();
  });

  it.each([
    'manifest.json',
    'events.ndjson',
    '../a-call/bot.wav',
    '..%2Fa-call/bot.wav',
    'tts/../bot.wav',
    'tts/../../secret.wav',
    'tts/1.wav',
    'nothing.wav',
    'bot.wav/',
    'bot.wav%00',
    '',
  ])('does not reach %j', async (name) => {
    await put('bot.wav', encodeWav(ramp(3, 7), 8000));
    await writeFile(path.join(folder, 'secret.wav'), encodeWav(ramp(3, 7), 8000));
    expect((await get(name)).status).toBe(404);
  });

  it.each(['/trace/../a-call/bot.wav', '/trace/./bot.wav', '/trace//bot.wav', '/trace/.removed/bot.wav'])(
    'does not follow %s',
    async (pathname) => {
      await writeFile(path.join(folder, 'bot.wav'), encodeWav(ramp(3, 7), 8000));
      expect((await traceAudio(folder, pathname, null)).status).toBe(404);
    },
  );

  it('gives nothing of a file that a link in the folder leads to, unless that is audio of ours', async () => {
    await symlink('/etc/hostname', path.join(folder, 'a-call', 'mic.wav'));
    expect((await get('mic.wav')).status).toBe(404);
  });
});

describe('rangeOf', () => {
  it.each([
    ['bytes=0-', { first: 0, last: 99 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=10-1000', { first: 10, last: 99 }],
    ['bytes=-30', { first: 70, last: 99 }],
    ['bytes=-300', { first: 0, last: 99 }],
    ['bytes=99-99', { first: 99, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', null],
    ['bytes=0-1,5-6', null],
    ['bytes=', null],
    ['bytes=-', null],
    ['seconds=1-2', null],
  ] as const)('takes %s of 100 bytes for %j', (header, expected) => {
    expect(rangeOf(header, 100)).toEqual(expected);
  });
});
