import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { explain } from '../backend/base/errors.ts';
import type { Scope } from '../backend/base/scope.ts';
import type { Account, AccountSettings } from '../backend/contract/sip.ts';
import type { AccountEntry, requests } from '../backend/contract/window.ts';
import { passwordVariable } from '../backend/host/account-examination.ts';
import {
  loadAccounts,
  removeAccount,
  saveAccount,
  watchAccounts,
  type LoadedAccounts,
} from '../backend/host/accounts.ts';
import type { Bots } from './bots.ts';
import type { Secrets } from './secrets.ts';

export interface AccountsOptions {
  /** accounts.yaml */
  readonly file: string;
  /** Passwords among all else, as they are at any moment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: Pick<Secrets, 'set' | 'values'>;
  readonly scope: Scope;
  readonly bots: () => Pick<Bots, 'folder'>;
  /** These are all accounts there are now. */
  readonly use: (accounts: readonly Account[]) => Promise<void>;
  /** A stored password is another one: the environment follows, and then the accounts are read anew. */
  readonly secretsChanged: () => Promise<void>;
  /** The accounts are others, or what is wrong with them is. */
  readonly changed: () => void;
  /** The person has set up their first account. */
  readonly first: () => void;
}

type SaveRequest = z.output<(typeof requests)['account.save']>;

/**
 * The accounts of accounts.yaml, which a person may edit by hand as well. Passwords are in the system's key store, or
 * wherever the file says, and never go to the window.
 */
export class Accounts {
  readonly #options: AccountsOptions;
  #accounts: readonly Account[] = [];
  #entries: readonly AccountEntry[] = [];
  #problem: string | null = null;
  /** One change after the other. */
  #taking: Promise<void> = Promise.resolve();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** What is wrong in the file, or keeps the accounts from being used; null: nothing. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Whether Sidetone has to go on without its window: somebody may want to reach the person. */
  get keepRinging(): boolean {
    return this.#accounts.some(({ settings }) => settings.enabled && settings.who === 'ring');
  }

  /** Uses what the file has, now and after each change. */
  async start(): Promise<void> {
    const { file, env, scope } = this.#options;
    const now = await loadAccounts(file, env);
    await this.#take(() => Promise.resolve(now));
    watchAccounts(file, now, env, scope, (loaded) => void this.#take(() => Promise.resolve(loaded)));
  }

  /** Takes the file up as it is, with the passwords there are now. */
  read(): Promise<void> {
    return this.#take(() => loadAccounts(this.#options.file, this.#options.env));
  }

  /** Of an account that is used, paths absolute; null: there is none of that name. */
  settings(name: string): AccountSettings | null {
    return this.#accounts.find((account) => account.name === name)?.settings ?? null;
  }

  /** All of the file, as they are written there. */
  list(): readonly AccountEntry[] {
    return this.#entries;
  }

  /** @throws SidetoneError: a name that is taken, a password that cannot be kept, a file that is broken. */
  async save({ was, name, settings, password }: SaveRequest): Promise<readonly AccountEntry[]> {
    const { file, secrets, bots, secretsChanged, first } = this.#options;
    // Only a bot that the window may see.
    if (settings.bot !== null) await bots().folder(path.resolve(path.dirname(file), settings.bot));
    const none = this.#entries.length === 0;
    const old = this.#entries.find((entry) => entry.name === was);
    const variable = passwordVariable(name, settings);
    const stored = secrets.values();
    // Under its old name nobody would find it.
    const kept = old && variableOf(old) !== variable ? stored[variableOf(old)] : undefined;
    const value = password === undefined ? kept : password;
    if (value !== undefined) await secrets.set(variable, value);
    try {
      await saveAccount(file, was, name, settings);
    } catch (error) {
      if (value !== undefined) await secrets.set(variable, stored[variable] ?? null);
      throw error;
    }
    if (old && variableOf(old) !== variable) await this.#forgetPassword(old);
    await secretsChanged();
    if (none) first();
    return this.#entries;
  }

  async remove(name: string): Promise<readonly AccountEntry[]> {
    const old = this.#entries.find((entry) => entry.name === name);
    await removeAccount(this.#options.file, name);
    if (old) await this.#forgetPassword(old);
    await this.#options.secretsChanged();
    return this.#entries;
  }

  /** A variable that was named by hand may be for more than this account. */
  async #forgetPassword(entry: AccountEntry): Promise<void> {
    if (entry.settings.password_env === null) await this.#options.secrets.set(variableOf(entry), null);
  }

  #take(load: () => Promise<LoadedAccounts>): Promise<void> {
    const work = this.#taking.then(async () => this.#use(await load()));
    this.#taking = work.catch(() => undefined);
    return work;
  }

  async #use({ accounts, entries, problem }: LoadedAccounts): Promise<void> {
    const before = [this.#accounts, this.#entries, this.#problem];
    this.#problem = problem;
    // Of a file that cannot be read at all, what was before it stays.
    if (problem === null || entries.length > 0) {
      this.#entries = entries;
      if (!isDeepStrictEqual(accounts, this.#accounts)) {
        this.#accounts = accounts;
        await this.#options.use(accounts).catch((error: unknown) => (this.#problem = explain(error)));
      }
    }
    const now = [this.#accounts, this.#entries, this.#problem];
    if (!isDeepStrictEqual(now, before)) this.#options.changed();
  }
}

function variableOf({ name, settings }: AccountEntry): string {
  return passwordVariable(name, settings);
}
