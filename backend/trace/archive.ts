import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import yazl from 'yazl';
import { SidetoneError, explain } from '../base/errors.ts';
import { isTraceFile, listTraceFiles } from './files.ts';

/** A trace as one file to hand on, `.sidetone`: a zip of its folder, ZIP64 where it is large. */
export const ARCHIVE_SUFFIX = '.sidetone';

const MAX_ENTRIES = 20_000;
const GIGABYTE = 2 ** 30;
/** A day of recording is about 3 GB: whatever unpacks to more is no trace, or a bomb. */
const MAX_UNPACKED_BYTES = 4 * GIGABYTE;
/** POSIX file type in the upper half of a zip entry's external attributes. */
const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;

/**
 * Writes a trace's files into `file`, as far as they have been written by now. `file` is there whole or not at all.
 *
 * @throws as the file system does.
 */
export async function packTrace(dir: string, file: string): Promise<void> {
  const zip = new yazl.ZipFile();
  const unfinished = `${file}.new`;
  try {
    const files = await listTraceFiles(dir);
    const out = createWriteStream(unfinished);
    const fail = (error: Error): void => void out.destroy(error);
    zip.on('error', fail);
    for (const { name, bytes, changedMs } of files) {
      const mtime = new Date(changedMs);
      zip.addReadStreamLazy(name, { mtime, size: bytes }, (done) => {
        // A call that goes on adds to its files meanwhile.
        const end = bytes - 1;
        const content = bytes === 0 ? Readable.from([]) : createReadStream(path.join(dir, name), { end });
        done(null, content.once('error', fail));
      });
    }
    zip.end();
    await pipeline(zip.outputStream, out);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * Unpacks a trace into `intoDir`, a folder that does not exist yet; it is gone again when this fails. Files that do not
 * belong to a trace are left out.
 *
 * @throws SidetoneError 'usage' for a file that is no trace, or that no honest program makes: names that lead elsewhere,
 * links, sizes beyond reason.
 */
export async function unpackTrace(file: string, intoDir: string): Promise<void> {
  const zip = await yauzl.openPromise(file, { autoClose: false }).catch((error: unknown) => {
    throw refuse(file, explain(error), error);
  });
  try {
    const wanted = await traceEntries(zip, file);
    await mkdir(path.dirname(intoDir), { recursive: true });
    await mkdir(intoDir);
    try {
      if (wanted.some(({ name }) => name.startsWith('tts/'))) await mkdir(path.join(intoDir, 'tts'));
      for (const { name, entry } of wanted) {
        const content = await zip.openReadStreamPromise(entry);
        await pipeline(
          content,
          (chunks: AsyncIterable<Buffer>) => intact(chunks, entry),
          createWriteStream(path.join(intoDir, name), { flags: 'wx' }),
        );
      }
    } catch (error) {
      await rm(intoDir, { recursive: true, force: true });
      throw refuse(file, explain(error), error);
    }
  } finally {
    zip.close();
  }
}

/** Passes an entry's content on. @throws when it is not what was packed (APPNOTE 4.4.7); yauzl leaves that to its user. */
async function* intact(
  chunks: AsyncIterable<Buffer>,
  { crc32: packed, fileName }: yauzl.Entry,
): AsyncGenerator<Buffer, void> {
  let sum = 0;
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== packed) throw new Error(`${fileName} in it is damaged`);
}

interface WantedEntry {
  readonly name: string;
  readonly entry: yauzl.Entry;
}

/** The entries to unpack, by their names within the trace; nothing is written before all have been looked at. */
async function traceEntries(zip: yauzl.ZipFile, file: string): Promise<readonly WantedEntry[]> {
  if (zip.entryCount > MAX_ENTRIES)
    throw refuse(file, `it holds ${zip.entryCount} files, more than the ${MAX_ENTRIES} a trace may have`);
  const entries: yauzl.Entry[] = [];
  try {
    // yauzl refuses names that are absolute, have `..` in them or a backslash.
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (error) {
    throw refuse(file, explain(error), error);
  }
  const link = entries.find((entry) => ((entry.externalFileAttributes >>> 16) & TYPE_MASK) === SYMLINK);
  if (link) throw refuse(file, `${link.fileName} in it is a link`);
  const folder = topFolder(entries);
  const wanted = entries
    .map((entry) => ({ name: entry.fileName.slice(folder.length), entry }))
    .filter(({ name, entry }) => entry.fileName.startsWith(folder) && isTraceFile(name));
  if (wanted.length === 0) throw refuse(file, "it holds none of a trace's files");
  const bytes = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  if (bytes > MAX_UNPACKED_BYTES)
    throw refuse(
      file,
      `it would take ${(bytes / GIGABYTE).toFixed(1)} GB unpacked, more than the ${MAX_UNPACKED_BYTES / GIGABYTE} GB a trace may have`,
    );
  return wanted;
}

/** `x/` when somebody has zipped the folder x rather than what is in it. */
function topFolder(entries: readonly yauzl.Entry[]): string {
  const manifest = entries.find(({ fileName }) => /^[^/]+\/manifest\.json$/.test(fileName));
  return manifest?.fileName.slice(0, -'manifest.json'.length) ?? '';
}

function refuse(file: string, why: string, cause?: unknown): SidetoneError {
  return new SidetoneError('usage', `${path.basename(file)} cannot be opened as a trace: ${why}`, {
    hint: 'a .sidetone file is a zip of one trace, as `sidetone trace export` makes it',
    cause,
  });
}
