import { existsSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import { SidetoneError } from '../base/errors.ts';
import type { Account } from '../contract/sip.ts';
import { readAccounts } from '../host/accounts.ts';

export const ACCOUNTS_FILE = 'accounts.yaml';

export const accountsOption = (): Option =>
  new Option('--accounts <file>', `SIP accounts; default: ${ACCOUNTS_FILE} where there is one`);

/** The file to use; null: none was named, and there is none. */
export function accountsFileOf(named: string | undefined): string | null {
  const file = path.resolve(named ?? ACCOUNTS_FILE);
  return named !== undefined || existsSync(file) ? file : null;
}

/** @throws SidetoneError 'usage' that lists what is wrong in the file */
export async function accountsIn(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Account[]> {
  const file = accountsFileOf(named);
  return file === null ? [] : readAccounts(file, env);
}

/** @throws SidetoneError 'usage' that names those there are */
export function accountNamed(name: string, accounts: readonly Account[]): Account {
  const account = accounts.find((one) => one.name === name);
  if (account) return account;
  const names = accounts.map((one) => one.name).join(', ');
  throw new SidetoneError('usage', `there is no account ${name}`, {
    hint: names === '' ? `write it into ${ACCOUNTS_FILE}, see docs/sip.md` : `there are ${names}`,
  });
}
