import { createWriteStream } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import { packTrace, unpackTrace } from './archive.ts';
import { writeCall } from './fixtures/written.ts';
import { openTrace } from './read.ts';

let folder = '';
let into = '';
let archive = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-archive-'));
  into = path.join(folder, 'unpacked', 'trace');
  archive = path.join(folder, 'call.sidetone');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A zip of these files, which need not be a trace's. */
async function zip(files: Readonly<Record<string, string>>, mode = 0o100644): Promise<void> {
  const out = new yazl.ZipFile();
  for (const [name, text] of Object.entries(files))
    out.addBuffer(Buffer.from(text), name, { mode, compress: false });
  out.end();
  await pipeline(out.outputStream, createWriteStream(archive));
}

/** Puts other bytes of the same length in the place of these, wherever they stand in the zip. */
async function forge(honest: Buffer, forged: Buffer): Promise<void> {
  const bytes = await readFile(archive);
  for (let at = bytes.indexOf(honest); at >= 0; at = bytes.indexOf(honest, at + 1)) forged.copy(bytes, at);
  await writeFile(archive, bytes);
}

async function expectRefusal(message: RegExp): Promise<void> {
  await expect(unpackTrace(archive, into)).rejects.toThrow(message);
  await expect(stat(into)).rejects.toThrow('ENOENT');
  expect((await readdir(folder)).filter((name) => !['unpacked', 'call.sidetone'].includes(name))).toEqual([]);
}

describe('packTrace and unpackTrace', () => {
  it('give back the very files, and nothing else of the folder', async () => {
    const dir = await writeCall(folder, { caller: new Int16Array(8000).fill(99), bot: new Int16Array(8000) });
    await writeFile(path.join(dir, 'private.txt'), 'not of the trace');
    await symlink('/etc/hostname', path.join(dir, 'notes.json'));
    await packTrace(dir, archive);
    await unpackTrace(archive, into);
    const { files } = await openTrace(dir);
    expect((await readdir(into)).sort()).toEqual(files.map(({ name }) => name));
    for (const { name } of files)
      expect(await readFile(path.join(into, name))).toEqual(await readFile(path.join(dir, name)));
    expect(await openTrace(into)).toMatchObject({ state: 'complete', problems: [] });
  });

  it('take a zip that somebody made of the whole folder', async () => {
    await zip({ 'my call/manifest.json': '{}', 'my call/tts/001.wav': 'RIFF', 'my call/thumbs.db': '' });
    await unpackTrace(archive, into);
    expect((await readdir(into)).sort()).toEqual(['manifest.json', 'tts']);
    expect(await readFile(path.join(into, 'tts', '001.wav'), 'utf8')).toBe('RIFF');
  });
});

it.skipIf(process.getuid?.() === 0)('packTrace leaves nothing when a file may not be read', async () => {
  const dir = await writeCall(folder, { caller: new Int16Array(80), bot: new Int16Array(80) });
  await chmod(path.join(dir, 'bot.wav'), 0);
  await expect(packTrace(dir, archive)).rejects.toThrow('EACCES');
  expect((await readdir(folder)).filter((name) => name.startsWith('call.sidetone'))).toEqual([]);
});

describe('unpackTrace refuses', () => {
  it('names that lead out of its folder', async () => {
    await zip({ 'manifest.json': '{}', 'ab/notes.json': 'evil' });
    await forge(Buffer.from('ab/notes'), Buffer.from('../notes'));
    await expectRefusal(/invalid relative path: \.\.\/notes\.json/);
    await zip({ 'manifest.json': '{}', 'a/notes.json': 'evil' });
    await forge(Buffer.from('a/notes'), Buffer.from('//notes'));
    await expectRefusal(/absolute path/);
  });

  it('links', async () => {
    await zip({ 'notes.json': '/etc/passwd' }, 0o120777);
    await expectRefusal(/notes\.json in it is a link/);
  });

  it('what would fill the disk', async () => {
    const text = 'x'.repeat(1234);
    await zip({ 'caller.wav': text, 'bot.wav': text });
    // Their sizes, compressed and not, as the central directory has them.
    const size = Buffer.alloc(8);
    size.writeUInt32LE(1234, 0);
    size.writeUInt32LE(1234, 4);
    const huge = Buffer.alloc(8, 0xf0);
    await forge(size, huge);
    await expectRefusal(/it would take 7\.5 GB unpacked, more than the 4 GB a trace may have/);
  });

  it('a file larger than it was said to be, and takes back what it had written', async () => {
    const out = new yazl.ZipFile();
    out.addBuffer(Buffer.from('{}'), 'manifest.json');
    out.addBuffer(Buffer.alloc(100_000, 'x'), 'caller.wav');
    out.end();
    await pipeline(out.outputStream, createWriteStream(archive));
    const [said, lie] = [Buffer.alloc(4), Buffer.alloc(4)];
    said.writeUInt32LE(100_000);
    lie.writeUInt32LE(10);
    await forge(said, lie);
    await expectRefusal(/too many bytes in the stream/);
  });

  it('content that was damaged on its way', async () => {
    await zip({ 'manifest.json': '{}', 'events.ndjson': 'as it was packed' });
    await forge(Buffer.from('as it was packed'), Buffer.from('as it was mauled'));
    await expectRefusal(/events\.ndjson in it is damaged/);
  });

  it('too many files, no trace, no zip', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`tts/${i}`, '']));
    await zip(many);
    await expectRefusal(/it holds 20001 files/);
    await zip({ 'holiday.jpg': '' });
    await expectRefusal(/it holds none of a trace's files/);
    await writeFile(archive, 'no zip at all');
    await expectRefusal(/cannot be opened as a trace/);
  });

  it('a folder that is there already, which stays as it is', async () => {
    await zip({ 'manifest.json': '{}' });
    await unpackTrace(archive, into);
    await appendFile(path.join(into, 'notes.json'), 'mine');
    await expect(unpackTrace(archive, into)).rejects.toThrow('EEXIST');
    expect((await readdir(into)).sort()).toEqual(['manifest.json', 'notes.json']);
  });
});
