import { useCommands } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { selectCall } from '../state/calls.ts';
import { showSide } from './side-pane.tsx';
import { shownRow } from './shown.ts';
import { callText } from './text.ts';

/** What the Call screen offers whatever is on show; the controls of a call going on add theirs. */
export function useCallCommands(): void {
  const t = useTexts(callText);
  useCommands([
    { id: 'call.dial', title: t.dial, keys: 'mod+l', run: focusDial },
    { id: 'call.next', title: t.nextCall, keys: 'alt+arrowdown', run: () => step(1), when: hasSeveral },
    {
      id: 'call.previous',
      title: t.previousCall,
      keys: 'alt+arrowup',
      run: () => step(-1),
      when: hasSeveral,
    },
    { id: 'call.conversation', title: t.conversation, keys: 'alt+1', run: () => showSide('conversation') },
    { id: 'call.bot', title: t.bot, keys: 'alt+2', run: () => showSide('bot') },
  ]);
}

function focusDial(): void {
  document.querySelector<HTMLElement>('.call-dial-target input')?.focus();
}

function hasSeveral(): boolean {
  return shownRow().rows.length > 1;
}

function step(by: 1 | -1): void {
  const { rows, index } = shownRow();
  const next = rows.at((index + by + rows.length) % Math.max(1, rows.length));
  if (next) selectCall(next.shown.id);
}
