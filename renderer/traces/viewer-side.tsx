import { Activity, ArrowRightLeft, Gauge, MessagesSquare, StickyNote, Telescope } from 'lucide-react';
import { memo, useDeferredValue, useMemo, type ReactNode } from 'react';
import { create } from 'zustand';
import { unreachable } from '../../backend/base/errors.ts';
import { useTexts } from '../base/text.ts';
import { ConversationView } from '../call/conversation-view.tsx';
import { ladderText } from '../call/ladder-text.ts';
import { messagesOf } from '../call/ladder-rungs.ts';
import { Ladder } from '../call/ladder.tsx';
import type { Stretch } from '../lanes/data.ts';
import type { OpenTrace } from '../state/traces.ts';
import { Tabs } from '../ui/tabs.tsx';
import { FiguresPane } from './figures-pane.tsx';
import { Inspector } from './inspect/inspector.tsx';
import { NotesPane } from './notes-pane.tsx';
import type { NotesEditing } from './notes.ts';
import { lastBegun } from './playback.ts';
import type { TracePlayer } from './player.ts';
import { tracesText } from './text.ts';
import './traces.css';
import { TurnsPane } from './turns-pane.tsx';

type Tab = 'conversation' | 'turns' | 'figures' | 'notes' | 'inspector' | 'sip';

type Kind = 'call' | 'capture';

/** Stay when another trace is opened. A capture has no words, but waits that were measured. */
const useTabs = create<Readonly<Record<Kind, Tab>>>(() => ({ call: 'conversation', capture: 'turns' }));

export function showTab(trace: OpenTrace, tab: Tab): void {
  useTabs.setState({ [kindOf(trace)]: tab });
}

function kindOf({ view }: OpenTrace): Kind {
  return view.entry.origin === 'import' ? 'capture' : 'call';
}

interface SideProps {
  readonly trace: OpenTrace;
  readonly player: TracePlayer;
  readonly notes: NotesEditing;
  readonly selection: Stretch | null;
}

/** Beside the lanes: what was said, measured, noted, and all that the lanes have no room for. */
export function Side({ trace, player, notes, selection }: SideProps): ReactNode {
  const t = useTexts(tracesText);
  const ladder = useTexts(ladderText);
  const chosen = useTabs((tabs) => tabs[kindOf(trace)]);
  const { events } = trace.view;
  const sip = useMemo(() => events.some(({ type }) => type === 'sip.message'), [events]);
  const tab = chosen === 'sip' && !sip ? 'inspector' : chosen;
  const items = [
    { value: 'conversation', label: t.tabConversation, icon: MessagesSquare },
    { value: 'turns', label: t.tabTurns, icon: Activity },
    { value: 'figures', label: t.tabFigures, icon: Gauge },
    { value: 'notes', label: t.tabNotes, icon: StickyNote },
    { value: 'inspector', label: t.tabInspector, icon: Telescope },
    ...(sip ? [{ value: 'sip' as const, label: ladder.sip, icon: ArrowRightLeft }] : []),
  ] as const satisfies readonly { readonly value: Tab; readonly label: string; readonly icon: unknown }[];
  return (
    <aside className="traces-side" aria-label={t.side}>
      <div className="traces-side-tabs">
        <Tabs value={tab} onChange={(to) => showTab(trace, to)} label={t.side} items={items} />
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
    case 'sip':
      return <Signalling trace={trace} />;
    default:
      return unreachable(tab);
  }
}

/** More than a screen is high. */
const FIRST_ENTRIES = 40;

/** The conversation, with what is being heard marked in it. Not compared anew whenever the lanes move. */
const Heard = memo(function Heard({ trace, player }: Pick<SideProps, 'trace' | 'player'>): ReactNode {
  const { conversation } = trace;
  const first = useMemo(() => conversation.slice(0, FIRST_ENTRIES), [conversation]);
  // An hour's thousand entries come right after the first picture, which does not wait for them.
  const items = useDeferredValue(conversation, first);
  const spoken = useMemo(() => conversation.filter(({ kind }) => kind !== 'note'), [conversation]);
  // Nothing is heard before the first word.
  const current = player.state(({ atMs }) => lastBegun(spoken, atMs)?.key ?? null);
  const t = useTexts(tracesText);
  return (
    <>
      {spoken.length === 0 && kindOf(trace) === 'capture' && <p className="traces-none">{t.noWords}</p>}
      <ConversationView items={items} live={false} current={current} />
    </>
  );
});

function Signalling({ trace }: Pick<SideProps, 'trace'>): ReactNode {
  const { events } = trace.view;
  return <Ladder messages={useMemo(() => messagesOf(events), [events])} />;
}

function Inspected({ trace, player, selection }: Omit<SideProps, 'notes'>): ReactNode {
  const cursorMs = player.state(({ atMs }) => atMs);
  return <Inspector view={trace.view} cursorMs={cursorMs} selection={selection} onSeek={player.seek} />;
}
