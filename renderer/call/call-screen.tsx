import { useEffect, type ReactNode } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { useTexts } from '../base/text.ts';
import { ourSideOf } from '../lanes/data.ts';
import { Lanes } from '../lanes/lanes.tsx';
import { PersonBar } from '../person/person-bar.tsx';
import { useCalls } from '../state/calls.ts';
import { CallHead } from './call-head.tsx';
import './call.css';
import { useCallCommands } from './commands.ts';
import { DialBar } from './dial-bar.tsx';
import { EmptyCall } from './empty-call.tsx';
import { LeftPane, useAnyCalls } from './left-pane.tsx';
import { LineStage } from './line-stage.tsx';
import { useLook } from './look.ts';
import { partyName } from './names.ts';
import { OtherLines } from './other-lines.tsx';
import { useLine, useShownLegs } from './shown.ts';
import { SidePane } from './side-pane.tsx';
import { Splitter, usePane } from './splitter.tsx';
import { callText } from './text.ts';

/** Calls going on and just ended, the one on show along time, and what was said in it. */
export function CallScreen(): ReactNode {
  const t = useTexts(callText);
  const legs = useShownLegs();
  const line = useLine(legs.line);
  const anyCalls = useAnyCalls();
  const list = usePane('calls', 240, 176, 360);
  const side = usePane('side', 380, 280, 640);
  useCallCommands();
  // What was pointed at or jumped to belonged to another call.
  useEffect(() => useLook.setState({ highlight: null, focus: null }), [legs.shown]);
  const columns = `${anyCalls ? `min(${list.width}px, 26%) auto ` : ''}minmax(0, 1fr) auto min(${side.width}px, 40%)`;
  return (
    <div className="call-screen">
      <DialBar />
      <div className="call-panes" style={{ gridTemplateColumns: columns }}>
        {anyCalls && (
          <>
            <LeftPane shown={legs.shown ?? legs.line} />
            <Splitter pane={list} side="left" label={t.resizeList} />
          </>
        )}
        <div className="call-stage" data-tour="lanes">
          {legs.shown === null ? (
            line ? (
              <LineStage line={line} />
            ) : (
              <EmptyCall />
            )
          ) : (
            <>
              <CallHead legs={legs} />
              <OtherLines legs={legs} />
              <PersonBar />
              <CallLanes id={legs.shown} />
            </>
          )}
        </div>
        <Splitter pane={side} side="right" label={t.resizeSide} />
        <SidePane id={legs.shown} line={legs.line} />
      </div>
    </div>
  );
}

/** Drawn from what grows in place: React takes no part in a frame. */
function CallLanes({ id }: { readonly id: string }): ReactNode {
  const t = useTexts(callText);
  const { highlight, focus } = useLook();
  const call = useCalls(
    useShallow(({ calls }) => {
      const entry = calls.get(id);
      if (!entry) return null;
      const { timeline, tracks, startedAt, summary } = entry;
      return {
        timeline,
        tracks,
        startedAt,
        live: summary.state === 'live',
        party: summary.party,
        peer: summary.peer,
      };
    }),
  );
  if (!call) return null;
  const { timeline, tracks, startedAt, live, party, peer } = call;
  const [label, ourSide] = [t.callWith(partyName(party, t), peer), ourSideOf(party)];
  return <Lanes key={id} {...{ timeline, tracks, ourSide, startedAt, live, highlight, focus, label }} />;
}
