import { explain } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { ModelView } from '../backend/contract/window.ts';
import { ModelStore } from '../backend/models/fetch.ts';
import type { Model } from '../backend/models/manifest.ts';

const PROGRESS_EVERY_MS = 250;

interface Pull {
  readonly abort: AbortController;
  readonly files: Map<string, number>;
}

/** The embedded models as the window shows them: what is there, what is coming, what went wrong. */
export class ModelShelf {
  readonly #store: ModelStore;
  readonly #scope: Scope;
  readonly #changed: (models: readonly ModelView[]) => void;
  readonly #pulls = new Map<string, Pull>();
  readonly #problems = new Map<string, string>();
  #telling = false;

  constructor(dir: string, scope: Scope, changed: (models: readonly ModelView[]) => void) {
    this.#store = new ModelStore(dir);
    this.#scope = scope;
    this.#changed = changed;
  }

  async list(): Promise<readonly ModelView[]> {
    return (await this.#store.list()).map(({ model, bytes, installed }) =>
      this.#view(model, bytes, installed),
    );
  }

  async installed(): Promise<ReadonlySet<string>> {
    const states = await this.#store.list();
    return new Set(states.filter(({ installed }) => installed).map(({ model }) => model.name));
  }

  /** Begins to fetch; `changed` tells how it goes. */
  pull(name: string): void {
    if (this.#pulls.has(name)) return;
    const pull: Pull = { abort: new AbortController(), files: new Map() };
    this.#pulls.set(name, pull);
    this.#problems.delete(name);
    const forget = this.#scope.defer(() => pull.abort.abort());
    const signal = pull.abort.signal;
    const onProgress: NonNullable<Parameters<ModelStore['pull']>[1]>['onProgress'] = (progress) => {
      if (progress.type !== 'bytes' || progress.model !== name) return;
      pull.files.set(progress.file, progress.received);
      this.#tellSoon();
    };
    void this.#store
      .pull([name], { signal, onProgress })
      .catch((error: unknown) => {
        if (!signal.aborted) this.#problems.set(name, explain(error));
      })
      .finally(() => {
        forget();
        this.#pulls.delete(name);
        this.#tell();
      });
    this.#tell();
  }

  cancel(name: string): void {
    this.#pulls.get(name)?.abort.abort();
  }

  async remove(name: string): Promise<void> {
    await this.#store.remove(name);
    this.#tell();
  }

  /** Chunks come by the thousand; each telling looks at every model's files. */
  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    this.#scope.after(PROGRESS_EVERY_MS, () => {
      this.#telling = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (this.#scope.closed) return;
    void this.list().then(this.#changed);
  }

  #view(model: Model, bytes: number, installed: boolean): ModelView {
    const pull = this.#pulls.get(model.name);
    const problem = this.#problems.get(model.name) ?? null;
    const state = installed ? 'installed' : pull ? 'fetching' : problem !== null ? 'failed' : 'absent';
    const received = pull ? [...pull.files.values()].reduce((sum, part) => sum + part, 0) : 0;
    const { name, purpose, languages, licence, about } = model;
    return { name, purpose, languages, licence, about, bytes, state, receivedBytes: received, problem };
  }
}
