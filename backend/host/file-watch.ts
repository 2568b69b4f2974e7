import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Scope } from '../base/scope.ts';

/**
 * Tells of changes to any of some files. It watches their folders and not them: editors replace a file by renaming
 * another to its name.
 */
export class FileWatch {
  readonly #onChange: () => void;
  readonly #scope: Scope;
  readonly #folders = new Map<string, FSWatcher>();
  #files: ReadonlySet<string> = new Set();

  constructor(scope: Scope, onChange: () => void) {
    this.#onChange = onChange;
    this.#scope = scope;
    scope.defer(() => {
      for (const watcher of this.#folders.values()) watcher.close();
    });
  }

  /** These and no others from now on, by their whole paths. Of a folder that is not there nothing is told. */
  watch(files: readonly string[]): void {
    if (this.#scope.closed) return;
    this.#files = new Set(files);
    const folders = new Set(files.map((file) => path.dirname(file)));
    for (const folder of this.#folders.keys()) if (!folders.has(folder)) this.#close(folder);
    for (const folder of folders) if (!this.#folders.has(folder)) this.#open(folder);
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder, (_, name) => {
        if (name === null || this.#files.has(path.join(folder, name))) this.#onChange();
      });
      watcher.on('error', () => this.#close(folder));
      this.#folders.set(folder, watcher);
    } catch {
      // Whoever makes it changes what names it, or starts anew.
    }
  }

  #close(folder: string): void {
    this.#folders.get(folder)?.close();
    this.#folders.delete(folder);
  }
}
