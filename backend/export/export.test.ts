import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readWav } from '../audio/wav.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../contract/traces.ts';
import { openTrace } from '../trace/read.ts';
import { unpackTrace } from '../trace/archive.ts';
import { exportName, exportTrace } from './export.ts';
import { makeTrace, ramp } from './fixtures/trace.ts';

const folder = (): string => mkdtempSync(path.join(os.tmpdir(), 'sidetone-exported-'));

async function exportedFile(dir: string, format: ExportFormat): Promise<string> {
  const [file = ''] = await exportTrace(
    await openTrace(dir),
    format,
    path.join(folder(), exportName('call', format)),
  );
  return file;
}

/** A 16-bit stereo WAV within other bytes, as its two sides. */
function sidesIn(wav: Buffer): readonly [Int16Array, Int16Array] {
  const samples = wav.readUInt32LE(40) / 4;
  const side = (offset: number): Int16Array =>
    Int16Array.from({ length: samples }, (_, index) => wav.readInt16LE(44 + offset + 4 * index));
  return [side(0), side(2)];
}

describe('exportTrace', () => {
  it('writes both sides, each as its own file', async () => {
    const file = path.join(folder(), 'x.wav');
    const files = await exportTrace(await openTrace(makeTrace()), 'wav', file);
    expect(files.map((name) => path.basename(name))).toEqual(['x-caller.wav', 'x-bot.wav']);
    const [caller, bot] = files.map((name) => readWav(readFileSync(name)).pcm);
    expect(caller).toEqual(ramp(12_000, 1000));
    expect(bot).toEqual(ramp(10_000, -5000));
  });

  it('puts the whole recording into a vCon and into a page', async () => {
    const dir = makeTrace();
    const vcon = z
      .object({ dialog: z.tuple([z.object({ body: z.string(), duration: z.number() })]) })
      .parse(JSON.parse(readFileSync(await exportedFile(dir, 'vcon'), 'utf8')));
    const inVcon = sidesIn(Buffer.from(vcon.dialog[0].body, 'base64url'));
    const html = readFileSync(await exportedFile(dir, 'html'), 'utf8');
    const lines = /id="audio">([^<]*)</.exec(html)?.[1]?.trim().split('\n') ?? [];
    const inPage = sidesIn(Buffer.concat(lines.map((line) => Buffer.from(line, 'base64'))));
    for (const [caller, bot] of [inVcon, inPage]) {
      expect(caller).toEqual(ramp(12_000, 1000));
      expect(bot.slice(0, 10_000)).toEqual(ramp(10_000, -5000));
    }
  });

  it('hands on a trace that opens as it was', async () => {
    const dir = makeTrace();
    const copy = path.join(folder(), 'copy');
    await unpackTrace(await exportedFile(dir, 'sidetone'), copy);
    expect((await openTrace(copy)).events).toEqual((await openTrace(dir)).events);
  });

  it('exports what can be exported of a trace that lacks its recordings', async () => {
    const dir = makeTrace();
    for (const name of ['caller.wav', 'bot.wav', 'manifest.json']) rmSync(path.join(dir, name));
    for (const format of ['vtt', 'chrome', 'vcon', 'otel', 'html', 'sidetone'] as const)
      expect(readFileSync(await exportedFile(dir, format)).length).toBeGreaterThan(0);
  });

  it.each(['wav', 'stereo', 'pcap'] as const)(
    'says what is missing, and leaves nothing behind: %s',
    async (format) => {
      const dir = makeTrace();
      for (const name of ['caller.wav', 'bot.wav']) rmSync(path.join(dir, name));
      const out = folder();
      const attempt = exportTrace(await openTrace(dir), format, path.join(out, 'x'));
      await expect(attempt).rejects.toThrow('the trace has no');
      expect(readdirSync(out)).toEqual([]);
    },
  );

  it.each(EXPORT_FORMATS)('says that it cannot be written there: %s', async (format) => {
    const dir = makeTrace();
    writeFileSync(path.join(dir, 'wire.pcap'), '');
    const trace = await openTrace(dir);
    const nowhere = path.join(folder(), 'nowhere', 'x');
    await expect(exportTrace(trace, format, nowhere)).rejects.toMatchObject({ kind: 'environment' });
  });

  it('gives each format a name of its own, save the recordings', () => {
    const names = EXPORT_FORMATS.map((format) => exportName('call', format));
    expect(new Set(names).size).toBe(EXPORT_FORMATS.length - 1);
  });
});
