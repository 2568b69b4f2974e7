import { readFile, rename } from 'node:fs/promises';
import { safeStorage } from 'electron';
import { z } from 'zod';
import { SidetoneError, explain } from '../backend/base/errors.ts';
import { replaceFile } from './write-file.ts';

const stored = z.record(z.string(), z.base64());

/**
 * API keys and passwords by the name of the environment variable that bot.yaml or accounts.yaml ask for, encrypted by the system's key store
 * (macOS Keychain, Windows DPAPI, libsecret or KWallet). They never go to the window.
 */
export class Secrets {
  readonly #file: string;
  #encrypted: Record<string, string> = {};

  private constructor(file: string) {
    this.#file = file;
  }

  static async open(file: string): Promise<Secrets> {
    const secrets = new Secrets(file);
    const text = await readFile(file, 'utf8').catch(() => '{}');
    try {
      secrets.#encrypted = stored.parse(JSON.parse(text));
    } catch {
      // Nothing can be made of it, but it is not ours to destroy.
      await rename(file, `${file}.broken`);
    }
    return secrets;
  }

  /** Whether the system has a key store; where it has none, nothing is stored. */
  get encrypted(): boolean {
    return (
      safeStorage.isEncryptionAvailable() &&
      !(process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text')
    );
  }

  get names(): readonly string[] {
    return Object.keys(this.#encrypted).toSorted();
  }

  /** Environment variables by name. A secret that this machine cannot decrypt (copied from another) is left out. */
  values(): Record<string, string> {
    const values: Record<string, string> = {};
    for (const [name, encrypted] of Object.entries(this.#encrypted)) {
      try {
        values[name] = safeStorage.decryptString(Buffer.from(encrypted, 'base64'));
      } catch {
        continue;
      }
    }
    return values;
  }

  /** `value` null forgets it. @throws SidetoneError 'environment' when it cannot be kept. */
  async set(name: string, value: string | null): Promise<void> {
    const { [name]: _old, ...others } = this.#encrypted;
    if (value !== null && !this.encrypted) throw cannotKeep(name, 'it has no key store');
    const next = value === null ? others : { ...others, [name]: encrypt(name, value) };
    await replaceFile(this.#file, `${JSON.stringify(next, null, 2)}\n`, 0o600);
    this.#encrypted = next;
  }
}

function encrypt(name: string, value: string): string {
  try {
    return safeStorage.encryptString(value).toString('base64');
  } catch (cause) {
    throw cannotKeep(name, explain(cause), cause);
  }
}

function cannotKeep(name: string, why: string, cause?: unknown): SidetoneError {
  return new SidetoneError('environment', `this system cannot encrypt the key: ${why}`, {
    hint: `set the environment variable ${name} before starting Sidetone instead`,
    cause,
  });
}
