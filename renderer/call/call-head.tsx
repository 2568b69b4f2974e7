import { AudioLines, FolderOpen, Lock, LockOpen, MicOff, Phone } from 'lucide-react';
import type { ReactNode } from 'react';
import type { LineView } from '../../backend/contract/sip.ts';
import { textsNow, useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { lanesText } from '../lanes/text.ts';
import { attempt, useApp } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { openTrace } from '../state/traces.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { Popover } from '../ui/popover.tsx';
import { CallControls } from './call-controls.tsx';
import { CallLength } from './call-length.tsx';
import { CallState } from './call-state.tsx';
import './call.css';
import { LineState } from './line-state.tsx';
import { statsText } from './line-stats-text.ts';
import { LineStats } from './line-stats.tsx';
import { lineText } from './line-text.ts';
import { endWords, lineState } from './line-words.ts';
import { otherName, partyName } from './names.ts';
import { noteText } from './note-text.ts';
import { endReason, transferText } from './notes.ts';
import { dial } from './placing.ts';
import { remoteName, shortUri } from './remote.ts';
import { useCallFacts, useLine, type CallFacts, type ShownLegs } from './shown.ts';
import { callText } from './text.ts';

/** Whose call is on show, how it goes, and what can be done to it. */
export function CallHead({ legs }: { readonly legs: ShownLegs }): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  const shown = useCallFacts(legs.shown);
  const other = useCallFacts(legs.other);
  const line = useLine(legs.line);
  if (!shown) return null;
  return (
    <header className="call-head">
      <div className="call-title">
        <h2>{line ? remoteName(line) : partyName(shown.party, t)}</h2>
        {line && (
          <Badge tone={shown.party === 'person' ? 'system' : 'bot'}>{partyName(shown.party, t)}</Badge>
        )}
        {other && <Badge tone="caller">{otherName(other.party, t)}</Badge>}
      </div>
      <div className="call-facts">
        {shown.state === 'live' && <State shown={shown} line={line} />}
        {(shown.muted || other?.muted === true) && shown.state === 'live' && (
          <Badge tone="warning">
            <MicOff className="ui-icon" aria-hidden /> {t.muted}
          </Badge>
        )}
        <span className="tabular" title={t.length}>
          <CallLength id={shown.id} />
        </span>
        {shown.worstLatencyMs !== null && (
          <span className="call-faint tabular" title={t.worst}>
            {t.waited} {lanes.ms(shown.worstLatencyMs.toFixed(0))}
          </span>
        )}
        {line && <LineFacts id={shown.id} line={line} />}
        <span className="call-peer" title={t.peer} data-selectable>
          {line ? shortUri(line.remote.uri) : `${shown.peer} ${shown.codec}`}
        </span>
      </div>
      {line && <LineNotes line={line} />}
      {shown.state === 'live' ? (
        <CallControls shown={shown} other={other} line={line} />
      ) : (
        <Ended id={shown.id} reason={shown.endReason ?? ''} line={line} />
      )}
    </header>
  );
}

interface OfLine {
  readonly line: LineView;
}

/** What signalling says goes before what is said. */
function State({ shown, line }: { readonly shown: CallFacts; readonly line: LineView | null }): ReactNode {
  const words = line && line.state !== 'ended' && lineState(line) !== null;
  return words ? <LineState line={line} /> : <CallState id={shown.id} />;
}

function LineFacts({ id, line }: OfLine & { readonly id: string }): ReactNode {
  const t = useTexts(lineText);
  const stats = useTexts(statsText);
  const lock = line.srtp ? t.encrypted : t.inTheClear;
  const Icon = line.srtp ? Lock : LockOpen;
  return (
    <>
      {line.codec !== null && (
        <Popover
          className="ui-button ui-quiet call-codec"
          label={`${stats.title}: ${line.codec}, ${lock}`}
          title={lock}
          anchor={
            <>
              <Icon className={line.srtp ? 'ui-icon call-locked' : 'ui-icon'} aria-hidden />
              {line.codec}
            </>
          }
        >
          <LineStats id={id} />
        </Popover>
      )}
      <span title={t.lineOf(line.account)}>{line.account}</span>
    </>
  );
}

/** What stands still until somebody does something, and what is under way. */
function LineNotes({ line }: OfLine): ReactNode {
  const t = useTexts(lineText);
  const notes = useTexts(noteText);
  const { transfer, state, heldByThem } = line;
  return (
    <>
      {state === 'connected' && heldByThem && <p className="call-line-note">{t.heldByThemLong}</p>}
      {transfer && (
        <p className={`call-line-note call-line-${transfer.state}`} role="status">
          {transferText(transfer.state, shortUri(transfer.target), transfer.message, notes)}
        </p>
      )}
    </>
  );
}

interface EndedProps {
  readonly id: CallFacts['id'];
  readonly reason: string;
  readonly line: LineView | null;
}

function Ended({ id, reason, line }: EndedProps): ReactNode {
  const t = useTexts(callText);
  const lines = useTexts(lineText);
  const who = usePhone(({ placed }) => placed.get(id) ?? 'person');
  const notes = useTexts(noteText);
  const recorded = useApp(({ settings }) => settings?.recordings.on ?? false);
  return (
    <>
      <div className="call-record">
        {line && (
          <IconButton
            icon={Phone}
            label={lines.callBack(remoteName(line))}
            onClick={() => dial({ target: line.remote.uri, codec: 'PCMA', who, account: line.account })}
          />
        )}
        {recorded && (
          <Button icon={AudioLines} onClick={() => void openTrace(id)}>
            {t.openTrace}
          </Button>
        )}
        <IconButton icon={FolderOpen} label={t.showRecord} onClick={() => void showRecord(id)} />
      </div>
      <p className="call-ended">
        {t.endedTitle}: {line?.end ? endWords(line.end, lines) : endReason(reason, notes)}
      </p>
    </>
  );
}

async function showRecord(call: string): Promise<void> {
  await attempt(textsNow(callText).showRecordFailed, () => ask('folder.show', { what: 'recordings', call }));
}
