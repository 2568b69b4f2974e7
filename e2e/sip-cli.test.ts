import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLER, SCRIPTED_BOT, makeBot } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Kamailio } from './support/kamailio.ts';
import { has } from './support/tools.ts';
import { until } from './support/until.ts';

const PASSWORDS = { SIDETONE_SIP_BOT_PASSWORD: 'b0t', SIDETONE_SIP_TESTER_PASSWORD: 'tëster' };

describe.runIf(has('kamailio'))('the command line at a registrar', () => {
  let folder: string;
  let kamailio: Kamailio;
  let accounts: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-sip-cli-'));
    kamailio = await Kamailio.start({ domain: 'example.test', users: { bot: 'b0t', tester: 'tëster' } });
    accounts = path.join(folder, 'accounts.yaml');
    const there = `registrar: "${kamailio.host}:${kamailio.port}", proxy: "${kamailio.host}:${kamailio.port}"`;
    await writeFile(
      accounts,
      `accounts:
  bot: { aor: sip:bot@example.test, ${there}, who: bot }
  tester: { aor: sip:tester@example.test, ${there} }
`,
    );
  });

  afterAll(async () => {
    await kamailio[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Readonly<Record<string, string>> = PASSWORDS): Promise<Cli> =>
    Cli.run([...args, '--accounts', accounts], { env });
  const call = (target: string): readonly string[] =>
    `call ${target} --account tester --audio ${CALLER.name.file} --no-listen --for 30 --no-traces --json`.split(
      ' ',
    );

  it('has serve answer on its account, and call reach it there', async () => {
    const bot = await makeBot(folder, `greeting: Hello.\n${SCRIPTED_BOT}`);
    await using served = new Cli(
      ['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--accounts', accounts, '--json'],
      { env: PASSWORDS },
    );
    await served.ready();
    await until('the registration', () => /sip bot: registered, \d+ min left, via UDP/.test(served.stderr));
    expect(await kamailio.contacts('bot')).toHaveLength(1);
    expect(served.json).toContainEqual(
      expect.objectContaining({ type: 'account', name: 'bot', state: 'registered' }),
    );

    const caller = await run(call('bot'));
    expect(caller.stderr).toContain('answered  sip:bot@example.test');
    expect(caller.exitCode).toBe(0);
    expect(caller.json).toContainEqual(
      expect.objectContaining({ type: 'line', account: 'tester', direction: 'out', state: 'connected' }),
    );
    expect(caller.json).toContainEqual(
      expect.objectContaining({ type: 'call.ended', reason: 'script finished' }),
    );
    await until('the end of the call at the bot', () => served.stdout.includes('"call.ended"'));
    expect(served.json).toContainEqual(
      expect.objectContaining({ type: 'line', account: 'bot', direction: 'in', state: 'incoming' }),
    );
    expect(served.stdout + served.stderr + caller.stdout).not.toMatch(/b0t|tëster"/);

    served.interrupt();
    expect(await served.exit()).toBe(0);
    expect(await kamailio.contacts('bot')).toEqual([]);
  });

  it('says why a call was not answered, and exits with 1', async () => {
    const cli = await run(call('nobody'));
    expect(cli.exitCode).toBe(1);
    expect(cli.stderr).toMatch(/nobody did not answer: .*404/);
  });

  it('checks an account step by step', async () => {
    const good = await run(['sip', 'check', 'tester']);
    expect(good.stdout).toMatch(/✓ register/);
    expect(good.exitCode).toBe(0);
    const wrong = await run(['sip', 'check', 'tester', '--json'], { SIDETONE_SIP_TESTER_PASSWORD: 'no' });
    expect(wrong.json).toContainEqual(
      expect.objectContaining({ type: 'step', step: 'register', verdict: 'fail', hint: expect.any(String) }),
    );
    expect(wrong.exitCode).toBe(1);
    const unknown = await run(['sip', 'check', 'nobody']);
    expect(unknown.stderr).toContain('there are bot, tester');
    expect(unknown.exitCode).toBe(2);
  });
});
