import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CallEvent } from '../contract/events.ts';
import { TRACE_FILES, type TraceManifest } from '../contract/trace.ts';
import { Transcript, vttOf } from '../fold/transcript.ts';
import { listTraceFiles } from './files.ts';
import { Mapping } from './mapping.ts';
import { sha256Of } from './sha256.ts';
import { Summary } from './summary.ts';

/** These change after the call, or hold the hashes themselves. */
const NOT_HASHED: readonly string[] = [TRACE_FILES.manifest, TRACE_FILES.notes];

/** What the end of a trace takes from its events: folded as they come, so that a long call ends as fast as a short one. */
export class Ending {
  readonly #mapping = new Mapping();
  readonly #summary = new Summary();
  readonly #transcript = new Transcript();

  /** Events in their order. */
  apply(event: CallEvent): void {
    this.#mapping.apply(event);
    this.#summary.apply(event);
    this.#transcript.apply(event);
  }

  /**
   * Writes the transcript, and hashes every file there is: all others must be complete. Returns what the manifest is
   * to say. @throws as the file system does.
   */
  async write(dir: string): Promise<Pick<TraceManifest, 'mapping' | 'summary' | 'sha256'>> {
    await writeFile(path.join(dir, TRACE_FILES.transcript), vttOf(this.#transcript.cues()));
    const sha256: Record<string, string> = {};
    for (const { name } of await listTraceFiles(dir)) {
      if (!NOT_HASHED.includes(name)) sha256[name] = await sha256Of(path.join(dir, name));
    }
    return { mapping: [...this.#mapping.points], summary: this.#summary.value, sha256 };
  }
}
