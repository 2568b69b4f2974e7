import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError, explain } from '../base/errors.ts';
import { TRACE_FILES, type TraceNotes } from '../contract/trace.ts';
import type { TraceEntry } from '../contract/traces.ts';
import { traceEntry } from '../trace/entry.ts';
import { openTrace, readNotesFile } from '../trace/read.ts';
import { mapLimited } from './limited.ts';
import { writeNotes } from './notes.ts';
import { expired, type RetentionRules } from './retention.ts';

/** As contract/window.ts has it: nothing that leads out of the folder. */
const TRACE_ID = /^[\w-]{1,64}$/;
/** Where what was removed waits to be restored. No trace's name begins with a dot. */
const REMOVED = '.removed';
/** Folders read at once: enough to keep the disk busy. */
const READ_AT_ONCE = 32;

export interface TraceChange {
  readonly id: string;
  /** null: it is gone. */
  readonly entry: TraceEntry | null;
}

interface Known {
  /** Changes with the folder's files and manifest. */
  readonly stamp: string;
  /** null: the folder is no trace. */
  readonly entry: TraceEntry | null;
}

/** The traces in one folder, and what a person does with them. What is known of a folder is read again when it changes. */
export class Shelf {
  readonly dir: string;
  readonly #onChanged: (changes: readonly TraceChange[]) => void;
  readonly #known = new Map<string, Known>();
  #listed: Promise<readonly TraceEntry[]> | null = null;
  #emptied: Promise<void> = Promise.resolve();

  constructor(dir: string, onChanged: (changes: readonly TraceChange[]) => void) {
    this.dir = dir;
    this.#onChanged = onChanged;
  }

  /** All of them, newest first. A folder that cannot be read, or is not there yet, has none. */
  list(): Promise<readonly TraceEntry[]> {
    // Whoever asks while the folder is being read waits for the same.
    this.#listed ??= this.#list().finally(() => (this.#listed = null));
    return this.#listed;
  }

  /** A folder of this name is not there yet, and once it holds a trace it is deleted with what was removed. */
  async scratch(name: string): Promise<string> {
    const folder = path.join(this.dir, REMOVED, name);
    await this.#emptied;
    // Of a process that was killed in the middle of its work.
    await rm(folder, { recursive: true, force: true });
    return folder;
  }

  /** Folder of a trace. @throws SidetoneError 'usage' for what is no name of one. */
  path(id: string): string {
    if (!TRACE_ID.test(id)) throw new SidetoneError('usage', `'${id}' is not the name of a trace`);
    return path.join(this.dir, id);
  }

  /** As it is now; null: there is no such folder, or it is no trace. */
  async entry(id: string): Promise<TraceEntry | null> {
    const dir = this.path(id);
    const stamp = await stampOf(dir);
    const known = this.#known.get(id);
    if (stamp !== null && known?.stamp === stamp && known.entry?.state !== 'going_on') return known.entry;
    const entry = stamp === null ? null : await readEntry(dir);
    if (stamp === null) this.#known.delete(id);
    else this.#known.set(id, { stamp, entry });
    return entry;
  }

  /** Reads one folder anew and tells what it is now. */
  async refresh(id: string): Promise<TraceEntry | null> {
    const before = this.#known.get(id)?.entry ?? null;
    this.#known.delete(id);
    const entry = await this.entry(id);
    if (entry !== null || before !== null) this.#onChanged([{ id, entry }]);
    return entry;
  }

  async annotate(id: string, notes: TraceNotes['notes']): Promise<TraceNotes> {
    return this.#writeNotes(id, { notes });
  }

  async pin(id: string, on: boolean): Promise<TraceNotes> {
    return this.#writeNotes(id, { pinned: on });
  }

  /**
   * Moves traces aside. @throws SidetoneError for the first that cannot be: its call goes on, or the disk refuses; those
   * before it have gone.
   */
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const entry = await this.entry(id);
      if (entry?.state === 'going_on') {
        throw new SidetoneError('usage', `the call ${id} goes on: its trace is still being written`, {
          hint: 'hang up first',
        });
      }
    }
    await this.#emptied;
    await mkdir(path.join(this.dir, REMOVED), { recursive: true }).catch(cannotMove);
    // One of that name that was removed before and has come back since, as by an import.
    for (const id of ids) await rm(this.#aside(id), { recursive: true, force: true }).catch(cannotMove);
    await this.#move(ids, (id) => [this.path(id), this.#aside(id)]);
  }

  /** Brings back what remove() moved aside. */
  async restore(ids: readonly string[]): Promise<void> {
    await this.#move(ids, (id) => [this.#aside(id), this.path(id)]);
  }

  /** Deletes for good what was moved aside, and nothing that somebody else may have put there. */
  emptyRemoved(): Promise<void> {
    this.#emptied = this.#emptied.then(() => this.#empty());
    return this.#emptied;
  }

  /** What this shelf is known to have, told as new, or as gone. */
  tellAll(there: boolean): void {
    const changes = this.#entries().map((entry) => ({ id: entry.id, entry: there ? entry : null }));
    if (changes.length > 0) this.#onChanged(changes);
  }

  /** Deletes what has expired, for good; by what is known of the folder, which is read when nothing is. */
  async sweep(rules: RetentionRules, nowMs: number): Promise<void> {
    const entries = this.#known.size > 0 ? this.#entries() : await this.list();
    const gone: TraceChange[] = [];
    for (const { id } of expired(entries, rules, nowMs)) {
      await rm(this.path(id), { recursive: true, force: true }).catch(() => undefined);
      this.#known.delete(id);
      gone.push({ id, entry: null });
    }
    if (gone.length > 0) this.#onChanged(gone);
  }

  async #list(): Promise<readonly TraceEntry[]> {
    const found = await readdir(this.dir, { withFileTypes: true }).catch(() => []);
    const ids = found
      .filter((entry) => entry.isDirectory() && TRACE_ID.test(entry.name))
      .map(({ name }) => name);
    const there = new Set(ids);
    for (const id of this.#known.keys()) if (!there.has(id)) this.#known.delete(id);
    await mapLimited(ids, READ_AT_ONCE, (id) => this.entry(id));
    return this.#entries();
  }

  async #empty(): Promise<void> {
    const removed = path.join(this.dir, REMOVED);
    for (const name of await readdir(removed).catch(() => [])) {
      if (!TRACE_ID.test(name) || (await readEntry(this.#aside(name))) === null) continue;
      await rm(this.#aside(name), { recursive: true, force: true }).catch(() => undefined);
    }
    await rmdir(removed).catch(() => undefined);
  }

  #entries(): readonly TraceEntry[] {
    return [...this.#known.values()]
      .map(({ entry }) => entry)
      .filter((entry) => entry !== null)
      .toSorted((a, b) => b.startedMs - a.startedMs);
  }

  async #writeNotes(id: string, change: Partial<TraceNotes>): Promise<TraceNotes> {
    if ((await this.entry(id)) === null) throw noTrace(id);
    const notes = { ...(await readNotesFile(this.path(id))).value, ...change };
    await writeNotes(this.path(id), notes);
    await this.refresh(id);
    return notes;
  }

  #aside(id: string): string {
    return path.join(this.dir, REMOVED, path.basename(this.path(id)));
  }

  async #move(
    ids: readonly string[],
    ends: (id: string) => readonly [from: string, to: string],
  ): Promise<void> {
    const changes: TraceChange[] = [];
    try {
      for (const id of ids) {
        const [from, to] = ends(id);
        await rename(from, to).catch(cannotMove);
        this.#known.delete(id);
        changes.push({ id, entry: await this.entry(id) });
      }
    } finally {
      if (changes.length > 0) this.#onChanged(changes);
    }
  }
}

export function noTrace(id: string): SidetoneError {
  return new SidetoneError('usage', `there is no trace ${id}`, { hint: 'it may have been deleted' });
}

/** Null: it is not there. */
async function stampOf(dir: string): Promise<string | null> {
  const [folder, manifest] = await Promise.all([
    stat(dir).catch(() => null),
    stat(path.join(dir, TRACE_FILES.manifest)).catch(() => null),
  ]);
  return folder && `${folder.mtimeMs} ${manifest?.mtimeMs} ${manifest?.size}`;
}

async function readEntry(dir: string): Promise<TraceEntry | null> {
  try {
    const entry = await traceEntry(dir);
    if (entry.state !== 'damaged') return entry;
    // Somebody's own folder may hold a manifest.json too, and what is taken for a trace is deleted when it is old.
    const { manifest, events } = await openTrace(dir);
    return manifest !== null || events.length > 0 ? entry : null;
  } catch {
    return null;
  }
}

function cannotMove(cause: unknown): never {
  throw new SidetoneError('environment', `the trace could not be moved: ${explain(cause)}`, {
    hint: 'see whether a program has its files open, and who may write to the folder',
    cause,
  });
}
