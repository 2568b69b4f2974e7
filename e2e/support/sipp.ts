import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort, ownAddress } from './loopback.ts';
import { Program } from './program.ts';

export interface SippOptions {
  /** One that SIPp brings (`uac`, `uas`...), or XML of our own. */
  readonly scenario: string;
  /** Whom it calls, HOST:PORT; none: it waits for calls. */
  readonly to?: string;
  readonly calls: number;
  /** Calls begun each second. */
  readonly rate?: number;
  /** Milliseconds a call of `uac` lasts. */
  readonly lasts?: number;
  /** Name of whoever is called. */
  readonly service?: string;
  /** Echoes the RTP it gets on its media port. */
  readonly echoes?: boolean;
  /** Files its scenario uses, by name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly timeoutS?: number;
  readonly transport?: 'u1' | 't1';
  readonly host?: string;
}

export interface SippResult {
  /** 0: all calls went as the scenario says; 1: at least one did not. */
  readonly exitCode: number | null;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** What went wrong, in its words. */
  readonly errors: string;
}

/** SIPp with one scenario. */
export class Sipp implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #dir: string;
  readonly #program: Program;

  private constructor(place: { host: string; port: number; dir: string }, program: Program) {
    this.host = place.host;
    this.port = place.port;
    this.#dir = place.dir;
    this.#program = program;
  }

  static async start(options: SippOptions): Promise<Sipp> {
    const host = options.host ?? ownAddress();
    const port = await freePort(host, 5);
    // Audio with its RTCP, and video, which it opens as well.
    const mediaPort = port + 1;
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-sipp-'));
    const { scenario, calls, rate = 10, lasts = 0, service = 'service', timeoutS = 60 } = options;
    const own = scenario.includes('<');
    if (own) await writeFile(path.join(dir, 'scenario.xml'), scenario);
    for (const [name, bytes] of Object.entries(options.files ?? {}))
      await writeFile(path.join(dir, name), bytes);
    const program = new Program(
      'sipp',
      [
        ...(options.to === undefined ? [] : [options.to]),
        ...(own ? ['-sf', 'scenario.xml'] : ['-sn', scenario]),
        ...`-i ${host} -p ${port} -mi ${host} -mp ${mediaPort} -s ${service}`.split(' '),
        ...`-m ${calls} -l ${calls} -r ${rate} -d ${lasts} -t ${options.transport ?? 'u1'}`.split(' '),
        ...`-timeout ${timeoutS} -timeout_error -nostdin -trace_err -trace_stat -stf stat.csv -fd 1`.split(
          ' ',
        ),
        ...(options.echoes === true ? ['-rtp_echo'] : []),
      ],
      { cwd: dir },
    );
    return new Sipp({ host, port, dir }, program);
  }

  /** Reaches it. */
  get uri(): string {
    return `sip:sipp@${this.host}:${this.port}`;
  }

  /** Resolves when it has made, or taken, all its calls. */
  async result(): Promise<SippResult> {
    const exitCode = await this.#program.exit();
    const lines = (await readFile(path.join(this.#dir, 'stat.csv'), 'utf8').catch(() => ''))
      .trim()
      .split('\n');
    const names = (lines[0] ?? '').split(';');
    const last = (lines.at(-1) ?? '').split(';');
    const figure = (name: string): number => Number(last[names.indexOf(name)] ?? Number.NaN);
    const logs = (await readdir(this.#dir)).filter((name) => name.endsWith('_errors.log'));
    const errors = await Promise.all(logs.map((name) => readFile(path.join(this.#dir, name), 'utf8')));
    return {
      exitCode,
      successful: figure('SuccessfulCall(C)'),
      failed: figure('FailedCall(C)'),
      retransmissions: figure('Retransmissions(C)'),
      errors: errors.join('\n'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
