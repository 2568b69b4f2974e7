import { useMemo, type ReactNode } from 'react';
import { create } from 'zustand';
import type { TraceView } from '../../../backend/contract/traces.ts';
import { inForce, inspect } from '../../../backend/fold/inspect.ts';
import { useTexts } from '../../base/text.ts';
import { Tabs } from '../../ui/tabs.tsx';
import { EventsPane } from './events-pane.tsx';
import './inspect.css';
import { ModelPane } from './model-pane.tsx';
import { PacketsPane } from './packets-pane.tsx';
import { SettingsPane } from './settings-pane.tsx';
import { SpeechPane } from './speech-pane.tsx';
import { inspectText } from './text.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

interface InspectorProps {
  readonly view: TraceView;
  /** ms since the call's start. */
  readonly cursorMs: number;
  readonly selection: Stretch | null;
  readonly onSeek: (ms: number) => void;
}

const TABS = ['model', 'speech', 'events', 'packets', 'settings'] as const;
type Tab = (typeof TABS)[number];

/** Stays when another trace is opened: who looks at packets goes on looking at packets. */
const useTab = create<{ readonly tab: Tab }>(() => ({ tab: 'model' }));

/** Everything about the moment under the cursor that the lanes have no room for, word for word. */
export function Inspector({ view, cursorMs, selection, onSeek }: InspectorProps): ReactNode {
  const t = useTexts(inspectText);
  const { tab } = useTab();
  const inspection = useMemo(() => inspect(view.events), [view.events]);
  return (
    <section className="inspect" aria-label={t.inspector}>
      <Tabs
        value={tab}
        onChange={(to) => useTab.setState({ tab: to })}
        label={t.inspector}
        items={TABS.map((value) => ({ value, label: t[value] }))}
      />
      <div className="inspect-body" role="tabpanel" aria-label={t[tab]}>
        {tab === 'model' && <ModelPane inspection={inspection} cursorMs={cursorMs} onSeek={onSeek} />}
        {tab === 'speech' && <SpeechPane inspection={inspection} cursorMs={cursorMs} onSeek={onSeek} />}
        {tab === 'events' && <EventsPane events={view.events} cursorMs={cursorMs} onSeek={onSeek} />}
        {tab === 'packets' && (
          <PacketsPane view={view} cursorMs={cursorMs} selection={selection} onSeek={onSeek} />
        )}
        {tab === 'settings' && (
          <SettingsPane
            configuration={inForce(inspection.configurations, cursorMs)}
            changes={Math.max(0, inspection.configurations.length - 1)}
          />
        )}
      </div>
    </section>
  );
}
