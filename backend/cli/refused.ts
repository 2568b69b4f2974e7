import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../base/replace-file.ts';

const FILE = '.refused.json';
const KEPT = 20;

const refusals = z.array(
  z.object({ at: z.iso.datetime(), from: z.string(), reason: z.string(), message: z.string() }),
);
/** A caller that was not answered: there is no call, so no trace tells of it. */
export type Refused = z.infer<typeof refusals>[number];

/** Keeps the latest refused callers in the folder of traces, where `sidetone doctor` finds them. */
export class RefusedLog {
  readonly #dir: string;
  #latest: readonly Refused[] = [];
  #written: Promise<unknown> = Promise.resolve();

  constructor(tracesDir: string) {
    this.#dir = tracesDir;
  }

  /** Never throws: a log that cannot be written must not end calls. */
  add(refused: Refused): void {
    this.#latest = [...this.#latest, refused].slice(-KEPT);
    this.#written = this.#written.then(() => this.#write()).catch(() => undefined);
  }

  async #write(): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await replaceFile(path.join(this.#dir, FILE), JSON.stringify(this.#latest));
  }

  /** Once all is written. */
  async close(): Promise<void> {
    await this.#written;
  }
}

/** The latest last; none where none were kept. */
export async function readRefused(tracesDir: string): Promise<readonly Refused[]> {
  try {
    return refusals.parse(JSON.parse(await readFile(path.join(tracesDir, FILE), 'utf8')));
  } catch {
    return [];
  }
}
