import { wavHeader } from '../audio/wav.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { Side } from './sides.ts';

/** Which is which, for whoever looks into the file. */
export const CHANNELS = 'left: caller, right: bot';
const HEADER_BYTES = 44;
const PIECE_SAMPLES = 1 << 15;

/** One side as a WAV file, 16-bit mono. */
export async function* monoWav(side: Side): AsyncGenerator<Uint8Array, void> {
  yield wavHeader({ sampleRate: LINE_RATE, samples: side.samples });
  for await (const pcm of side.pieces(PIECE_SAMPLES)) yield bytesOf(pcm.slice());
}

/**
 * Both sides as one WAV file: 16-bit, 8 kHz, the caller left and the bot right, as its comment says. The shorter side,
 * or one that is missing, is silent to the end of the other.
 */
export async function* stereoWav(caller: Side | null, bot: Side | null): AsyncGenerator<Uint8Array, void> {
  const samples = longer(caller, bot);
  yield stereoHeader(samples);
  const [left, right] = [caller?.pieces(PIECE_SAMPLES), bot?.pieces(PIECE_SAMPLES)];
  try {
    for (let done = 0; done < samples; done += PIECE_SAMPLES) {
      const both = new Int16Array(2 * Math.min(PIECE_SAMPLES, samples - done));
      spread(await left?.next(), both, 0);
      spread(await right?.next(), both, 1);
      yield bytesOf(both);
    }
  } finally {
    await left?.return();
    await right?.return();
  }
  yield COMMENT;
}

export function stereoBytes(caller: Side | null, bot: Side | null): number {
  return HEADER_BYTES + longer(caller, bot) * 4 + COMMENT.length;
}

/** A LIST/INFO chunk with a comment, ICMT (Microsoft/IBM 1991). It follows the samples: some readers look there only. */
const COMMENT = listInfo('ICMT', CHANNELS);

function listInfo(id: string, text: string): Buffer {
  const value = Buffer.from(`${text}\0`);
  const info = Buffer.concat([
    Buffer.from('INFO'),
    chunk(id, value.length),
    value,
    Buffer.alloc(value.length % 2),
  ]);
  return Buffer.concat([chunk('LIST', info.length), info]);
}

function stereoHeader(samples: number): Uint8Array {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(2, 2);
  format.writeUInt32LE(LINE_RATE, 4);
  format.writeUInt32LE(LINE_RATE * 4, 8);
  format.writeUInt16LE(4, 12);
  format.writeUInt16LE(16, 14);
  const dataBytes = samples * 4;
  return Buffer.concat([
    chunk('RIFF', HEADER_BYTES - 8 + dataBytes + COMMENT.length),
    Buffer.from('WAVE'),
    chunk('fmt ', format.length),
    format,
    chunk('data', dataBytes),
  ]);
}

function longer(caller: Side | null, bot: Side | null): number {
  return Math.max(caller?.samples ?? 0, bot?.samples ?? 0);
}

function spread(piece: IteratorResult<Int16Array, void> | undefined, into: Int16Array, channel: 0 | 1): void {
  if (!piece || piece.done === true) return;
  for (const [index, sample] of piece.value.entries()) into[2 * index + channel] = sample;
}

function chunk(id: string, bytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(bytes, 4);
  return head;
}

function bytesOf(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}
