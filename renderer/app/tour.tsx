import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useInterval } from '../base/hooks.ts';
import { useTexts } from '../base/text.ts';
import { saveSettings } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useCalls } from '../state/calls.ts';
import { ringingLines } from '../state/lines.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import { startTour, useShell } from './shell-state.ts';
import { appText } from './text.ts';

/** Elements marked by `data-tour`, in the order in which they are explained. */
const STEPS = ['demo', 'lanes', 'prompt'] as const;

/** How often the step's element is looked for: it may come and go with a call. */
const LOOK_MS = 400;

/** The first steps: a note beside what is to be tried, which blocks nothing and waits where its place is not on show. */
export function Tour(): ReactNode {
  const step = useShell((shell) => shell.tourStep);
  const unseen = useApp(({ settings }) => settings !== null && !settings.tour_done);
  const called = useCalls(({ calls }) => [...calls.values()].some(({ summary }) => summary.state === 'live'));
  // The note is above all else: it would lie over whoever calls.
  const rings = usePhone(({ lines, entries }) => ringingLines(lines, entries).length > 0);
  const anchor = useAnchor(step === null ? null : (STEPS[step] ?? null));

  useEffect(() => {
    if (unseen) startTour();
  }, [unseen]);
  // While a call goes on, the first step is taken.
  useEffect(() => {
    if (step === 0 && called) useShell.setState({ tourStep: 1 });
  }, [step, called]);

  return step === null || anchor === null || rings ? null : <Note key={step} step={step} anchor={anchor} />;
}

function Note({ step, anchor }: { readonly step: number; readonly anchor: HTMLElement }): ReactNode {
  const t = useTexts(appText);
  const note = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    anchor.style.setProperty('anchor-name', '--tour');
    note.current?.showPopover();
    return () => void anchor.style.removeProperty('anchor-name');
  }, [anchor]);

  const says = [
    [t.tourDemoTitle, t.tourDemo],
    [t.tourLanesTitle, t.tourLanes],
    [t.tourPromptTitle, t.tourPrompt],
  ][step];
  const last = step === STEPS.length - 1;
  const end = (): void => {
    useShell.setState({ tourStep: null });
    if (useApp.getState().settings?.tour_done === false) void saveSettings({ tour_done: true });
  };
  const next = (): void => (last ? end() : useShell.setState({ tourStep: step + 1 }));
  return (
    <div ref={note} className="ui-popover app-tour" popover="manual" role="status">
      <h2>{says?.[0]}</h2>
      <p>{says?.[1]}</p>
      <div className="app-tour-foot">
        <span className="app-tour-progress tabular">{t.tourProgress(step + 1, STEPS.length)}</span>
        {!last && (
          <Button variant="quiet" onClick={end}>
            {t.tourSkip}
          </Button>
        )}
        <Button onClick={next}>{last ? t.tourDone : t.tourNext}</Button>
      </div>
    </div>
  );
}

/** The element of a step while it is on show. */
function useAnchor(step: string | null): HTMLElement | null {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const look = (): void => {
    const found = step === null ? null : document.querySelector<HTMLElement>(`[data-tour="${step}"]`);
    setAnchor(found?.checkVisibility() === true ? found : null);
  };
  useInterval(look, step === null ? null : LOOK_MS);
  return step === null || anchor?.dataset['tour'] !== step ? null : anchor;
}
