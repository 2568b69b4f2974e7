import { AudioLines, FolderOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import { textsNow, useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { lanesText } from '../lanes/text.ts';
import { attempt, useApp } from '../state/app.ts';
import { openTrace } from '../state/traces.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { CallControls } from './call-controls.tsx';
import { CallLength } from './call-length.tsx';
import { CallState } from './call-state.tsx';
import './call.css';
import { otherName, partyName } from './names.ts';
import { noteText } from './note-text.ts';
import { endReason } from './notes.ts';
import { useCallFacts, type CallFacts, type ShownLegs } from './shown.ts';
import { callText } from './text.ts';

/** Whose call is on show, how it goes, and what can be done to it. */
export function CallHead({ legs }: { readonly legs: ShownLegs }): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  const shown = useCallFacts(legs.shown);
  const other = useCallFacts(legs.other);
  if (!shown) return null;
  return (
    <header className="call-head">
      <div className="call-title">
        <h2>{partyName(shown.party, t)}</h2>
        {other && <Badge tone="caller">{otherName(other.party, t)}</Badge>}
      </div>
      <div className="call-facts">
        {shown.state === 'live' && <CallState id={shown.id} />}
        {shown.muted && <Badge tone="warning">{t.muted}</Badge>}
        <span className="tabular" title={t.length}>
          <CallLength id={shown.id} />
        </span>
        {shown.worstLatencyMs !== null && (
          <span className="call-faint tabular" title={t.worst}>
            {t.waited} {lanes.ms(shown.worstLatencyMs.toFixed(0))}
          </span>
        )}
        <span className="call-peer" title={t.peer} data-selectable>
          {shown.peer} {shown.codec}
        </span>
      </div>
      {shown.state === 'live' ? (
        <CallControls shown={shown} other={other} />
      ) : (
        <Ended id={shown.id} reason={shown.endReason ?? ''} />
      )}
    </header>
  );
}

function Ended({ id, reason }: { readonly id: CallFacts['id']; readonly reason: string }): ReactNode {
  const t = useTexts(callText);
  const notes = useTexts(noteText);
  const recorded = useApp(({ settings }) => settings?.recordings.on ?? false);
  return (
    <>
      <div className="call-record">
        {recorded && (
          <Button icon={AudioLines} onClick={() => void openTrace(id)}>
            {t.openTrace}
          </Button>
        )}
        <IconButton icon={FolderOpen} label={t.showRecord} onClick={() => void showRecord(id)} />
      </div>
      <p className="call-ended">
        {t.endedTitle}: {endReason(reason, notes)}
      </p>
    </>
  );
}

async function showRecord(call: string): Promise<void> {
  await attempt(textsNow(callText).showRecordFailed, () => ask('folder.show', { what: 'recordings', call }));
}
