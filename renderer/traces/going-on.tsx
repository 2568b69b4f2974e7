import type { ReactNode } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { useTexts } from '../base/text.ts';
import { ConversationView } from '../call/conversation-view.tsx';
import { useLook } from '../call/look.ts';
import { Splitter, usePane } from '../call/splitter.tsx';
import { ourSideOf } from '../lanes/data.ts';
import { Lanes } from '../lanes/lanes.tsx';
import { useCalls } from '../state/calls.ts';
import { whoWas } from './names.ts';
import { tracesText } from './text.ts';
import './traces.css';
import { LiveHead } from './viewer-head.tsx';

/** A call on its way: the same lanes and conversation, nothing to play or measure yet. */
export function GoingOn({ id }: { readonly id: string }): ReactNode {
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
            ourSide={ourSideOf(party)}
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
