import { create } from 'zustand';
import type { AppSettings, AppSettingsPatch } from '../../backend/contract/app-settings.ts';
import type {
  BotEntry,
  BotView,
  HostStatus,
  ModelView,
  Notice,
  Snapshot,
} from '../../backend/contract/window.ts';
import { ProblemError, ask } from '../bridge/bridge.ts';

/** What the window knows beside the calls. */

export type Screen = 'call' | 'traces' | 'settings';

/** What can be done about a notice at once. */
export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

export interface ShownNotice extends Notice {
  readonly id: number;
  readonly action: NoticeAction | null;
}

interface AppState {
  /** null until the main process has answered. */
  readonly snapshot: Snapshot | null;
  readonly settings: AppSettings | null;
  readonly status: HostStatus | null;
  readonly bots: readonly BotEntry[];
  /** The bot that answers, as its files and its calls have it. */
  readonly bot: BotView | null;
  readonly models: readonly ModelView[];
  readonly secrets: readonly string[];
  readonly notices: readonly ShownNotice[];
  readonly screen: Screen;
}

export const useApp = create<AppState>(() => ({
  snapshot: null,
  settings: null,
  status: null,
  bots: [],
  bot: null,
  models: [],
  secrets: [],
  notices: [],
  screen: 'call',
}));

let nextNotice = 1;

export function notify(notice: Notice, action: NoticeAction | null = null): void {
  const shown = { ...notice, id: nextNotice, action };
  nextNotice += 1;
  useApp.setState(({ notices }) => ({ notices: [...notices.slice(-4), shown] }));
}

export function dismiss(id: number): void {
  useApp.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

export function show(screen: Screen): void {
  useApp.setState({ screen });
}

/** Runs what a person asked for; when it fails, a notice says `title`, what happened and what to do. */
export async function attempt<Result>(title: string, work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work();
  } catch (error) {
    const problem = error instanceof ProblemError ? error.problem : null;
    notify({
      severity: 'error',
      title,
      meaning: problem?.message ?? String(error),
      remedy: problem?.hint ?? null,
    });
    return null;
  }
}

export async function changeSettings(title: string, patch: AppSettingsPatch): Promise<void> {
  const settings = await attempt(title, () => ask('settings.change', patch));
  if (settings) useApp.setState({ settings });
}
