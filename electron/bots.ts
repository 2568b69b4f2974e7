import { existsSync } from 'node:fs';
import path from 'node:path';
import { SidetoneError } from '../backend/base/errors.ts';
import type { BotFolder } from '../backend/contract/host.ts';
import type { BotEntry, BotView } from '../backend/contract/window.ts';
import type { BotRejection } from '../backend/host/host.ts';
import { BotFiles, listBots, nameBot, type BotFilesMeans } from './bot-files.ts';

interface OpenBot {
  readonly files: BotFiles;
  folder: BotFolder;
  problem: string | null;
}

export interface BotsOptions extends BotFilesMeans {
  /** Folder that is searched for bots. */
  readonly dir: string;
  readonly open: (dir: string) => Promise<BotFolder>;
  readonly changed: (view: BotView) => void;
}

/** The bots a person may see and change: those in the bots folder, and one chosen from elsewhere. */
export class Bots {
  readonly #options: BotsOptions;
  readonly #open = new Map<string, OpenBot>();
  readonly #chosen = new Set<string>();

  constructor(options: BotsOptions) {
    this.#options = options;
  }

  /** A folder that a person has chosen by the system's dialog, or named in settings.yaml. */
  choose(dir: string): void {
    this.#chosen.add(path.resolve(dir));
  }

  async list(): Promise<readonly BotEntry[]> {
    const found = await listBots(this.#options.dir);
    const others = [...this.#chosen].filter((dir) => !found.some((bot) => bot.dir === dir));
    return [...found, ...(await Promise.all(others.map(nameBot)))];
  }

  /** @throws SidetoneError: a folder that is no known bot, or one whose files are wrong. */
  async view(dir: string): Promise<BotView> {
    const { files, folder, problem } = await this.#bot(dir);
    return files.view(folder, problem);
  }

  async folder(dir: string): Promise<BotFolder> {
    return (await this.#bot(dir)).folder;
  }

  async files(dir: string): Promise<BotFiles> {
    return (await this.#bot(dir)).files;
  }

  /** The host has taken a change up, or refused it. */
  async take(change: BotFolder | BotRejection): Promise<void> {
    const bot = this.#open.get(change.dir);
    if (!bot) return;
    if ('settings' in change) {
      bot.folder = change;
      bot.problem = null;
    } else {
      bot.problem = change.message;
    }
    this.#options.changed(await bot.files.view(bot.folder, bot.problem));
  }

  async #bot(dir: string): Promise<OpenBot> {
    const absolute = path.resolve(dir);
    const known = this.#open.get(absolute);
    if (known) return known;
    const inside = path.dirname(absolute) === path.resolve(this.#options.dir);
    if ((!inside && !this.#chosen.has(absolute)) || !existsSync(absolute)) {
      throw new SidetoneError('refused', `${dir} is not one of the bots`, {
        hint: 'choose its folder in Settings, Calls',
      });
    }
    const folder = await this.#options.open(absolute);
    const bot = { files: new BotFiles(absolute, this.#options), folder, problem: null };
    this.#open.set(absolute, bot);
    return bot;
  }
}
