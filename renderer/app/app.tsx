import { CircleAlert } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { unreachable } from '../../backend/base/errors.ts';
import { runCommand, useShortcuts } from '../base/commands.ts';
import { textsNow, useTexts } from '../base/text.ts';
import { CallScreen } from '../call/call-screen.tsx';
import { IncomingCalls } from '../call/incoming.tsx';
import { useSettingsCommands } from '../settings/settings-commands.ts';
import { SettingsScreen } from '../settings/settings-screen.tsx';
import { usePersonController } from '../person/controller.ts';
import { usePhoneSounds } from '../person/phone-sounds.ts';
import { notify, useApp, type Screen } from '../state/app.ts';
import { start } from '../state/start.ts';
import { TracesScreen } from '../traces/traces-screen.tsx';
import { Empty } from '../ui/panel.tsx';
import { useAppCommands } from './app-commands.ts';
import { useAppLanguage, useTheme } from './appearance.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { FileDrop } from './file-drop.tsx';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { StatusBar } from './status-bar.tsx';
import { appText } from './text.ts';
import { Toasts } from './toasts.tsx';
import { Tour } from './tour.tsx';
import '../ui/fonts.css';
import '../ui/tokens.css';
import '../ui/base.css';
import './app.css';

/** Once per page, whatever React does with the components. */
let starting: Promise<void> | null = null;

/** The window. */
export function App(): ReactNode {
  const [failure, setFailure] = useState<string | null>(null);
  const ready = useApp(({ snapshot }) => snapshot !== null);
  useEffect(() => {
    starting ??= start(runCommand);
    starting.catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)));
  }, []);
  useTheme();
  useAppLanguage();
  usePersonController();
  usePhoneSounds();
  if (failure !== null) return <NotStarted failure={failure} />;
  return (
    <ErrorBoundary>
      <Shell ready={ready} />
    </ErrorBoundary>
  );
}

function Shell({ ready }: { readonly ready: boolean }): ReactNode {
  const t = useTexts(appText);
  const screen = useApp((app) => app.screen);
  useAppCommands();
  useSettingsCommands();
  useShortcuts();
  useSettingsNotice();
  return (
    <div className="app">
      <header className="app-header">
        <h1 className="unseen">Sidetone</h1>
        <a className="app-skip" href="#main" onClick={skipToMain}>
          {t.skipToMain}
        </a>
      </header>
      <Rail />
      <main id="main" className="app-main" tabIndex={-1} aria-busy={!ready} aria-label={t[screen]}>
        {ready ? (
          <ErrorBoundary key={screen}>
            <ScreenOf screen={screen} />
          </ErrorBoundary>
        ) : (
          <Skeleton />
        )}
      </main>
      <StatusBar />
      <IncomingCalls />
      <Toasts />
      <FileDrop />
      <Palette />
      <ShortcutsDialog />
      <Tour />
    </div>
  );
}

function ScreenOf({ screen }: { readonly screen: Screen }): ReactNode {
  switch (screen) {
    case 'call':
      return <CallScreen />;
    case 'traces':
      return <TracesScreen />;
    case 'settings':
      return <SettingsScreen />;
    default:
      return unreachable(screen);
  }
}

/** A settings file that cannot be used is said at once: defaults count instead of it. */
function useSettingsNotice(): void {
  const problem = useApp(({ snapshot }) => snapshot?.settingsProblem ?? null);
  const file = useApp(({ snapshot }) => snapshot?.paths.settings ?? '');
  useEffect(() => {
    if (problem === null) return;
    const t = textsNow(appText);
    notify({
      severity: 'warning',
      title: t.settingsUnread,
      meaning: `${problem}. ${t.settingsUnreadMeaning}`,
      remedy: t.settingsUnreadRemedy(file),
    });
  }, [problem, file]);
}

/** The address stays as it is: the window may not navigate. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** The shape of what comes, for the moment before the main process has answered. */
function Skeleton(): ReactNode {
  const t = useTexts(appText);
  return (
    <div className="app-skeleton" role="status">
      <span className="unseen">{t.starting}</span>
      <div />
      <div />
      <div />
    </div>
  );
}

function NotStarted({ failure }: { readonly failure: string }): ReactNode {
  const t = useTexts(appText);
  return <Empty icon={CircleAlert} title={t.notStarted} text={`${failure}. ${t.notStartedHint}`} />;
}
