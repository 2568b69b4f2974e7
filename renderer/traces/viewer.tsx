import { Activity, Gauge, MessagesSquare, StickyNote, Telescope } from 'lucide-react';
import { useCallback, useDeferredValue, useEffect, useMemo, useState, type ReactNode } from 'react';
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { unreachable } from '../../backend/base/errors.ts';
import { useFrames } from '../base/hooks.ts';
import { textsNow, useTexts } from '../base/text.ts';
import { ConversationView } from '../call/conversation-view.tsx';
import { useLook } from '../call/look.ts';
import { Splitter, usePane } from '../call/splitter.tsx';
import type { Stretch } from '../lanes/data.ts';
import { Lanes } from '../lanes/lanes.tsx';
import { notify, useApp } from '../state/app.ts';
import { useCalls } from '../state/calls.ts';
import { closeTrace, settleTrace, useTraceStore, type OpenTrace } from '../state/traces.ts';
import { Tabs } from '../ui/tabs.tsx';
import { FiguresPane } from './figures-pane.tsx';
import { Inspector } from './inspect/inspector.tsx';
import { whoWas } from './names.ts';
import { NotesPane } from './notes-pane.tsx';
import { useNotes, type NotesEditing } from './notes.ts';
import { Overview } from './overview.tsx';
import { lastBegun, meanLevels } from './playback.ts';
import { TracePlayer } from './player.ts';
import { tracesText } from './text.ts';
import './traces.css';
import { Transport } from './transport.tsx';
import { TurnsPane } from './turns-pane.tsx';
import { useViewerCommands } from './viewer-commands.ts';
import { LiveHead, ViewerHead } from './viewer-head.tsx';

interface TraceViewerProps {
  readonly id: string;
  /** Where to begin, ms since the call's start; null: at its start. */
  readonly at: number | null;
}

/** One trace, or the call that still writes it. */
export function TraceViewer({ id, at }: TraceViewerProps): ReactNode {
  const t = useTexts(tracesText);
  const trace = useTraceStore(({ opened }) => opened.get(id) ?? null);
  const goesOn = useCalls(({ calls }) => calls.get(id)?.summary.state === 'live');
  // What was pointed at or jumped to belonged to another call.
  useEffect(() => useLook.setState({ highlight: null, focus: null }), [id]);
  useEffect(() => {
    if (!goesOn) void settleTrace(id);
  }, [goesOn, id]);
  if (trace !== null) return <Recorded key={id} trace={trace} at={at} />;
  if (goesOn) return <GoingOn key={id} id={id} />;
  return (
    <p className="traces-wait" role="status">
      {t.opening}
    </p>
  );
}

type Tab = 'conversation' | 'turns' | 'figures' | 'notes' | 'inspector';

/** Stays when another trace is opened. */
const useTab = create<{ readonly tab: Tab }>(() => ({ tab: 'conversation' }));

const showTab = (tab: Tab): void => useTab.setState({ tab });

function Recorded({ trace, at }: { readonly trace: OpenTrace; readonly at: number | null }): ReactNode {
  const t = useTexts(tracesText);
  const { view, timeline, tracks } = trace;
  const player = usePlayerOf(trace);
  const { highlight, focus } = useLook();
  const [shown, setShown] = useState<Stretch | null>(null);
  const [selection, setSelection] = useState<Stretch | null>(null);
  const [wantedView, setWantedView] = useState<Stretch | null>(null);
  const [wantedSelection, setWantedSelection] = useState<{ readonly stretch: Stretch | null } | null>(null);
  const notes = useNotes(
    trace.id,
    view.notes.notes,
    () => player.atMs,
    () => showTab('notes'),
  );
  const turns = useMemo(() => timeline.speech.map(({ from }) => from), [timeline]);
  const levels = useCallback(
    (from: number, to: number) =>
      view.levels === null ? { callerDb: null, botDb: null } : meanLevels(view.levels, from, to),
    [view.levels],
  );
  const side = usePane('trace', 420, 320, 720);

  useEffect(() => {
    if (at !== null) player.seek(at);
  }, [player, at]);
  // Whatever is jumped to in the texts is heard from there.
  useEffect(() => {
    if (focus) player.seek(focus.at);
  }, [player, focus]);
  useFrames((nowMs) => player.tick(nowMs));
  useViewerCommands({ player, turns, selection, addNote: notes.add, close: closeTrace });

  return (
    <div className="traces-viewer">
      <ViewerHead view={view} />
      <div
        className="traces-panes"
        style={{ gridTemplateColumns: `minmax(0, 1fr) auto min(${side.width}px, 48%)` }}
      >
        <div className="traces-stage">
          <Transport player={player} turns={turns} selection={selection} silent={view.samples === 0} />
          <Overview
            {...{ tracks, player, selection }}
            view={shown}
            notes={notes.marks}
            bargeIns={view.metrics.bargeIns}
            onSelect={(stretch) => setWantedSelection({ stretch })}
            onView={setWantedView}
          />
          <Lanes
            {...{ timeline, tracks, highlight, focus }}
            live={false}
            startedAt={0}
            playhead={player}
            notes={notes.marks}
            levels={view.levels === null ? null : levels}
            view={wantedView}
            select={wantedSelection}
            onSelect={setSelection}
            onView={setShown}
            label={t.lanesOf(whoWas(view.entry.party, t), view.entry.peer)}
          />
        </div>
        <Splitter pane={side} side="right" label={t.resizeSide} />
        <Side trace={trace} player={player} notes={notes} selection={selection} />
      </div>
    </div>
  );
}

function usePlayerOf({ id, view, timeline }: OpenTrace): TracePlayer {
  const speaker = useApp(({ settings }) => settings?.devices.speaker?.id ?? null);
  const durationMs = Math.max(view.samples / 8, timeline.durationMs, view.entry.durationMs ?? 0);
  const player = useMemo(
    () => new TracePlayer(`app://sidetone/trace/${id}/stereo.wav`, durationMs, speaker, notPlayed),
    [id, durationMs, speaker],
  );
  useEffect(() => player.open(), [player]);
  return player;
}

function notPlayed(): void {
  const t = textsNow(tracesText);
  notify({ severity: 'error', title: t.notPlayed, meaning: t.notPlayedMeaning, remedy: null });
}

interface SideProps {
  readonly trace: OpenTrace;
  readonly player: TracePlayer;
  readonly notes: NotesEditing;
  readonly selection: Stretch | null;
}

function Side({ trace, player, notes, selection }: SideProps): ReactNode {
  const t = useTexts(tracesText);
  const { tab } = useTab();
  const items = [
    { value: 'conversation', label: t.tabConversation, icon: MessagesSquare },
    { value: 'turns', label: t.tabTurns, icon: Activity },
    { value: 'figures', label: t.tabFigures, icon: Gauge },
    { value: 'notes', label: t.tabNotes, icon: StickyNote },
    { value: 'inspector', label: t.tabInspector, icon: Telescope },
  ] as const satisfies readonly { readonly value: Tab; readonly label: string; readonly icon: unknown }[];
  return (
    <aside className="traces-side" aria-label={t.side}>
      <div className="traces-side-tabs">
        <Tabs value={tab} onChange={showTab} label={t.side} items={items} />
      </div>
      <div
        className="traces-side-body"
        role="tabpanel"
        aria-label={items.find(({ value }) => value === tab)?.label}
      >
        <TabBody {...{ tab, trace, player, notes, selection }} />
      </div>
    </aside>
  );
}

function TabBody({ tab, trace, player, notes, selection }: SideProps & { readonly tab: Tab }): ReactNode {
  switch (tab) {
    case 'conversation':
      return <Heard trace={trace} player={player} />;
    case 'turns':
      return <TurnsPane trace={trace} />;
    case 'figures':
      return <FiguresPane metrics={trace.view.metrics} />;
    case 'notes':
      return <NotesPane notes={notes} />;
    case 'inspector':
      return <Inspected trace={trace} player={player} selection={selection} />;
    default:
      return unreachable(tab);
  }
}

/** More than a screen is high. */
const FIRST_ENTRIES = 40;

/** The conversation, with what is being heard marked in it. */
function Heard({ trace, player }: Pick<SideProps, 'trace' | 'player'>): ReactNode {
  const { conversation } = trace;
  const first = useMemo(() => conversation.slice(0, FIRST_ENTRIES), [conversation]);
  // An hour's thousand entries come right after the first picture, which does not wait for them.
  const items = useDeferredValue(conversation, first);
  const spoken = useMemo(() => conversation.filter(({ kind }) => kind !== 'note'), [conversation]);
  // Nothing is heard before the first word.
  const current = player.state(({ atMs }) => lastBegun(spoken, atMs)?.key ?? null);
  return <ConversationView items={items} live={false} current={current} />;
}

function Inspected({ trace, player, selection }: Omit<SideProps, 'notes'>): ReactNode {
  const cursorMs = player.state(({ atMs }) => atMs);
  return <Inspector view={trace.view} cursorMs={cursorMs} selection={selection} onSeek={player.seek} />;
}

/** A call on its way: the same lanes and conversation, nothing to play or measure yet. */
function GoingOn({ id }: { readonly id: string }): ReactNode {
  const t = useTexts(tracesText);
  const { highlight, focus } = useLook();
  const side = usePane('trace', 420, 320, 720);
  const call = useCalls(
    useShallow(({ calls }) => {
      const entry = calls.get(id);
      if (!entry) return null;
      const { timeline, tracks, startedAt, conversation, summary } = entry;
      return { timeline, tracks, startedAt, conversation, party: summary.party, peer: summary.peer };
    }),
  );
  if (call === null) return null;
  const { timeline, tracks, startedAt, conversation, party, peer } = call;
  return (
    <div className="traces-viewer">
      <LiveHead id={id} party={party} peer={peer} />
      <div
        className="traces-panes"
        style={{ gridTemplateColumns: `minmax(0, 1fr) auto min(${side.width}px, 48%)` }}
      >
        <div className="traces-stage">
          <Lanes
            {...{ timeline, tracks, startedAt, highlight, focus }}
            live
            label={t.lanesOf(whoWas(party, t), peer)}
          />
        </div>
        <Splitter pane={side} side="right" label={t.resizeSide} />
        <aside className="traces-side" aria-label={t.side}>
          <div className="traces-side-body">
            <ConversationView items={conversation} live />
          </div>
        </aside>
      </div>
    </div>
  );
}
