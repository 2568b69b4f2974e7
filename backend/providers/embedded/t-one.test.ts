import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOne, collapse, parseTokens } from './t-one.ts';

const LETTERS = [...Array.from('абвгдеёжзийклмнопрстуфхцчшщъыьэюя'), ' '];
const TOKENS = [...LETTERS, '<blk>'];

/**
 * A stand-in with T-one's inputs and outputs (ONNX, encoded by hand): each of the ten frames of a chunk gives its
 * first 35 samples out as the log-probabilities of the 35 tokens. So the audio says what is to be read.
 */
describe('TOne', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-t-one-'));
    await mkdir(path.join(dir, 't-one-ru'));
    await writeFile(path.join(dir, 't-one-ru', 'model.onnx'), standIn());
    const lines = TOKENS.map((token, id) => (token === ' ' ? ` ${id}` : `${token} ${id}`));
    await writeFile(path.join(dir, 't-one-ru', 'tokens.txt'), `${lines.join('\n')}\n`);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const spelled = (frames: readonly string[]): Int16Array => {
    const pcm = new Int16Array(frames.length * 240);
    for (const [i, token] of frames.entries()) pcm[i * 240 + TOKENS.indexOf(token)] = 100;
    return pcm;
  };

  it('reads frame by frame, over chunks, repeats as one unless a blank parts them', async () => {
    const tOne = await TOne.load(dir);
    const blank = '<blk>';
    const frames = ['д', 'д', 'а', blank, ' ', 'н', 'н', blank, 'н', 'е', 'т', blank];
    // The stand-in takes silence for the first letter, which stands at both ends then.
    const text = await tOne.transcribe(spelled(frames), 8000, new AbortController().signal);
    expect(text).toBe('ада ннета');
    await tOne.release();
  });

  it('stops when it is cancelled', async () => {
    const tOne = await TOne.load(dir);
    await expect(tOne.transcribe(spelled(['д']), 8000, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'cancelled',
    });
    await tOne.release();
  });
});

describe('tokens', () => {
  it('has the space on a line with the id alone', () => {
    expect(parseTokens('а 0\nб 1\n 2\n<blk> 3\n')).toEqual(['а', 'б', ' ', '<blk>']);
  });

  it('collapses repeats before blanks', () => {
    expect(collapse([0, 0, 3, 0, 1, 2, 2, 1], ['а', 'б', ' ', '<blk>'])).toBe('ааб б');
  });
});

/** Protocol Buffers: a field is its number and wire type, then a varint or length-delimited bytes. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}
const int = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, content: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string): number[] => bytes(field, [...Buffer.from(value)]);

function standIn(): Uint8Array {
  const [FLOAT, INT32, INT64, FLOAT16] = [1, 6, 7, 10];
  const node = (type: string, inputs: string[], output: string, attributes: number[][] = []): number[] => [
    ...inputs.flatMap((input) => text(1, input)),
    ...text(2, output),
    ...text(4, type),
    ...attributes.flatMap((attribute) => bytes(5, attribute)),
  ];
  const constant = (name: string, values: number[]): number[] => [
    ...int(1, values.length),
    ...int(2, INT64),
    ...values.flatMap((value) => int(7, value)),
    ...text(8, name),
  ];
  const value = (name: string, type: number, shape: number[]): number[] => {
    const dimensions = shape.flatMap((size) => bytes(1, int(1, size)));
    return [...text(1, name), ...bytes(2, bytes(1, [...int(1, type), ...bytes(2, dimensions)]))];
  };
  const toFloat = [...text(1, 'to'), ...int(3, FLOAT), ...int(20, 2)];
  const graph = [
    ...bytes(1, node('Cast', ['signal'], 'floats', [toFloat])),
    ...bytes(1, node('Reshape', ['floats', 'shape'], 'frames')),
    ...bytes(1, node('Slice', ['frames', 'starts', 'ends', 'axes'], 'logprobs')),
    ...bytes(1, node('Identity', ['state'], 'state_next')),
    ...text(2, 'stand-in'),
    ...bytes(5, constant('shape', [1, 10, 240])),
    ...bytes(5, constant('starts', [0])),
    ...bytes(5, constant('ends', [35])),
    ...bytes(5, constant('axes', [2])),
    ...bytes(11, value('signal', INT32, [1, 2400, 1])),
    ...bytes(11, value('state', FLOAT16, [1, 219_729])),
    ...bytes(12, value('logprobs', FLOAT, [1, 10, 35])),
    ...bytes(12, value('state_next', FLOAT16, [1, 219_729])),
  ];
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]);
}
