import { create } from 'zustand';
import type { BotView, Request } from '../../backend/contract/window.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from './app.ts';

/** Changes of a bot's files, as several rooms make them. */

export type BotChange = Pick<Request<'bot.set'>, 'path' | 'value'>;

/** A bot that does not answer but is in the call on show. */
export const useOtherBot = create<{ readonly bot: BotView | null }>(() => ({ bot: null }));

export function takeBot(view: BotView): void {
  if (useApp.getState().bot?.dir === view.dir) useApp.setState({ bot: view });
  else useOtherBot.setState({ bot: view });
}

/** Asks for a change and shows what came of it. @returns whether it was made; if not, a notice says why. */
export async function changeBot(title: string, change: () => Promise<BotView>): Promise<boolean> {
  const view = await attempt(title, change);
  if (view) takeBot(view);
  return view !== null;
}

/** Writes keys of bot.yaml one after the other; the first that is refused ends it. */
export async function setBotKeys(
  title: string,
  bot: string,
  changes: readonly BotChange[],
): Promise<boolean> {
  for (const change of changes) {
    if (!(await changeBot(title, () => ask('bot.set', { bot, ...change })))) return false;
  }
  return true;
}
