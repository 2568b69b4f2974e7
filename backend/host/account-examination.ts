import { open } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import path from 'node:path';
import { parseAddress } from '../base/address.ts';
import type { CheckedYaml } from '../base/checked-yaml.ts';
import { explain } from '../base/errors.ts';
import type { Account, AccountSettings } from '../contract/sip.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Of a file with a password or a certificate. */
const MAX_FILE_BYTES = 64 * 1024;

/** The environment variable with an account's password. */
export function passwordVariable(name: string, settings: Pick<AccountSettings, 'password_env'>): string {
  return settings.password_env ?? `SIDETONE_SIP_${name.toUpperCase().replaceAll('-', '_')}_PASSWORD`;
}

/** One account of accounts.yaml: what it needs is looked for; what is wrong is left in `yaml` as complaints. */
export class AccountExamination {
  readonly #yaml: CheckedYaml;
  readonly #name: string;
  readonly #settings: AccountSettings;
  readonly #env: Environment;
  #wrong = false;

  constructor(yaml: CheckedYaml, name: string, settings: AccountSettings, env: Environment) {
    this.#yaml = yaml;
    this.#name = name;
    this.#settings = settings;
    this.#env = env;
  }

  /** null after complaining of what keeps it from being used. */
  async account(): Promise<Account | null> {
    this.#checkKeys();
    const { ca, certificate, key, verify } = this.#settings.tls;
    const account: Account = {
      name: this.#name,
      settings: { ...this.#settings, bot: this.#settings.bot === null ? null : this.#at(this.#settings.bot) },
      password: await this.#password(),
      tls: {
        verify,
        ca: await this.#pem('ca', ca),
        certificate: await this.#pem('certificate', certificate),
        key: await this.#pem('key', key),
      },
    };
    return this.#wrong ? null : account;
  }

  /** What one key's own schema cannot say. */
  #checkKeys(): void {
    const { aor, transport, bind, allow, tls, password_env, password_file } = this.#settings;
    if (/^sips:/i.test(aor) && (transport === 'udp' || transport === 'tcp'))
      this.#complain(['transport'], `found ${transport}, but sips: asks for tls or wss`);
    if (bind !== null) {
      try {
        parseAddress(bind, 'it');
      } catch {
        this.#complain(['bind'], `found "${bind}", allowed: HOST:PORT, as 0.0.0.0:5060`);
      }
    }
    for (const [index, network] of allow.entries()) {
      if (!isNetwork(network))
        this.#complain(['allow', index], `found "${network}", allowed: a network, as 10.0.0.0/8`);
    }
    if ((tls.certificate === null) !== (tls.key === null))
      this.#complain(['tls'], 'certificate and key are needed both, or neither');
    if (password_env !== null && password_file !== null)
      this.#complain(['password_file'], 'the password is either there or in `password_env`; remove one');
  }

  async #password(): Promise<string | null> {
    const { password_env, password_file } = this.#settings;
    const variable = passwordVariable(this.#name, this.#settings);
    const value = this.#env[variable];
    if (value !== undefined && value !== '') return value;
    if (password_env !== null) {
      this.#complain(
        ['password_env'],
        `${variable} is not set in the environment; set it there or in .env, or name a \`password_file\``,
      );
    }
    if (password_file === null || password_env !== null) return null;
    const text = await this.#read(['password_file'], password_file, true);
    const password = text?.replace(/\r?\n$/, '') ?? null;
    if (password === '' || password?.includes('\n')) {
      this.#complain(
        ['password_file'],
        `${this.#at(password_file)} must hold the password alone, on one line`,
      );
      return null;
    }
    return password;
  }

  async #pem(key: 'ca' | 'certificate' | 'key', file: string | null): Promise<string | null> {
    if (file === null) return null;
    const text = await this.#read(['tls', key], file, false);
    if (text === null || text.includes('-----BEGIN ')) return text;
    this.#complain(['tls', key], `${this.#at(file)} is not a PEM file: there is no -----BEGIN in it`);
    return null;
  }

  async #read(keys: readonly string[], name: string, secret: boolean): Promise<string | null> {
    const file = this.#at(name);
    try {
      await using handle = await open(file);
      const { mode, uid, size } = await handle.stat();
      if (secret && process.platform !== 'win32') {
        if ((mode & 0o077) !== 0) {
          const octal = (mode & 0o777).toString(8).padStart(4, '0');
          this.#complain(keys, `${file} can be read by others (mode ${octal}); chmod 600 "${file}"`);
          return null;
        }
        if (uid !== process.getuid?.()) {
          this.#complain(keys, `${file} belongs to somebody else; chown it to the user Sidetone runs as`);
          return null;
        }
      }
      if (size > MAX_FILE_BYTES) {
        this.#complain(keys, `${file} has ${size} bytes, allowed: at most ${MAX_FILE_BYTES}`);
        return null;
      }
      return await handle.readFile('utf8');
    } catch (error) {
      this.#complain(keys, `${file}: ${reasonOf(error)}`);
      return null;
    }
  }

  #at(name: string): string {
    return path.resolve(path.dirname(this.#yaml.file), name);
  }

  #complain(keys: readonly (string | number)[], message: string): void {
    this.#wrong = true;
    const where = ['accounts', this.#name, ...keys];
    this.#yaml.complain(where, `${where.join('.')}: ${message}`);
  }
}

function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  if (bits === undefined) return true;
  if (!/^\d{1,3}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}

/** `ENOENT` and the like. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

/** Why a file could not be read, for a person. */
export function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EISDIR':
      return 'this is a directory';
    case 'EACCES':
      return 'it cannot be read: permission denied';
    default:
      return explain(error);
  }
}
