import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { app } from 'electron';
import { modelsDirectory } from '../backend/models/directory.ts';

/** Where the app finds and keeps its things. `--user-data-dir` moves all that a person's use leaves behind. */
export interface Paths {
  readonly settings: string;
  readonly secrets: string;
  /** Accounts of the telephone network, and the calls of the past. */
  readonly accounts: string;
  readonly history: string;
  readonly windowState: string;
  readonly bots: string;
  readonly demoBot: string;
  /** Folder of records, unless settings name another. */
  readonly records: string;
  readonly models: string;
  /** The built window. */
  readonly page: string;
  readonly preload: string;
  /** A short recording that an endpoint's Test has transcribed. */
  readonly sample: string;
}

/**
 * From a clone, bots lie in the repository, as the command line has them. An installed app's own folder cannot be
 * written to, so the example bots are copied out of it once.
 */
export async function makePaths(): Promise<Paths> {
  const code = app.getAppPath();
  const data = app.getPath('userData');
  await mkdir(data, { recursive: true });
  const shipped = app.isPackaged ? path.join(process.resourcesPath, 'bots') : path.join(code, 'bots');
  const bots = app.isPackaged ? path.join(data, 'bots') : shipped;
  if (!existsSync(bots)) await cp(shipped, bots, { recursive: true });
  const ownModels = app.isPackaged && !process.env['SIDETONE_MODELS'];
  return {
    settings: path.join(data, 'settings.yaml'),
    secrets: path.join(data, 'secrets.json'),
    accounts: path.join(data, 'accounts.yaml'),
    history: path.join(data, 'history.json'),
    windowState: path.join(data, 'window.json'),
    bots,
    demoBot: path.join(bots, 'demo'),
    records: path.join(data, 'traces'),
    models: ownModels ? path.join(data, 'models') : modelsDirectory(),
    page: path.join(code, 'dist', 'window'),
    preload: path.join(code, 'dist', 'preload.cjs'),
    sample: path.join(shipped, 'demo', 'caller', '1-book.wav'),
  };
}
