import { AudioLines, MicOff, PhoneCall, Search, Settings, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { isMac, showKeys } from '../base/keys.ts';
import { useTexts } from '../base/text.ts';
import { useVoice } from '../person/store.ts';
import { show, useApp, type Screen } from '../state/app.ts';
import { missedUnseen, usePhone } from '../state/phone.ts';
import { openOver } from './shell-state.ts';
import { appText } from './text.ts';

const SCREENS: readonly { readonly screen: Screen; readonly icon: LucideIcon; readonly keys: string }[] = [
  { screen: 'call', icon: PhoneCall, keys: 'mod+1' },
  { screen: 'traces', icon: AudioLines, keys: 'mod+2' },
  { screen: 'settings', icon: Settings, keys: 'mod+,' },
];

/** The way between the screens. */
export function Rail(): ReactNode {
  const t = useTexts(appText);
  const shown = useApp((app) => app.screen);
  return (
    <nav className="app-rail" aria-label={t.screens}>
      {SCREENS.map(({ screen, icon: Icon, keys }) => (
        <button
          key={screen}
          type="button"
          className="app-rail-item"
          aria-current={shown === screen ? 'page' : undefined}
          title={`${t[screen]} (${showKeys(keys, isMac)})`}
          onClick={() => show(screen)}
        >
          <Icon className="app-rail-icon" aria-hidden />
          {t[screen]}
          {screen === 'call' && <CallSigns />}
        </button>
      ))}
      <button
        type="button"
        className="app-rail-item app-rail-last"
        title={`${t.palette} (${showKeys('mod+k', isMac)})`}
        onClick={() => openOver('palette')}
      >
        <Search className="app-rail-icon" aria-hidden />
        {t.commands}
      </button>
    </nav>
  );
}

/** What one has to know of calls on every screen: that some were missed, and that one's voice is off. */
function CallSigns(): ReactNode {
  const t = useTexts(appText);
  const missed = usePhone(({ history }) => missedUnseen(history));
  const { muted } = useVoice();
  return (
    <>
      {missed > 0 && (
        <span
          className="app-rail-missed tabular"
          role="img"
          aria-label={t.missed(missed)}
          title={t.missed(missed)}
        >
          {missed}
        </span>
      )}
      {muted && <MicOff className="ui-icon app-rail-muted" role="img" aria-label={t.muted} />}
    </>
  );
}
