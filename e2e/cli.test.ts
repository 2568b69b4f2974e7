import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callEvent, type CallEvent } from '../backend/contract/events.ts';
import { readManifest } from '../backend/trace/manifest-file.ts';
import { CALLER, SCRIPTED_BOT, makeBot, speech } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Phone } from './support/phone.ts';
import { until } from './support/until.ts';

const BOT = `greeting: Hello.\n${SCRIPTED_BOT}`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-cli-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** `serve` with a scripted bot on a port of its own. */
async function serve(...more: string[]): Promise<Cli> {
  const bot = await makeBot(folder, BOT);
  const records = path.join(folder, 'served');
  return new Cli(['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--traces', records, ...more]);
}

function callEvents(cli: Cli): CallEvent[] {
  return cli.json.flatMap((line) => callEvent.safeParse(line).data ?? []);
}

describe.concurrent('what the command line says about itself', () => {
  it.each([
    { args: [], says: /serve.*call.*sip.*models.*doctor.*bench/s },
    { args: ['serve'], says: /--bot.*--rtp.*--allow.*--max-calls.*--workers.*--demo.*--traces.*--json/s },
    {
      args: ['call'],
      says: /rtp:HOST:PORT.*--audio.*--barge-in-ms.*--codec.*--for.*--no-listen.*--traces.*--json/s,
    },
    { args: ['sip', 'check'], says: /<account>.*--accounts.*--json/s },
    { args: ['models'], says: /list.*pull.*rm/s },
    { args: ['models', 'pull'], says: /\[names\.\.\.\]/ },
    { args: ['doctor'], says: /--bot.*--rtp.*--json/s },
    { args: ['bench'], says: /--json/ },
  ])('$args --help', async ({ args, says }) => {
    const cli = await Cli.run([...args, '--help']);
    expect(cli.exitCode).toBe(0);
    expect(cli.stdout).toMatch(says);
    expect(cli.stderr).toBe('');
  });

  it.each([
    { args: ['serve', '--prot', '1'], says: "unknown option '--prot'" },
    { args: ['serve', '--max-calls', 'many'], says: 'whole number' },
    { args: ['call', 'bob', '--no-account', '--audio', 'a.wav'], says: 'rtp:HOST:PORT or sip:USER@HOST' },
    { args: ['serve', '--accounts', 'none.yaml'], says: 'there is no such file' },
    { args: ['sip', 'check', 'alice', '--accounts', 'none.yaml'], says: 'there is no such file' },
    { args: ['call', 'rtp:127.0.0.1:9'], says: '--audio' },
    { args: ['call', 'rtp:127.0.0.1:9', '--audio', 'none.wav', '--no-listen'], says: 'none.wav' },
    { args: ['sing'], says: "unknown command 'sing'" },
    { args: ['serve', '--bot', 'no-such-bot'], says: 'bot.yaml' },
  ])('$args is wrong usage: exit code 2, and why', async ({ args, says }) => {
    const cli = await Cli.run(args);
    expect(cli.stderr).toContain(says);
    expect(cli.exitCode).toBe(2);
  });
});

describe('serve', () => {
  it('says where a bot.yaml is wrong and what is allowed, and exits with 2', async () => {
    const bot = await makeBot(folder, 'name: bot\nturn:\n  min_silence: 200\n');
    const cli = await Cli.run(['serve', '--bot', bot, '--rtp', '127.0.0.1:0']);
    expect(cli.exitCode).toBe(2);
    expect(cli.stderr).toContain(`${path.join(bot, 'bot.yaml')}:3:3: `);
    expect(cli.stderr).toMatch(/unknown key `min_silence`, did you mean `min_silence_ms`\?.*Allowed here: /s);
  });

  it('says what to run when a model is missing, and exits with 3', async () => {
    const cli = await Cli.run(['serve', '--rtp', '127.0.0.1:0'], {
      env: { SIDETONE_MODELS: path.join(folder, 'none') },
    });
    expect(cli.exitCode).toBe(3);
    expect(cli.stderr).toMatch(/is not installed.*models pull/s);
  });

  it('answers until Ctrl-C, which ends its calls with complete records', async () => {
    await using cli = await serve();
    await using phone = await Phone.call(await cli.ready());
    await phone.hears();
    cli.interrupt();
    expect(await cli.exit()).toBe(0);
    const [call, ...others] = await readdir(path.join(folder, 'served'));
    expect(others).toEqual([]);
    const manifest = await readManifest(path.join(folder, 'served', call ?? ''));
    expect(manifest).toMatchObject({ state: 'complete', ended: 'Sidetone is closing' });
    expect(cli.stdout).toContain('Hello.');
    expect(cli.stderr).toBe('');
  });

  it('goes on with its calls when the disk takes no more, and says so', async () => {
    const bot = await makeBot(folder, BOT);
    const records = path.join(folder, 'served');
    await using cli = new Cli(
      ['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--traces', records, '--json'],
      {
        fileLimitKb: 24,
      },
    );
    await using phone = await Phone.call(await cli.ready());
    const warning = await until('a warning', () =>
      callEvents(cli).find(({ type }) => type === 'call.warning'),
    );
    expect(warning).toMatchObject({ code: 'record', message: expect.stringContaining('the call goes on') });
    await phone.say(speech(CALLER.name));
    const { seq } = warning;
    await until('an answer', () =>
      callEvents(cli).find((event) => event.type === 'bot.said' && event.seq > seq),
    );
    await phone.vanish();
    await until('the end', () => callEvents(cli).some(({ type }) => type === 'call.ended'));
    cli.interrupt();
    expect(await cli.exit()).toBe(0);
    expect((await readManifest(path.join(records, warning.call))).state).toBe('cut');
  });

  it('answers even where no record can be kept at all', async () => {
    const bot = await makeBot(folder, BOT);
    const records = path.join(bot, 'bot.yaml', 'records');
    await using cli = new Cli(['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--traces', records, '--json']);
    await using phone = await Phone.call(await cli.ready());
    await phone.hears();
    const warning = await until('a warning', () =>
      callEvents(cli).find(({ type }) => type === 'call.warning'),
    );
    expect(warning).toMatchObject({ code: 'record', message: expect.stringContaining('the call goes on') });
    cli.interrupt();
    expect(await cli.exit()).toBe(0);
  });
});

describe('call', () => {
  it('acts the caller, prints events as JSON lines, keeps a record and exits with 0', async () => {
    await using bot = await serve();
    const port = await bot.ready();
    const records = path.join(folder, 'placed');
    const audio = ['--audio', CALLER.name.file];
    const cli = await Cli.run(['call', `rtp:127.0.0.1:${port}`, ...audio, '--traces', records, '--json']);
    expect(cli.exitCode, cli.stderr).toBe(0);
    const events = cli.json.map((line) => callEvent.parse(line));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'script.latency')).toHaveLength(1);
    expect(types.filter((type) => type === 'script.heard')).toHaveLength(2);
    expect(types.at(-1)).toBe('call.ended');
    const call = events[0]?.call ?? '';
    expect(await readManifest(path.join(records, call))).toMatchObject({
      state: 'complete',
      ended: 'script finished',
    });
  });

  it.each([
    ['where nobody listens', []],
    ['where somebody listens and never speaks', ['--for', '4']],
  ])('exits with 1 %s', async (_, more) => {
    await using mute = await Phone.waiting();
    if (more.length === 0) await mute.vanish();
    const target = `rtp:127.0.0.1:${mute.port}`;
    const args = ['--audio', CALLER.name.file, '--no-listen', '--traces', folder, ...more];
    const cli = await Cli.run(['call', target, ...args]);
    expect(cli.exitCode).toBe(1);
    expect(cli.stderr).toContain(`nothing at 127.0.0.1:${mute.port} answered in words`);
  });
});
