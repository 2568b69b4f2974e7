import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CheckedYaml } from '../base/checked-yaml.ts';
import { editYaml, type YamlEdit } from '../base/edit-yaml.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { Scope } from '../base/scope.ts';
import { accountSettings, accountsFile } from '../contract/sip.ts';
import type { Account, AccountSettings } from '../contract/sip.ts';
import {
  AccountExamination,
  codeOf,
  reasonOf,
  type Environment,
  passwordVariable,
} from './account-examination.ts';
import { FileWatch } from './file-watch.ts';

export interface LoadedAccounts {
  /** Those that can be used, as the SIP thread is given them. */
  readonly accounts: readonly Account[];
  /** All of the file, as they are written there. */
  readonly entries: readonly {
    readonly name: string;
    readonly settings: AccountSettings;
    readonly hasPassword: boolean;
  }[];
  /** What is wrong in the file; null: nothing. Accounts that it is not about are there. */
  readonly problem: string | null;
}

const NONE: LoadedAccounts = { accounts: [], entries: [], problem: null };
/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/**
 * The accounts in a file, with their passwords and certificates.
 * @throws SidetoneError 'usage' that lists everything that is wrong, each with file, line, column and what to do.
 */
export async function readAccounts(file: string, env: Environment): Promise<readonly Account[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SidetoneError('usage', `${file}: ${reasonOf(cause)}`, {
      hint: 'docs/sip.md has an accounts.yaml to begin with',
      cause,
    });
  });
  const yaml = new CheckedYaml(file, text);
  const { accounts } = await examine(yaml, env);
  yaml.throwIfWrong();
  return accounts;
}

/** The same, as far as it can be had; a file that is not there has none. */
export async function loadAccounts(file: string, env: Environment): Promise<LoadedAccounts> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return NONE;
    return { ...NONE, problem: `${file}: ${reasonOf(error)}` };
  }
  const yaml = new CheckedYaml(file, text);
  const found = await examine(yaml, env);
  try {
    yaml.throwIfWrong();
    return { ...found, problem: null };
  } catch (error) {
    return { ...found, problem: explain(error) };
  }
}

/**
 * Reports what the file has each time it, or a password or certificate that it names, is other than `loaded` and what
 * was reported last. Of a broken edit, too: whoever uses the accounts goes on with those before.
 */
export function watchAccounts(
  file: string,
  loaded: LoadedAccounts,
  env: Environment,
  scope: Scope,
  onChange: (loaded: LoadedAccounts) => void,
): void {
  let known = loaded;
  let reading: Promise<void> = Promise.resolve();
  let forgetTimer = (): void => undefined;
  const read = async (): Promise<void> => {
    const fresh = await loadAccounts(file, env);
    if (scope.closed) return;
    files.watch(filesOf(file, fresh));
    if (isDeepStrictEqual(fresh, known)) return;
    known = fresh;
    onChange(fresh);
  };
  const schedule = (): void => {
    forgetTimer();
    if (!scope.closed) forgetTimer = scope.after(SETTLE_MS, () => void (reading = reading.then(read)));
  };
  const files = new FileWatch(scope, schedule);
  files.watch(filesOf(file, loaded));
  // What changed since it was read.
  schedule();
}

/** The file, and those that its accounts name. */
function filesOf(file: string, { entries }: LoadedAccounts): string[] {
  const named = entries.flatMap(({ settings: { password_file, tls } }) =>
    [password_file, tls.ca, tls.certificate, tls.key].flatMap((name) => name ?? []),
  );
  return [file, ...named].map((name) => path.resolve(path.dirname(file), name));
}

/**
 * Writes one account, in the place of `was` where it is not null; comments and all else stay as they are. Keys that are
 * as by default are left out.
 * @throws SidetoneError when the file is broken, the name is taken, or it cannot be written
 */
export async function saveAccount(
  file: string,
  was: string | null,
  name: string,
  settings: AccountSettings,
): Promise<void> {
  await change(file, (before) => {
    if (name !== was && before[name])
      throw new SidetoneError('usage', `there is an account ${name} already`, {
        hint: 'give it another name',
      });
    const alike = Object.keys(before).find((other) => other !== was && sharePassword(other, name));
    if (alike !== undefined)
      throw new SidetoneError('usage', `${name} and ${alike} would have one password`, {
        hint: 'give it a name that differs in more than - and _',
      });
    const known = was === null ? undefined : before[was];
    const edits: YamlEdit[] = [];
    if (known && was !== null && was !== name) edits.push({ path: ['accounts', was], rename: name });
    // What every account has to have is written even where it is new: there is no default of it.
    const { aor: _, ...usual } = accountSettings.parse({ aor: settings.aor });
    edits.push(...differences(['accounts', name], settings, known ?? usual, usual));
    return edits;
  });
}

/** Takes one account out of the file. */
export async function removeAccount(file: string, name: string): Promise<void> {
  await change(file, () => [{ path: ['accounts', name], value: undefined }]);
}

/** Whether the variable that either's password is in by itself is the same. */
function sharePassword(one: string, other: string): boolean {
  const own = { password_env: null };
  return passwordVariable(one, own) === passwordVariable(other, own);
}

async function change(
  file: string,
  edits: (before: Readonly<Record<string, AccountSettings>>) => readonly YamlEdit[],
): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  const before = new CheckedYaml(file, text);
  const read = before.read(accountsFile);
  before.throwIfWrong();
  const edited = editYaml(text, edits(read?.accounts ?? {}));
  const after = new CheckedYaml(file, edited);
  after.read(accountsFile);
  after.throwIfWrong();
  await replaceFile(file, edited, 0o600);
}

/** What turns `was` into `is`; what is as `usual` is left out. */
function differences(path: readonly string[], is: object, was: object, usual: object): YamlEdit[] {
  return Object.entries(is).flatMap(([key, value]: [string, unknown]): YamlEdit[] => {
    const old: unknown = Reflect.get(was, key);
    const normal: unknown = Reflect.get(usual, key);
    if (isDeepStrictEqual(value, old)) return [];
    const at = [...path, key];
    if (isMapping(value) && isMapping(old) && isMapping(normal)) return differences(at, value, old, normal);
    return [{ path: at, value: isDeepStrictEqual(value, normal) ? undefined : value }];
  });
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Complaints are left in `yaml`. */
async function examine(
  yaml: CheckedYaml,
  env: Environment,
): Promise<Pick<LoadedAccounts, 'accounts' | 'entries'>> {
  const read = yaml.read(accountsFile);
  if (!read) return NONE;
  const found = await Promise.all(
    Object.entries(read.accounts).map(async ([name, settings]) => {
      const account = await new AccountExamination(yaml, name, settings, env).account();
      const hasPassword = account?.password !== null && account !== null;
      return { account, entry: { name, settings, hasPassword } };
    }),
  );
  return {
    accounts: found.flatMap(({ account }) => account ?? []),
    entries: found.map(({ entry }) => entry),
  };
}
