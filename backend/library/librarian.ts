import { unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { packetRows } from '../capture/packets.ts';
import { packView, type TraceEntry } from '../contract/traces.ts';
import { exportTrace } from '../export/export.ts';
import { openTrace } from '../trace/read.ts';
import { bringIn } from './incoming.ts';
import type { LibraryJob, LibraryRequest, LibraryStart, LibraryWork } from './protocol.ts';
import { Shelf, type TraceChange } from './shelf.ts';
import { measureAhead, viewOf } from './view.ts';

/** A call's recorder makes its folder as the call starts and completes its manifest when it has ended: not at once. */
const LOOK_EVERY_MS = 100;
const LOOKS = 80;

/** Carries out what the library is asked. */
export class Librarian {
  readonly #scope = new Scope();
  /** All folders that were in use since the start: what was removed from them can be restored until the end. */
  readonly #shelves = new Map<string, Shelf>();
  readonly #onChanged: (changes: readonly TraceChange[]) => void;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #version: string;
  #shelf: Shelf;
  #brought = 0;
  #closing = false;

  constructor({ dir, version, first }: LibraryStart, onChanged: (changes: readonly TraceChange[]) => void) {
    this.#version = version;
    this.#onChanged = onChanged;
    this.#shelf = this.#open(dir, first);
  }

  /** @throws SidetoneError that says what went wrong. */
  async carryOut(request: LibraryRequest): Promise<LibraryWork[LibraryJob]['answer']> {
    if (request.job === 'close') return this.#close();
    const work = this.#carryOut(request);
    this.#underWay.add(work);
    return work.finally(() => this.#underWay.delete(work));
  }

  async #carryOut({
    job,
    asked,
  }: Exclude<LibraryRequest, { job: 'close' }>): Promise<LibraryWork[LibraryJob]['answer']> {
    const shelf = this.#shelf;
    switch (job) {
      case 'use':
        await this.#use(asked.dir);
        return null;
      case 'list':
        return shelf.list();
      case 'open':
        return packView(await viewOf(shelf.path(asked.trace)));
      case 'packets':
        return packetRows(shelf.path(asked.trace), asked.from, asked.to);
      case 'annotate':
        return shelf.annotate(asked.trace, asked.notes);
      case 'pin':
        return shelf.pin(asked.trace, asked.on);
      case 'remove':
        await shelf.remove(asked.traces);
        return null;
      case 'restore':
        await shelf.restore(asked.traces);
        return null;
      case 'export':
        return exportTrace(await openTrace(shelf.path(asked.trace)), asked.format, asked.file);
      case 'import':
        return this.#import(shelf, asked.path);
      case 'refresh':
        return this.#refresh(shelf, asked.trace, asked.until);
      case 'sweep':
        await shelf.sweep(asked.rules, asked.nowMs);
        return null;
      default:
        return unreachable(job);
    }
  }

  async #close(): Promise<null> {
    this.#closing = true;
    await Promise.allSettled(this.#underWay);
    await this.#scope.close();
    for (const shelf of this.#shelves.values()) await shelf.emptyRemoved();
    return null;
  }

  async #use(dir: string): Promise<void> {
    this.#shelf.tellAll(false);
    const shelf = this.#shelves.get(dir) ?? this.#open(dir, true);
    this.#shelf = shelf;
    await shelf.list();
    shelf.tellAll(true);
  }

  #open(dir: string, first: boolean): Shelf {
    // What happens in a folder that is not in use any more is nobody's business.
    const shelf = new Shelf(dir, (changes) => {
      if (this.#shelf === shelf) this.#onChanged(changes);
    });
    this.#shelves.set(dir, shelf);
    if (first) void shelf.emptyRemoved();
    return shelf;
  }

  async #import(shelf: Shelf, source: string): Promise<string> {
    this.#brought += 1;
    const { id } = await bringIn(source, {
      tracesDir: shelf.dir,
      aside: await shelf.scratch(`import-${this.#brought}`),
      version: this.#version,
    });
    await shelf.refresh(id);
    return id;
  }

  /** Of a call that keeps no trace there is nothing to wait for once it has ended. */
  async #refresh(shelf: Shelf, id: string, until: 'there' | 'ended'): Promise<TraceEntry | null> {
    for (let look = 0; look < LOOKS && !this.#closing; look += 1) {
      const entry = await shelf.entry(id);
      const done = until === 'there' ? entry !== null : entry?.state !== 'going_on';
      if (done) break;
      await new Promise<void>((resolve) => this.#scope.after(LOOK_EVERY_MS, resolve));
    }
    const entry = await shelf.refresh(id);
    // A trace that cannot be read says so when it is opened.
    if (until === 'ended' && entry) await measureAhead(shelf.path(id)).catch(() => undefined);
    return entry;
  }
}
