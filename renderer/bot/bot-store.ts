import { useEffect } from 'react';
import { create } from 'zustand';
import type { BotEntry, BotView } from '../../backend/contract/window.ts';
import { useInterval } from '../base/hooks.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { useApp } from '../state/app.ts';
import { changeBot, takeBot, useOtherBot } from '../state/bot.ts';
import type { Draft } from './draft.ts';
import { botText } from './text.ts';

export type BotPart = 'prompt' | 'voice' | 'tuning';

interface BotState {
  readonly part: BotPart;
  /** By folder; they outlive the panel, whatever screen is shown. */
  readonly drafts: Readonly<Record<string, Draft>>;
}

export const useBotState = create<BotState>(() => ({ part: 'prompt', drafts: {} }));

/** Of bots other than the one that answers, changes are not told by themselves. */
const OTHER_MS = 2000;

export function setDraft(dir: string, draft: Draft | null): void {
  useBotState.setState(({ drafts }) => {
    const { [dir]: _old, ...others } = drafts;
    return { drafts: draft === null ? others : { ...others, [dir]: draft } };
  });
}

/**
 * The folder of a call's bot where that is not the bot that answers; null where it is, and where the call has none.
 * `party` as CallSummary has it.
 */
export function otherBot(
  party: string | null,
  answering: BotView | null,
  bots: readonly BotEntry[],
): string | null {
  if (party === null || party === 'script' || party === 'person' || party === answering?.settings.name)
    return null;
  return bots.find(({ name, dir }) => name === party && dir !== answering?.dir)?.dir ?? null;
}

/** The bot of the call with `party`, or else the one that answers; null: there is none, or it is being opened. */
export function useBotOf(party: string | null): { readonly view: BotView | null; readonly opening: boolean } {
  const answering = useApp(({ bot }) => bot);
  const bots = useApp(({ bots }) => bots);
  const other = useOtherBot(({ bot }) => bot);
  const wanted = otherBot(party, answering, bots);
  useEffect(() => {
    if (wanted === null) return;
    void changeBot(textsNow(botText).notOpened, () => ask('bot.open', { bot: wanted }));
  }, [wanted]);
  const open = other !== null && other.dir === wanted;
  useInterval(
    () => {
      // Its folder may go while it is shown: what was read last stays on show.
      if (wanted !== null) void ask('bot.open', { bot: wanted }).then(takeBot, () => undefined);
    },
    open ? OTHER_MS : null,
  );
  if (wanted === null) return { view: answering, opening: false };
  return { view: open ? other : null, opening: !open };
}
