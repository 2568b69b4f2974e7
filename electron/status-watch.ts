import type { Scope } from '../backend/base/scope.ts';
import type { WorkerReport } from '../backend/contract/host.ts';
import type { HostStatus } from '../backend/contract/window.ts';
import type { Host } from '../backend/host/host.ts';
import type { Health } from './health.ts';

const EVERY_MS = 1000;

export interface StatusWatchOptions {
  readonly scope: Scope;
  readonly host: Host;
  readonly health: Health;
  readonly changed: (status: HostStatus) => void;
}

/** How the engine does, asked once a second. */
export class StatusWatch {
  readonly #options: StatusWatchOptions;
  #listening: HostStatus['listening'] = null;
  #problem: HostStatus['listenProblem'] = null;
  #reports: readonly WorkerReport[] = [];
  #load: readonly number[] = [];
  #askedAt = performance.now();
  #asking = false;

  constructor(options: StatusWatchOptions) {
    this.#options = options;
    options.scope.every(EVERY_MS, () => void this.#ask());
  }

  get status(): HostStatus {
    const refused: Record<string, number> = {};
    for (const report of this.#reports) {
      for (const [reason, count] of Object.entries(report.refused))
        refused[reason] = (refused[reason] ?? 0) + count;
    }
    return {
      listening: this.#listening,
      listenProblem: this.#problem,
      calls: sum(this.#reports, ({ calls }) => calls),
      answered: sum(this.#reports, ({ answered }) => answered),
      pacing: worstPacing(this.#reports),
      load: this.#load,
      refused,
      health: this.#options.health.report(),
    };
  }

  /** What an attempt to answer calls has come to; twice null: it is under way. */
  listening(at: HostStatus['listening'], problem: HostStatus['listenProblem']): void {
    this.#listening = at;
    this.#problem = problem;
    this.#options.changed(this.status);
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const reports = await this.#options.host.report();
      const now = performance.now();
      const seconds = (now - this.#askedAt) / 1000;
      // A worker that crashed was replaced by one that has used nothing yet.
      this.#load = reports.map(({ cpuSeconds }, index) =>
        Math.min(1, Math.max(0, (cpuSeconds - (this.#reports[index]?.cpuSeconds ?? cpuSeconds)) / seconds)),
      );
      this.#askedAt = now;
      this.#reports = reports;
      this.#options.changed(this.status);
    } catch {
      // A worker that ends while it is asked is asked again, or its successor.
    } finally {
      this.#asking = false;
    }
  }
}

function sum(reports: readonly WorkerReport[], of: (report: WorkerReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}

function worstPacing(reports: readonly WorkerReport[]): HostStatus['pacing'] {
  const sending = reports.filter(({ pacing }) => pacing.count > 0).map(({ pacing }) => pacing);
  const worst = sending.toSorted((a, b) => b.p99 - a.p99)[0];
  return worst ? { p50: worst.p50, p99: worst.p99, max: worst.max } : null;
}
