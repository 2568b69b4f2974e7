import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCRIPTED_BOT, makeBot } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Dispatcher } from './support/dispatcher.ts';
import { freePort, ownAddress } from './support/loopback.ts';
import { Sipp, type SippResult } from './support/sipp.ts';
import { has } from './support/tools.ts';

const BOTS = 4;
const CALLS = 200;
/** As many calls as a bot may have at once in these tests. */
const MAX_LOAD = 40;

/** What `serve --json` prints when a call is answered. */
const connected = z.object({ type: z.literal('line'), state: z.literal('connected'), call: z.string() });

describe.skipIf(!has('sipp') || !has('kamailio'))('Kamailio before several voice-bots', () => {
  let folder: string;
  let bot: string;
  const bots: ServedBot[] = [];
  let dispatcher: Dispatcher;
  let scenario: string;

  beforeAll(async () => {
    scenario = await readFile(path.join(import.meta.dirname, 'fixtures/sipp/short.xml'), 'utf8');
    folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-bots-'));
    bot = await makeBot(folder, SCRIPTED_BOT);
    const host = ownAddress();
    const port = await freePort(host, BOTS);
    const addresses = Array.from({ length: BOTS }, (_, index) => `${host}:${port + index}`);
    // One after the other: each has its own time to become ready in.
    for (const address of addresses) bots.push(await ServedBot.start(bot, address));
    dispatcher = await Dispatcher.start(addresses, MAX_LOAD);
    await dispatcher.until('four bots that answer', (all) => answering(all) === BOTS);
  }, 120_000);

  afterAll(async () => {
    await dispatcher?.[Symbol.asyncDispose]();
    for (const bot of bots) await bot[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Calls of 0.4 s each through the dispatcher, and how many of them each bot answered. */
  async function calls(
    count: number,
    to = dispatcher,
    { rate = 25, lasts = 400 } = {},
  ): Promise<SippResult & { readonly shares: readonly number[] }> {
    const before = bots.map(({ answered }) => answered.size);
    await using caller = await Sipp.start({
      scenario,
      to: `${to.host}:${to.port}`,
      calls: count,
      rate,
      lasts,
    });
    const result = await caller.result();
    return { ...result, shares: bots.map(({ answered }, index) => answered.size - (before[index] ?? 0)) };
  }

  it(`spreads ${CALLS} calls evenly, and forgets them when they are over`, async () => {
    const { exitCode, successful, errors, shares } = await calls(CALLS);
    expect({ exitCode, successful }, errors.slice(0, 3000)).toEqual({ exitCode: 0, successful: CALLS });
    expect(sum(shares)).toBe(CALLS);
    expect(Math.min(...shares), shares.join(' ')).toBeGreaterThan(CALLS / BOTS / 2);
    await dispatcher.until('no calls', (all) => [...all.values()].every((bot) => bot.calls === 0));
  });

  it('gives the calls of a bot that was killed to the others, before its silence is known and after', async () => {
    const [dead] = bots;
    dead?.cli.kill();
    await dead?.cli.exit();
    const { exitCode, successful, errors, shares } = await calls(60);
    expect({ exitCode, successful }, errors.slice(0, 3000)).toEqual({ exitCode: 0, successful: 60 });
    expect(shares[0]).toBe(0);
    expect(sum(shares)).toBe(60);
    await dispatcher.until('the dead bot to be known', (all) => answering(all) === BOTS - 1);
    expect(dispatcher.log).toContain(`bot sip:${dead?.address} does not answer`);
  });

  it('gives calls to a bot that comes back', async () => {
    const [dead] = bots;
    if (dead) bots[0] = await ServedBot.start(bot, dead.address);
    await dispatcher.until('four bots that answer', (all) => answering(all) === BOTS);
    const { exitCode, successful, errors, shares } = await calls(40);
    expect({ exitCode, successful }, errors.slice(0, 3000)).toEqual({ exitCode: 0, successful: 40 });
    expect(shares[0]).toBeGreaterThan(0);
  });

  it('refuses calls beyond what its bots may carry, and says when to come back', async () => {
    await using small = await Dispatcher.start(
      bots.map(({ address }) => address),
      2,
    );
    await small.until('four bots that answer', (all) => answering(all) === BOTS);
    const { successful, failed, errors, shares } = await calls(BOTS * 2 + 4, small, {
      rate: 100,
      lasts: 2000,
    });
    expect({ successful, failed }, errors.slice(0, 3000)).toEqual({ successful: BOTS * 2, failed: 4 });
    expect(shares).toEqual([2, 2, 2, 2]);
    expect(errors).toContain('503 Service Unavailable');
    expect(errors).toContain('Retry-After: 5');
    expect(await small.http('/metrics')).toMatch(/calls_refused\{reason="full"\} 4\b/);
  });
});

/** `sidetone serve` in a process of its own, with one SIP account and a bot that needs no models. */
class ServedBot implements AsyncDisposable {
  readonly address: string;
  readonly cli: Cli;

  private constructor(address: string, cli: Cli) {
    this.address = address;
    this.cli = cli;
  }

  /** `dir`: the bot's folder; the accounts file is written there. */
  static async start(dir: string, address: string): Promise<ServedBot> {
    const [host, port] = address.split(':');
    const accounts = path.join(dir, `accounts-${port}.yaml`);
    await writeFile(
      accounts,
      `accounts:\n  bot: { aor: 'sip:bot@${host}', register: false, bind: '${address}', allow: [127.0.0.0/8], srtp: never }\n`,
    );
    const served = new ServedBot(
      address,
      new Cli(
        `serve --bot ${dir} --rtp 127.0.0.1:0 --accounts ${accounts} --workers 1 --no-traces --json`.split(
          ' ',
        ),
      ),
    );
    await served.cli.ready();
    return served;
  }

  /** Ids of calls it has answered. */
  get answered(): ReadonlySet<string> {
    return new Set(
      this.cli.json.flatMap((line) => {
        const { data } = connected.safeParse(line);
        return data ? [data.call] : [];
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cli[Symbol.asyncDispose]();
  }
}

const answering = (bots: ReadonlyMap<string, { readonly answers: boolean }>): number =>
  [...bots.values()].filter(({ answers }) => answers).length;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
