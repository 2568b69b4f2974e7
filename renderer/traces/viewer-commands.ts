import { useCommands } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import type { Stretch } from '../lanes/data.ts';
import type { SideNames } from '../lanes/text.ts';
import { JUMP_MS, nextTurn, previousTurn, rateStep } from './playback.ts';
import type { TracePlayer } from './player.ts';
import { tracesText } from './text.ts';

interface ViewerCommands {
  readonly player: TracePlayer;
  /** Where turns begin, ms. */
  readonly turns: readonly number[];
  readonly sides: SideNames;
  readonly selection: Stretch | null;
  readonly addNote: () => void;
  readonly close: () => void;
}

/** What the viewer offers to keys and the palette. */
export function useViewerCommands(means: ViewerCommands): void {
  const { player, turns, sides, selection, addNote, close } = means;
  const t = useTexts(tracesText);
  const rate = (by: 1 | -1): void => player.setRate(rateStep(player.state.getState().rate, by));
  const solo = (side: 'caller' | 'bot'): void =>
    player.setSide(side, { solo: !player.state.getState().sides[side].solo });
  useCommands([
    { id: 'trace.play', title: `${t.play} / ${t.pause}`, keys: 'space', run: player.toggle },
    { id: 'trace.back', title: t.back5, keys: 'j', run: () => player.jump(-JUMP_MS) },
    { id: 'trace.on', title: t.on5, keys: 'l', run: () => player.jump(JUMP_MS) },
    { id: 'trace.previousTurn', title: t.previousTurn, keys: 'p', run: () => toTurn(player, turns, -1) },
    { id: 'trace.nextTurn', title: t.nextTurn, keys: 'o', run: () => toTurn(player, turns, 1) },
    {
      id: 'trace.playSelection',
      title: t.playSelection,
      keys: 's',
      run: () => selection && player.playStretch(selection.from, selection.to),
      when: () => selection !== null,
    },
    { id: 'trace.slower', title: t.slower, keys: ',', run: () => rate(-1) },
    { id: 'trace.faster', title: t.faster, keys: '.', run: () => rate(1) },
    { id: 'trace.soloCaller', title: t.solo(sides.caller), keys: 'c', run: () => solo('caller') },
    { id: 'trace.soloBot', title: t.solo(sides.bot), keys: 'b', run: () => solo('bot') },
    { id: 'trace.note', title: t.addNote, keys: 'n', run: addNote },
    { id: 'trace.close', title: t.back, keys: 'alt+arrowleft', run: close },
  ]);
}

export function toTurn(player: TracePlayer, turns: readonly number[], by: 1 | -1): void {
  const start = by === 1 ? nextTurn(turns, player.atMs) : previousTurn(turns, player.atMs);
  player.seek(start ?? (by === 1 ? player.durationMs : 0));
}
