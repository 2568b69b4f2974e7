import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SidetoneError } from '../backend/base/errors.ts';
import { Scope } from '../backend/base/scope.ts';
import { accountSettings, type Account } from '../backend/contract/sip.ts';
import { Accounts } from './accounts.ts';

/** A folder of the app's, and a key store. */
class Desk {
  readonly file = path.join(mkdtempSync(path.join(os.tmpdir(), 'sidetone-accounts-')), 'accounts.yaml');
  readonly scope = new Scope();
  readonly env: Record<string, string | undefined> = {};
  readonly stored: Record<string, string> = {};
  readonly used: (readonly Account[])[] = [];
  readonly accounts: Accounts;
  hasKeyStore = true;
  changes = 0;
  firsts = 0;

  constructor() {
    this.accounts = new Accounts({
      file: this.file,
      env: this.env,
      scope: this.scope,
      secrets: {
        set: async (name, value) => {
          if (value !== null && !this.hasKeyStore) throw new SidetoneError('environment', `set ${name}`);
          if (value === null) delete this.stored[name];
          else this.stored[name] = value;
        },
        values: () => ({ ...this.stored }),
      },
      bots: () => ({
        folder: (dir) => Promise.reject(new SidetoneError('refused', `${dir} is not one of the bots`)),
      }),
      use: async (accounts) => void this.used.push(accounts),
      secretsChanged: () => {
        for (const name of Object.keys(this.env)) delete this.env[name];
        Object.assign(this.env, this.stored);
        return this.accounts.read();
      },
      changed: () => (this.changes += 1),
      first: () => (this.firsts += 1),
    });
  }

  get text(): string {
    return readFileSync(this.file, 'utf8');
  }

  save(name: string, more: { was?: string; password?: string | null; settings?: object } = {}) {
    const settings = accountSettings.parse({ aor: `sip:${name}@example.com`, who: 'ring', ...more.settings });
    const { was = null, password } = more;
    return this.accounts.save({ was, name, settings, ...(password === undefined ? {} : { password }) });
  }
}

let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  await desk.accounts.start();
});
afterEach(() => desk.scope.close());

describe('an account from the window', () => {
  it('is written down, used at once, and its password only kept where it belongs', async () => {
    expect(desk.accounts.keepRinging).toBe(false);
    const entries = await desk.save('office', { password: 's3cret' });
    expect(entries).toMatchObject([{ name: 'office', hasPassword: true }]);
    expect(JSON.stringify(entries)).not.toContain('s3cret');
    expect(desk.text).not.toContain('s3cret');
    expect(desk.stored).toEqual({ SIDETONE_SIP_OFFICE_PASSWORD: 's3cret' });
    expect(desk.used.at(-1)).toMatchObject([{ name: 'office', password: 's3cret' }]);
    expect(desk.accounts.keepRinging).toBe(true);
    expect([desk.firsts, desk.changes]).toEqual([1, 1]);
    await desk.save('home');
    expect(desk.firsts).toBe(1);
  });

  it('keeps its password when it is changed or renamed, and loses it when that is wished', async () => {
    await desk.save('office', { password: 's3cret' });
    await desk.save('office', { was: 'office', settings: { display_name: 'Anna' } });
    expect(desk.used.at(-1)).toMatchObject([{ password: 's3cret', settings: { display_name: 'Anna' } }]);
    await desk.save('front-desk', { was: 'office' });
    expect(desk.stored).toEqual({ SIDETONE_SIP_FRONT_DESK_PASSWORD: 's3cret' });
    expect(desk.used.at(-1)).toMatchObject([{ name: 'front-desk', password: 's3cret' }]);
    await desk.save('front-desk', { was: 'front-desk', password: null });
    expect(desk.stored).toEqual({});
    expect(desk.used.at(-1)).toMatchObject([{ password: null }]);
  });

  it('takes its password with it, unless that is named for others too', async () => {
    await desk.save('office', { password: 's3cret' });
    await desk.save('shared', { password: 'all', settings: { password_env: 'PBX_PASSWORD' } });
    await desk.accounts.remove('office');
    expect(await desk.accounts.remove('shared')).toEqual([]);
    expect(desk.stored).toEqual({ PBX_PASSWORD: 'all' });
    expect(desk.used.at(-1)).toEqual([]);
  });

  it('is not saved with a password that cannot be kept, nor by a name that is taken', async () => {
    desk.hasKeyStore = false;
    await expect(desk.save('office', { password: 'x' })).rejects.toThrow('SIDETONE_SIP_OFFICE_PASSWORD');
    expect(desk.accounts.list()).toEqual([]);
    desk.hasKeyStore = true;
    await desk.save('office', { password: 'mine' });
    await expect(desk.save('office', { password: 'yours' })).rejects.toThrow('already');
    expect(desk.stored).toEqual({ SIDETONE_SIP_OFFICE_PASSWORD: 'mine' });
  });

  it('may only name a bot that the window may see', async () => {
    const outside = desk.save('office', { settings: { bot: '../../etc' } });
    await expect(outside).rejects.toThrow('is not one of the bots');
  });
});

describe('accounts.yaml, edited by hand', () => {
  it('is taken up, and comments stay when the window writes', async () => {
    writeFileSync(desk.file, '# ours\naccounts:\n  pbx: { aor: sip:a@example.com }\n');
    await vi.waitFor(() => expect(desk.used.at(-1)).toMatchObject([{ name: 'pbx' }]));
    await desk.save('office');
    expect(desk.text).toContain('# ours');
    expect(desk.accounts.list().map(({ name }) => name)).toEqual(['pbx', 'office']);
  });

  it('made into nonsense, says where and leaves what was before in use', async () => {
    await desk.save('office');
    const before = desk.used.length;
    writeFileSync(desk.file, 'accounts: {{{');
    await desk.accounts.read();
    expect(desk.accounts.problem).toContain(desk.file);
    expect(desk.accounts.settings('office')).not.toBeNull();
    expect(desk.used).toHaveLength(before);
    await expect(desk.save('home')).rejects.toThrow('YAML');
    expect(desk.text).toBe('accounts: {{{');
    writeFileSync(desk.file, 'accounts: {}\n');
    await desk.accounts.read();
    expect(desk.accounts.problem).toBeNull();
    expect(desk.used.at(-1)).toEqual([]);
  });
});
