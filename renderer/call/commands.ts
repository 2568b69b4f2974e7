import { useCommands } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { selectCall } from '../state/calls.ts';
import { usePhone } from '../state/phone.ts';
import { focusDial } from '../state/dial.ts';
import { activate, swapTarget } from './line-actions.ts';
import { lineText } from './line-text.ts';
import { showHistory } from './left-pane.tsx';
import { showSide } from './side-pane.tsx';
import { shownRow } from './shown.ts';
import { callText } from './text.ts';

/** What the Call screen offers whatever is on show; the controls of a call going on add theirs. */
export function useCallCommands(): void {
  const t = useTexts(callText);
  const lines = useTexts(lineText);
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
    {
      id: 'call.swap',
      title: lines.swapCalls,
      keys: 'shift+mod+s',
      run: () => {
        const line = swapTarget();
        if (line) void activate(line.call);
      },
      when: () => swapTarget() !== null,
    },
    { id: 'call.history', title: lines.history, keys: 'alt+3', run: showHistory, when: hasTelephone },
    { id: 'call.conversation', title: t.conversation, keys: 'alt+1', run: () => showSide('conversation') },
    { id: 'call.bot', title: t.bot, keys: 'alt+2', run: () => showSide('bot') },
  ]);
}

function hasTelephone(): boolean {
  const { accounts, history } = usePhone.getState();
  return accounts.length > 0 || history.length > 0;
}

function hasSeveral(): boolean {
  return shownRow().rows.length > 1;
}

function step(by: 1 | -1): void {
  const { rows, index } = shownRow();
  const next = rows.at((index + by + rows.length) % Math.max(1, rows.length));
  if (next) selectCall(next.id);
}
