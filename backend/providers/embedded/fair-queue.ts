import { setImmediate as eventLoop } from 'node:timers/promises';

/** Earlier ones go first: what a caller waits for in silence goes before what is said while others speak. */
export const PRIORITIES = ['urgent', 'soon', 'later'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface Task {
  /** Tasks of one priority are served by owner in turn. */
  readonly owner: number;
  priority: Priority;
  /** Runs one step; returns the priority of the next one, null when there is none. Must not throw. */
  step(): Promise<Priority | null>;
}

/** One step at a time over many tasks, so that one long reply holds up nobody else's first word. */
export class FairQueue {
  readonly #tasks: Task[] = [];
  /** Counts up; by owner, when it was last served. */
  #turn = 0;
  readonly #servedAt = new Map<number, number>();
  #draining: Promise<void> | null = null;

  add(task: Task): void {
    this.#tasks.push(task);
    this.#draining ??= this.#drain();
  }

  /** Resolves when no step is running and none waits. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    for (let task = this.#next(); task; task = this.#next()) {
      this.#turn += 1;
      this.#servedAt.set(task.owner, this.#turn);
      const next = await task.step();
      if (next === null) this.#remove(task);
      else task.priority = next;
      // A step may never wait for anything itself: here new tasks and cancellations come in.
      await eventLoop();
    }
    this.#servedAt.clear();
    this.#draining = null;
  }

  #next(): Task | null {
    let best: Task | null = null;
    for (const task of this.#tasks) {
      if (best === null || this.#compare(task, best) < 0) best = task;
    }
    return best;
  }

  #compare(a: Task, b: Task): number {
    const byPriority = PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);
    if (byPriority !== 0) return byPriority;
    return (this.#servedAt.get(a.owner) ?? 0) - (this.#servedAt.get(b.owner) ?? 0);
  }

  #remove(task: Task): void {
    this.#tasks.splice(this.#tasks.indexOf(task), 1);
  }
}
