import { readFileSync, renameSync } from 'node:fs';
import { z } from 'zod';
import type { Scope } from '../backend/base/scope.ts';
import type { LineView } from '../backend/contract/sip.ts';
import type { PastCall } from '../backend/contract/window.ts';
import { errorCode, replaceFile } from './write-file.ts';

/** Calls kept; the oldest go first. */
export const MAX_CALLS = 500;
/** Calls that end together are written together. */
const WRITE_AFTER_MS = 500;

const moment = z.number().nonnegative();
const uri = z.string().max(2000);

const pastLine = z.object({
  call: z.string().regex(/^[\w-]{1,64}$/),
  account: z.string(),
  direction: z.enum(['in', 'out']),
  remote: z.object({ uri, name: z.string().max(2000).nullable() }),
  dialled: uri,
  state: z.literal('ended'),
  heldByUs: z.boolean(),
  heldByThem: z.boolean(),
  codec: z.string().nullable(),
  srtp: z.boolean(),
  startedAt: moment,
  answeredAt: moment.nullable(),
  endedAt: moment.nullable(),
  end: z
    .object({
      by: z.enum(['us', 'them', 'network']),
      code: z.int().nullable(),
      reason: z.string(),
      missed: z.boolean(),
    })
    .nullable(),
  transfer: z
    .object({
      target: uri,
      state: z.enum(['trying', 'done', 'failed']),
      message: z.string(),
    })
    .nullable(),
}) satisfies z.ZodType<LineView>;

const pastCall = z.object({
  line: pastLine,
  trace: z.string().nullable(),
  seen: z.boolean(),
}) satisfies z.ZodType<PastCall>;

const stored = z.object({ version: z.literal(1), calls: z.array(z.unknown()) });

export interface HistoryOptions {
  readonly file: string;
  readonly scope: Scope;
  /** It could not be written; it is tried again after the next call. */
  readonly onTrouble: (error: unknown) => void;
}

/** Calls of the past, newest first, in a file of their own that outlives the app. */
export class History {
  readonly #options: HistoryOptions;
  #calls: readonly PastCall[];
  #scheduled = false;
  #writing: Promise<void> = Promise.resolve();

  /** Of a file that is damaged the calls that can be read are kept; what is no history at all is set aside. */
  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#calls = read(options.file);
    options.scope.defer(() => this.#write());
  }

  get calls(): readonly PastCall[] {
    return this.#calls;
  }

  /** Missed calls that nobody has looked at. */
  get missed(): number {
    return this.#calls.filter(({ seen }) => !seen).length;
  }

  /** A call that has ended. `trace`: the name of its record; null: none was kept. */
  add(line: LineView, trace: string | null): void {
    const others = this.#calls.filter((past) => past.line.call !== line.call);
    this.#change([{ line, trace, seen: line.end?.missed !== true }, ...others].slice(0, MAX_CALLS));
  }

  /** A record has appeared (`trace`) or is gone (null). Returns whether a call here had it. */
  recorded(call: string, trace: string | null): boolean {
    const past = this.#calls.find(({ line }) => line.call === call);
    if (!past || past.trace === trace) return false;
    this.#change(this.#calls.map((other) => (other === past ? { ...past, trace } : other)));
    return true;
  }

  /** These are all records there are. */
  useRecords(names: ReadonlySet<string>): void {
    for (const { line } of this.#calls) this.recorded(line.call, names.has(line.call) ? line.call : null);
  }

  /** Missed calls have been seen. */
  see(): void {
    if (this.missed > 0) this.#change(this.#calls.map((past) => ({ ...past, seen: true })));
  }

  /** Forgets one call; null: all. */
  clear(call: string | null): void {
    this.#change(call === null ? [] : this.#calls.filter(({ line }) => line.call !== call));
  }

  #change(calls: readonly PastCall[]): void {
    this.#calls = calls;
    if (this.#scheduled || this.#options.scope.closed) return;
    this.#scheduled = true;
    this.#options.scope.after(WRITE_AFTER_MS, () => void this.#write());
  }

  #write(): Promise<void> {
    if (!this.#scheduled) return this.#writing;
    this.#scheduled = false;
    const { file, onTrouble } = this.#options;
    const text = `${JSON.stringify({ version: 1, calls: this.#calls })}\n`;
    // Who called whom is nobody else's business.
    this.#writing = this.#writing.then(() => replaceFile(file, text, 0o600)).catch(onTrouble);
    return this.#writing;
  }
}

function read(file: string): readonly PastCall[] {
  try {
    const { calls } = stored.parse(JSON.parse(readFileSync(file, 'utf8')));
    return calls
      .map((call) => pastCall.safeParse(call))
      .flatMap(({ data }) => (data ? [data] : []))
      .slice(0, MAX_CALLS);
  } catch (error) {
    // Nothing can be made of it, but it is not ours to destroy.
    if (errorCode(error) !== 'ENOENT') setAside(file);
    return [];
  }
}

function setAside(file: string): void {
  try {
    renameSync(file, `${file}.broken`);
  } catch {
    // It cannot be moved, so the first call that ends says that it cannot be written.
  }
}
