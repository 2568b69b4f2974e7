import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { CheckedYaml } from '../backend/base/checked-yaml.ts';
import { SidetoneError, explain } from '../backend/base/errors.ts';
import { appSettings, type AppSettings, type AppSettingsPatch } from '../backend/contract/app-settings.ts';
import { replaceFile } from './write-file.ts';

/**
 * settings.yaml. A person may edit it and keep it under version control: comments and order stay when the window
 * changes a value. A file that cannot be read is never written over: defaults count until it is mended.
 */
export class SettingsFile {
  readonly #file: string;
  #text = '';
  #settings: AppSettings = appSettings.parse({});
  #problem: string | null = null;

  private constructor(file: string) {
    this.#file = file;
  }

  static async open(file: string): Promise<SettingsFile> {
    const settings = new SettingsFile(file);
    await settings.#read();
    return settings;
  }

  get settings(): AppSettings {
    return this.#settings;
  }

  /** What is wrong in the file; null: nothing. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * Writes what the patch names into the file.
   * @throws SidetoneError 'usage' while the file is broken, 'environment' when it cannot be written.
   */
  async change(patch: AppSettingsPatch): Promise<AppSettings> {
    await this.#read();
    if (this.#problem !== null) {
      throw new SidetoneError('usage', `settings are not saved: ${this.#problem}`, {
        hint: `mend or remove ${this.#file} first; it is left as it is`,
      });
    }
    const document = parseDocument(this.#text);
    for (const [path, value] of leaves(patch, [])) document.setIn(path, value);
    await replaceFile(this.#file, document.toString({ lineWidth: 110 }));
    await this.#read();
    return this.#settings;
  }

  async #read(): Promise<void> {
    this.#text = await readFile(this.#file, 'utf8').catch(() => '');
    const yaml = new CheckedYaml(this.#file, this.#text);
    const read = yaml.read(appSettings);
    this.#problem = null;
    if (read) {
      this.#settings = read;
      return;
    }
    try {
      yaml.throwIfWrong();
    } catch (error) {
      this.#problem = explain(error);
    }
  }
}

/** Each value of a patch with its path; lists and devices are values. */
function* leaves(value: object, before: readonly string[]): Generator<[readonly string[], unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const path = [...before, key];
    const isSection = before.length === 0 && typeof inner === 'object' && inner !== null;
    if (isSection) yield* leaves(inner, path);
    else yield [path, inner];
  }
}
