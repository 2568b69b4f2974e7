import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useFrames } from '../base/hooks.ts';
import { textsNow, useTexts } from '../base/text.ts';
import { useLook } from '../call/look.ts';
import { Splitter, usePane } from '../call/splitter.tsx';
import { ourSideOf, type Stretch } from '../lanes/data.ts';
import { Lanes } from '../lanes/lanes.tsx';
import { lanesText, sidesOf } from '../lanes/text.ts';
import { notify, useApp } from '../state/app.ts';
import { useCalls } from '../state/calls.ts';
import { closeTrace, settleTrace, useTraceStore, type OpenTrace } from '../state/traces.ts';
import { GoingOn } from './going-on.tsx';
import { whoWas } from './names.ts';
import { useNotes } from './notes.ts';
import { Overview } from './overview.tsx';
import { meanLevels } from './playback.ts';
import { TracePlayer } from './player.ts';
import { tracesText } from './text.ts';
import './traces.css';
import { Transport } from './transport.tsx';
import { useViewerCommands } from './viewer-commands.ts';
import { ViewerHead } from './viewer-head.tsx';
import { showTab, Side } from './viewer-side.tsx';

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
    () => showTab(trace, 'notes'),
  );
  const turns = useMemo(() => timeline.speech.map(({ from }) => from), [timeline]);
  const levels = useCallback(
    (from: number, to: number) =>
      view.levels === null ? { callerDb: null, botDb: null } : meanLevels(view.levels, from, to),
    [view.levels],
  );
  const ourSide = ourSideOf(view.entry.party);
  const sides = sidesOf(useTexts(lanesText), ourSide);
  const side = usePane('trace', 420, 320, 720);

  useEffect(() => {
    if (at !== null) player.seek(at);
  }, [player, at]);
  // Whatever is jumped to in the texts is heard from there.
  useEffect(() => {
    if (focus) player.seek(focus.at);
  }, [player, focus]);
  useFrames((nowMs) => player.tick(nowMs));
  useViewerCommands({ player, turns, sides, selection, addNote: notes.add, close: closeTrace });

  return (
    <div className="traces-viewer">
      <ViewerHead view={view} />
      <div
        className="traces-panes"
        style={{ gridTemplateColumns: `minmax(0, 1fr) auto min(${side.width}px, 48%)` }}
      >
        <div className="traces-stage">
          <Transport {...{ player, turns, sides, selection }} silent={view.samples === 0} />
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
            ourSide={ourSide}
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
