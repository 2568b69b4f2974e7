import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { TraceEntry } from '../contract/traces.ts';
import { measureRecorded } from '../measure/measure.ts';
import { traceEntry } from '../trace/entry.ts';
import { openTrace } from '../trace/read.ts';
import { verifyTrace } from '../trace/verify.ts';
import { printable } from './printable.ts';
import { withTrace } from './trace-target.ts';
import { listLines, showLines } from './trace-text.ts';

interface TraceOptions {
  readonly traces: string;
  readonly json?: true;
}

/** `sidetone trace list`: newest first. Folders that are no traces are passed over. */
export async function listTraces({ traces, json }: TraceOptions): Promise<void> {
  const folders = await readdir(traces, { withFileTypes: true }).catch(() => []);
  const entries: TraceEntry[] = [];
  for (const folder of folders.filter((found) => found.isDirectory())) {
    const entry = await traceEntry(path.join(traces, folder.name)).catch(() => null);
    if (entry !== null) entries.push(entry);
  }
  entries.sort((a, b) => b.startedMs - a.startedMs);
  if (json) for (const entry of entries) print(JSON.stringify(entry));
  else if (entries.length === 0) printLine(`no traces in ${traces}`);
  else for (const line of listLines(entries)) printLine(line);
}

/** `sidetone trace show`: what it is and all its metrics. */
export async function showTrace(target: string, { traces, json }: TraceOptions): Promise<void> {
  await withTrace(target, traces, async (dir) => {
    const trace = await openTrace(dir);
    const metrics = await measureRecorded(trace);
    const entry = await traceEntry(trace);
    const { problems } = trace;
    if (json) print(JSON.stringify({ entry, problems, metrics }));
    else for (const line of showLines(entry, metrics, problems)) printLine(line);
  });
}

/** `sidetone trace verify`: exit code 1 and the first fault, if there is one. */
export async function verify(target: string, { traces, json }: TraceOptions): Promise<void> {
  await withTrace(target, traces, async (dir) => {
    const findings = await verifyTrace(await openTrace(dir));
    const [first] = findings;
    if (json) print(JSON.stringify({ ok: first === undefined, findings }));
    else if (first === undefined) printLine(`${target}: all is as it was written`);
    else
      printLine(
        `${target}: ${first.message}${findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''}`,
      );
    if (first !== undefined) process.exitCode = 1;
  });
}

function printLine(line: string): void {
  print(printable(line));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
