import { useEffect, type ReactNode } from 'react';
import { create } from 'zustand';
import { useFocused } from '../base/hooks.ts';
import { useTexts } from '../base/text.ts';
import { missedUnseen, usePhone } from '../state/phone.ts';
import { Badge } from '../ui/panel.tsx';
import { CallList } from './call-list.tsx';
import './call.css';
import { History } from './history.tsx';
import { seenHistory } from './line-actions.ts';
import { lineText } from './line-text.ts';
import { useCallsGoingOn, useListRows } from './shown.ts';
import { callText } from './text.ts';

type Tab = 'calls' | 'history';

/** Stays when the person goes to another screen and back; null: whatever there is to see. */
const useLeft = create<{ readonly chosen: Tab | null }>(() => ({ chosen: null }));

export function showHistory(): void {
  useLeft.setState({ chosen: 'history' });
}

/** Whether there is anything to list. */
export function useAnyCalls(): boolean {
  const any = useListRows().length > 0;
  return useTelephone() || any;
}

/** Whether there is a telephone to have a history. */
function useTelephone(): boolean {
  return usePhone(({ accounts, history }) => accounts.length > 0 || history.length > 0);
}

/** Calls of now and, where there is a telephone, of the past. `shown`: the one on show. */
export function LeftPane({ shown }: { readonly shown: string | null }): ReactNode {
  const t = useTexts(callText);
  const going = useCallsGoingOn();
  const any = useListRows().length > 0;
  const telephone = useTelephone();
  const chosen = useLeft((left) => left.chosen);
  const tab = !telephone ? 'calls' : (chosen ?? (any ? 'calls' : 'history'));
  return (
    <nav className="call-list" aria-label={t.calls}>
      {telephone ? (
        <Switch tab={tab} going={going} />
      ) : (
        <h2 className="call-list-head">
          {t.calls}
          <span className="call-faint">{going > 0 && t.going(going)}</span>
        </h2>
      )}
      {tab === 'calls' ? <CallList shown={shown} /> : <History />}
    </nav>
  );
}

interface SwitchProps {
  readonly tab: Tab;
  readonly going: number;
}

function Switch({ tab, going }: SwitchProps): ReactNode {
  const t = useTexts(callText);
  const lines = useTexts(lineText);
  const missed = usePhone(({ history }) => missedUnseen(history));
  // On an empty chair's screen nobody has seen them.
  const seen = useFocused() && tab === 'history' && missed > 0;
  useEffect(() => {
    if (seen) seenHistory();
  }, [seen]);
  return (
    <div className="call-list-head call-list-switch">
      <button
        type="button"
        className="call-list-choice"
        aria-pressed={tab === 'calls'}
        onClick={() => useLeft.setState({ chosen: 'calls' })}
      >
        {t.calls}
        {going > 0 && <span className="call-faint">{t.going(going)}</span>}
      </button>
      <button
        type="button"
        className="call-list-choice"
        aria-pressed={tab === 'history'}
        onClick={showHistory}
      >
        {lines.history}
        {missed > 0 && <Badge tone="danger">{missed}</Badge>}
      </button>
    </div>
  );
}
