import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SidetoneError } from '../base/errors.ts';
import type { ExportFormat } from '../contract/traces.ts';
import { exported, exportName, exportTrace } from '../export/export.ts';
import { openTrace } from '../trace/read.ts';
import { printable } from './printable.ts';
import { withTrace } from './trace-target.ts';

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly traces: string;
}

/** `sidetone trace export`: one trace in another format; tells what was written. `--out -` is standard output. */
export async function traceExport(target: string, { format, out, traces }: ExportOptions): Promise<void> {
  await withTrace(target, traces, async (dir) => {
    const trace = await openTrace(dir);
    const name = exportName(path.basename(path.resolve(dir)), format);
    if (out !== '-') {
      const files = await exportTrace(trace, format, await placeOf(out, name));
      for (const file of files) process.stdout.write(`${file}\n`);
    } else if (format === 'sidetone' || format === 'wav') {
      throw new SidetoneError('usage', `--format ${format} cannot go to standard output`, {
        hint: format === 'wav' ? 'use --format stereo, or name a file' : 'name a file',
      });
    } else {
      await pipeline(exported(trace, format), process.stdout, { end: false });
    }
    for (const problem of trace.problems) process.stderr.write(`warning: ${printable(problem)}\n`);
  });
}

/** A folder takes the file under its usual name. */
async function placeOf(out: string | undefined, name: string): Promise<string> {
  if (out === undefined) return name;
  const isFolder = (await stat(out).catch(() => null))?.isDirectory() === true;
  return isFolder ? path.join(out, name) : out;
}
