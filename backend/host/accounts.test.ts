import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import { accountSettings } from '../contract/sip.ts';
import {
  loadAccounts,
  readAccounts,
  removeAccount,
  saveAccount,
  watchAccounts,
  type LoadedAccounts,
} from './accounts.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-accounts-'));
  file = path.join(dir, 'accounts.yaml');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const write = (text: string): Promise<void> => writeFile(file, text);
const inDir = (name: string): string => path.join(dir, name);

describe('readAccounts', () => {
  it('reads passwords from the environment, files and PEM files, with paths from where the file lies', async () => {
    await writeFile(inDir('secret'), 'from file\n', { mode: 0o600 });
    await writeFile(inDir('ca.pem'), '-----BEGIN CERTIFICATE-----\n');
    await write(`accounts:
  alice: { aor: sip:alice@example.com, bot: bots/demo }
  bob-2: { aor: sip:bob@example.com, password_env: BOB, tls: { ca: ca.pem } }
  carol: { aor: sip:carol@example.com, password_file: secret }
  trunk: { aor: sip:trunk@example.com, register: false }
`);
    const env = { SIDETONE_SIP_ALICE_PASSWORD: 'usual', BOB: 'named' };
    const [alice, bob, carol, trunk] = await readAccounts(file, env);
    expect(alice).toMatchObject({ name: 'alice', password: 'usual', settings: { bot: inDir('bots/demo') } });
    expect(bob).toMatchObject({
      password: 'named',
      tls: { verify: true, ca: '-----BEGIN CERTIFICATE-----\n' },
    });
    expect(carol?.password).toBe('from file');
    expect(trunk?.password).toBeNull();
  });

  it('names file, line, key and remedy of everything that is wrong', async () => {
    await writeFile(inDir('open'), 'x', { mode: 0o600 });
    await chmod(inDir('open'), 0o644);
    await writeFile(inDir('two'), 'a\nb\n', { mode: 0o600 });
    await writeFile(inDir('no.pem'), 'hello');
    await write(`accounts:
  a: { aor: sip:a@example.com, password_file: open }
  b: { aor: sip:b@example.com, password_file: two }
  c: { aor: sip:c@example.com, password_env: NOT_SET }
  d: { aor: sip:d@example.com, tls: { ca: no.pem } }
  e: { aor: sip:e@example.com, tls: { certificate: gone.pem } }
  f: { aor: sips:f@example.com, transport: udp, bind: here, allow: [10.0.0.0/8, 10.0.0.0/99] }
`);
    const message = await readAccounts(file, {}).then(String, (error: unknown) => String(error));
    for (const part of [
      `${file}:2:32: accounts.a.password_file: ${inDir('open')} can be read by others (mode 0644); chmod 600`,
      `accounts.b.password_file: ${inDir('two')} must hold the password alone`,
      'accounts.c.password_env: NOT_SET is not set in the environment',
      `accounts.d.tls.ca: ${inDir('no.pem')} is not a PEM file`,
      `accounts.e.tls.certificate: ${inDir('gone.pem')}: there is no such file`,
      'accounts.e.tls: certificate and key are needed both',
      'accounts.f.transport: found udp, but sips: asks for tls or wss',
      'accounts.f.bind: found "here"',
      'accounts.f.allow.1: found "10.0.0.0/99"',
    ])
      expect(message).toContain(part);
    expect(message).not.toContain('allow.0');
  });

  it('refuses keys and names that are none', async () => {
    await write('accounts:\n  Alice: { aor: sip:a@b }\n  bob: { aor: bob, trasport: tls }\n');
    const message = await readAccounts(file, {}).then(String, (error: unknown) => String(error));
    expect(message).toContain('did you mean `transport`?');
    expect(message).toContain('aor');
    expect(message).toMatch(/:2:3: .*Alice/);
    await expect(readAccounts(inDir('none.yaml'), {})).rejects.toThrow('there is no such file');
  });
});

describe('loadAccounts', () => {
  it('has the accounts that nothing is wrong with, and says the rest', async () => {
    await write(
      'accounts:\n  a: { aor: sip:a@b, password_env: NO }\n  b: { aor: sip:b@b, password_env: YES }\n',
    );
    const { accounts, entries, problem } = await loadAccounts(file, { YES: 'secret' });
    expect(accounts.map(({ name }) => name)).toEqual(['b']);
    expect(entries.map(({ name, hasPassword }) => [name, hasPassword])).toEqual([
      ['a', false],
      ['b', true],
    ]);
    expect(problem).toContain('accounts.a.password_env');
  });

  it('takes no file for no accounts, and a broken one for a problem', async () => {
    expect(await loadAccounts(file, {})).toEqual({ accounts: [], entries: [], problem: null });
    await write('accounts: [');
    const { accounts, problem } = await loadAccounts(file, {});
    expect(accounts).toEqual([]);
    expect(problem).toContain('not valid YAML');
  });
});

describe('saveAccount', () => {
  const settings = (more: object): ReturnType<typeof accountSettings.parse> =>
    accountSettings.parse({ aor: 'sip:a@example.com', ...more });

  it('begins a file that nobody else reads, with what is not as by default', async () => {
    await saveAccount(file, null, 'a', settings({ transport: 'tls', session_timer_s: null }));
    expect(await readFile(file, 'utf8')).toBe(
      'accounts:\n  a:\n    aor: sip:a@example.com\n    transport: tls\n    session_timer_s: null\n',
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('changes and renames one account and leaves all else, comments too', async () => {
    await write(`# mine
accounts:
  a:
    # who
    aor: sip:a@example.com
    transport: tls # encrypted
    ptime_ms: 20
  b: { aor: sip:b@example.com }
`);
    await saveAccount(file, 'a', 'c', settings({ who: 'ring' }));
    expect(await readFile(file, 'utf8')).toBe(`# mine
accounts:
  c:
    # who
    aor: sip:a@example.com
    ptime_ms: 20
    who: ring
  b: { aor: sip:b@example.com }
`);
    const [c] = await readAccounts(file, {});
    expect(c?.settings).toEqual(settings({ who: 'ring' }));
    await saveAccount(file, 'c', 'c', settings({ who: 'ring', tls: { ca: 'ca.pem' } }));
    expect(await readFile(file, 'utf8')).toContain('    tls:\n      ca: ca.pem\n  b:');
    await saveAccount(file, 'c', 'c', settings({ who: 'ring' }));
    expect(await readFile(file, 'utf8')).not.toContain('tls');
  });

  it('refuses a name that is taken, and a file that is broken', async () => {
    await write('accounts:\n  a: { aor: sip:a@example.com }\n  b: { aor: sip:b@example.com }\n');
    await expect(saveAccount(file, 'a', 'b', settings({}))).rejects.toThrow('an account b already');
    await expect(saveAccount(file, null, 'B', settings({}))).rejects.toThrow();
    await saveAccount(file, null, 'a-c', settings({}));
    await expect(saveAccount(file, null, 'a_c', settings({}))).rejects.toThrow('one password');
    await saveAccount(file, 'a-c', 'a_c', settings({}));
    await write('accounts: {');
    await expect(saveAccount(file, null, 'c', settings({}))).rejects.toThrow('not valid YAML');
    expect(await readFile(file, 'utf8')).toBe('accounts: {');
  });

  it('takes an account out again', async () => {
    await write('# mine\naccounts:\n  a: { aor: sip:a@example.com }\n  b: { aor: sip:b@example.com }\n');
    await removeAccount(file, 'a');
    expect(await readFile(file, 'utf8')).toBe('# mine\naccounts:\n  b: { aor: sip:b@example.com }\n');
  });
});

it('watchAccounts tells of edits by hand, once each', async () => {
  await using scope = new Scope();
  await write('accounts:\n  a: { aor: sip:a@example.com }\n');
  const seen: LoadedAccounts[] = [];
  let told = Promise.withResolvers<void>();
  watchAccounts(file, await loadAccounts(file, {}), {}, scope, (loaded) => {
    seen.push(loaded);
    told.resolve();
  });
  await saveAccount(file, null, 'b', accountSettings.parse({ aor: 'sip:b@example.com' }));
  await told.promise;
  expect(seen.at(-1)?.accounts.map(({ name }) => name)).toEqual(['a', 'b']);
  told = Promise.withResolvers<void>();
  await write('accounts: [');
  await told.promise;
  expect(seen.at(-1)?.problem).toContain('not valid YAML');
});

it('watchAccounts tells of passwords and certificates, in whatever folder they lie', async () => {
  await using scope = new Scope();
  await mkdir(inDir('secret'));
  await writeFile(inDir('secret/a'), 'old', { mode: 0o600 });
  await writeFile(inDir('ca.pem'), '-----BEGIN CERTIFICATE-----\n');
  await write('accounts:\n  a: { aor: sip:a@example.com, password_file: secret/a, tls: { ca: ca.pem } }\n');
  const seen: LoadedAccounts[] = [];
  let told = Promise.withResolvers<void>();
  watchAccounts(file, await loadAccounts(file, {}), {}, scope, (loaded) => {
    seen.push(loaded);
    told.resolve();
  });
  await writeFile(inDir('secret/new'), 'new', { mode: 0o600 });
  await rename(inDir('secret/new'), inDir('secret/a'));
  await told.promise;
  expect(seen.at(-1)?.accounts[0]?.password).toBe('new');
  told = Promise.withResolvers<void>();
  await writeFile(inDir('ca.pem'), '-----BEGIN CERTIFICATE-----\nother\n');
  await told.promise;
  expect(seen.at(-1)?.accounts[0]?.tls.ca).toContain('other');
  // Of a file that is named only now.
  await mkdir(inDir('later'));
  await writeFile(inDir('later/b'), 'first', { mode: 0o600 });
  told = Promise.withResolvers<void>();
  await write('accounts:\n  b: { aor: sip:b@example.com, password_file: later/b }\n');
  await told.promise;
  told = Promise.withResolvers<void>();
  await writeFile(inDir('later/b'), 'second');
  await told.promise;
  expect(seen.at(-1)?.accounts[0]?.password).toBe('second');
});
