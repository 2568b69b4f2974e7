import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { until } from './until.ts';

export const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const NODE = path.join(REPOSITORY, 'node_modules/.bin/node');
const MAIN = path.join(REPOSITORY, 'backend/cli/main.ts');

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Largest file it may write, in kB: what a full disk is to it. */
  readonly fileLimitKb?: number;
}

/** The command line as a person runs it, in a process of its own. */
export class Cli implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exited: Promise<unknown>;

  constructor(args: readonly string[], { env = {}, fileLimitKb }: CliOptions = {}) {
    const limit = fileLimitKb === undefined ? '' : `ulimit -f ${fileLimitKb}; `;
    this.#child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', NODE, MAIN, ...args], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (part: Buffer) => (this.stdout += part.toString()));
    this.#child.stderr.on('data', (part: Buffer) => (this.stderr += part.toString()));
    this.#exited = once(this.#child, 'close');
  }

  /** Runs to its end. */
  static async run(args: readonly string[], options?: CliOptions): Promise<Cli> {
    const cli = new Cli(args, options);
    await cli.exit();
    return cli;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Complete lines of stdout, each of them JSON. */
  get json(): unknown[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));
  }

  async exit(): Promise<number | null> {
    await this.#exited;
    return this.exitCode;
  }

  /** Ends it as nothing can prepare for. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** As a container is stopped. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** The port of `serve` on 127.0.0.1, once it is ready. */
  async ready(): Promise<number> {
    const found = await until('SYSTEM READY', () => {
      if (this.exitCode !== null) throw new Error(`it ended with ${this.exitCode}: ${this.stderr}`);
      return /✅ SYSTEM READY\. Listening RTP on 127\.0\.0\.1:(\d+)/.exec(this.stdout + this.stderr)?.[1];
    });
    return Number(found);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
