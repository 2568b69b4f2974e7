import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from './cli.ts';
import { freePort, ownAddress } from './loopback.ts';
import { Program } from './program.ts';

/** What Kamailio thinks of a bot, once it has asked it. */
export interface BotState {
  readonly answers: boolean;
  /** Calls it has, by Kamailio's count. */
  readonly calls: number;
}

/** Kamailio with the very gpu-stack/kamailio/kamailio.cfg, before the bots that are named. */
export class Dispatcher implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #httpPort: number;
  readonly #dir: string;
  readonly #program: Program;

  private constructor(
    place: { host: string; port: number; httpPort: number; dir: string },
    program: Program,
  ) {
    this.host = place.host;
    this.port = place.port;
    this.#httpPort = place.httpPort;
    this.#dir = place.dir;
    this.#program = program;
  }

  /** `bots`: HOST:PORT of each. Resolves as soon as one of them answers its OPTIONS. */
  static async start(bots: readonly string[], maxLoad: number, host = ownAddress()): Promise<Dispatcher> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-dispatcher-'));
    const list = path.join(dir, 'dispatcher.list');
    const lines = bots.map((bot, index) => `1 sip:${bot} 0 0 duid=bot-${index};maxload=${maxLoad}\n`);
    await writeFile(list, lines.join(''));
    const port = await freePort(host, 2);
    const httpPort = port + 1;
    const folder = path.join(REPOSITORY, 'gpu-stack/kamailio');
    const settings = {
      SIP_UDP: `udp:${host}:${port}`,
      SIP_TCP: `tcp:${host}:${port}`,
      HTTP: `tcp:${host}:${httpPort}`,
      HTTP_PORT: `${httpPort}`,
      BOTS_FILE: JSON.stringify(list),
      CALLERS_FILE: JSON.stringify(path.join(folder, 'callers.list')),
      CONTROL: JSON.stringify(`unix:${path.join(dir, 'control')}`),
      PING_INTERVAL_S: '1',
      // One keeps messages in their order: SIPp gives a call up whose 200 overtakes its 180.
      CHILDREN: '1',
    };
    const config = path.join(folder, 'kamailio.cfg');
    const program = new Program('kamailio', [
      ...`-f ${config} -DD -E -m 32 -M 4 -w ${dir} -Y ${dir}`.split(' '),
      ...Object.entries(settings).flatMap(([name, value]) => ['-A', `${name}=${value}`]),
    ]);
    const dispatcher = new Dispatcher({ host, port, httpPort, dir }, program);
    try {
      await program.until('readiness', () => dispatcher.http('/ready').catch(() => null));
    } catch (error) {
      await dispatcher[Symbol.asyncDispose]();
      throw error;
    }
    return dispatcher;
  }

  /** What it has logged. */
  get log(): string {
    return this.#program.output;
  }

  /** What its HTTP side says; null: it answers with an error. */
  async http(page: '/live' | '/ready' | '/metrics'): Promise<string | null> {
    const answer = await fetch(`http://${this.host}:${this.#httpPort}${page}`);
    return answer.ok ? answer.text() : null;
  }

  /** By HOST:PORT. */
  async bots(): Promise<Map<string, BotState>> {
    const control = new Program('kamcmd', [
      '-s',
      `unix:${path.join(this.#dir, 'control')}`,
      'dispatcher.list',
    ]);
    await control.exit();
    const found = control.output.matchAll(
      /URI: sip:(\S+)\s+FLAGS: (\w+)[\s\S]*?RUNTIME: {\s*DLGLOAD: (\d+)/g,
    );
    return new Map(
      [...found].map(([, uri = '', flags = '', calls]) => [
        uri,
        { answers: flags === 'AP', calls: Number(calls) },
      ]),
    );
  }

  /** Looks until its bots are as they should be. */
  until(what: string, fits: (bots: ReadonlyMap<string, BotState>) => boolean): Promise<true> {
    return this.#program.until(what, async () => fits(await this.bots()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
