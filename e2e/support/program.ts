import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SEARCH_PATH } from './tools.ts';
import { until } from './until.ts';

/** How long a program may take to end by itself when it is asked to. */
const GRACE_MS = 3000;

/** Whatever still runs when this process ends. */
const running = new Set<Program>();
process.on('exit', () => {
  for (const program of running) program.kill();
});

/** Somebody else's program for the time of a test, with all the processes it makes of itself. */
export class Program implements AsyncDisposable {
  /** What it has printed, both streams in the order they came. */
  output = '';
  readonly #name: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;

  constructor(name: string, args: readonly string[], { cwd }: { readonly cwd?: string } = {}) {
    this.#name = name;
    // A group of its own, which can be ended as a whole.
    // Ended by the system when this process is killed and can no longer see to it.
    this.#child = spawn('setpriv', ['--pdeathsig', 'TERM', name, ...args], {
      cwd,
      detached: true,
      env: { ...process.env, PATH: SEARCH_PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (part: Buffer) => (this.output += part.toString()));
    this.#child.stderr.on('data', (part: Buffer) => (this.output += part.toString()));
    this.#closed = once(this.#child, 'close');
    running.add(this);
    void this.#closed.then(() => running.delete(this)).catch(() => running.delete(this));
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its exit code once it has ended; null: a signal ended it. */
  async exit(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Looks until there is something to see, and says what the program printed when it ends before. */
  until<T>(what: string, look: () => T | null | undefined | false | Promise<T | null | undefined | false>) {
    return until(`${what} of ${this.#name}`, async () => {
      if (this.ended) throw new Error(`${this.#name} ended before ${what}:\n${this.output}`);
      return look();
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output.slice(-4000)}`);
    });
  }

  /** Ends it as Ctrl-C does. */
  async interrupt(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#closed;
  }

  /** Ends it and all its children as nothing can prepare for. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ended) {
      this.#child.kill('SIGTERM');
      await Promise.race([this.#closed, sleep(GRACE_MS, null, { ref: false })]);
    }
    this.kill();
    await this.#closed.catch(() => undefined);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The whole group is gone.
    }
  }
}
