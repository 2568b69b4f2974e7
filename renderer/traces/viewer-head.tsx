import {
  ArrowLeft,
  Download,
  FolderOpen,
  GitCompareArrows,
  Pin,
  RotateCcw,
  Trash2,
  TriangleAlert,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type TraceEntry,
  type TraceView,
} from '../../backend/contract/traces.ts';
import { size } from '../base/size.ts';
import { textsNow, useLanguage, useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { CallLength } from '../call/call-length.tsx';
import { clock } from '../call/figures.ts';
import { attempt, notify } from '../state/app.ts';
import { closeTrace, compareTraces, openTrace, pinTraces, useTraceStore } from '../state/traces.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { Popover } from '../ui/popover.tsx';
import { CompareDialog } from './compare-dialog.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { longTime } from './figures.ts';
import { originName, STATE_TONES, whoWas } from './names.ts';
import { ReplayDialog } from './replay/replay-dialog.tsx';
import { tracesText } from './text.ts';

/** Whose call it was, how whole its trace is, and what can be done with it. */
export function ViewerHead({ view }: { readonly view: TraceView }): ReactNode {
  const t = useTexts(tracesText);
  const { entry, problems } = view;
  const origin = originName(entry, t);
  return (
    <header className="traces-viewer-head">
      <IconButton icon={ArrowLeft} label={t.back} kbd="alt+arrowleft" onClick={closeTrace} />
      <div className="traces-title">
        <h2>{whoWas(entry.party, t)}</h2>
        <span className="mono traces-faint" data-selectable title={t.peer}>
          {entry.peer}
        </span>
        {origin !== null && <Badge tone="system">{origin}</Badge>}
        {entry.state !== 'complete' && (
          <span title={t[`${entry.state}About`]}>
            <Badge tone={STATE_TONES[entry.state]}>{t[entry.state]}</Badge>
          </span>
        )}
      </div>
      <Actions entry={entry} />
      <Facts entry={entry} />
      {(entry.state !== 'complete' || problems.length > 0) && <Condition entry={entry} problems={problems} />}
    </header>
  );
}

function Facts({ entry }: { readonly entry: TraceEntry }): ReactNode {
  const t = useTexts(tracesText);
  const language = useLanguage((texts) => texts.language);
  const { startedMs, durationMs, codec, bytes, replayOf, id } = entry;
  const known = useTraceStore(
    ({ entries }) => replayOf !== null && (entries?.some((other) => other.id === replayOf) ?? false),
  );
  return (
    <p className="traces-facts tabular">
      <span>{longTime(startedMs, language)}</span>
      {durationMs !== null && <span title={t.length}>{clock(durationMs)}</span>}
      <span>{codec}</span>
      <span>{size(bytes, [t.kb, t.mb, t.gb])}</span>
      <span className="mono" data-selectable>
        {id}
      </span>
      {replayOf !== null &&
        (known ? (
          <button
            type="button"
            className="traces-place"
            title={t.showOriginal}
            onClick={() => void openTrace(replayOf)}
          >
            {t.replayOf(replayOf)}
          </button>
        ) : (
          <span>{t.replayOf(replayOf)}</span>
        ))}
    </p>
  );
}

/** In plain words: what state the trace is in, and what is missing or wrong. */
function Condition({
  entry,
  problems,
}: {
  readonly entry: TraceEntry;
  readonly problems: readonly string[];
}): ReactNode {
  const t = useTexts(tracesText);
  return (
    <div className={`traces-condition ui-tone-${STATE_TONES[entry.state]}`} role="note" data-selectable>
      <TriangleAlert className="ui-icon" aria-hidden />
      <div>
        {entry.state !== 'complete' && <p>{t[`${entry.state}About`]}</p>}
        {problems.length === 1 && <p>{problems[0]}</p>}
        {problems.length > 1 && (
          <details>
            <summary>{t.problems(problems.length)}</summary>
            <ul>
              {problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </div>
  );
}

function Actions({ entry }: { readonly entry: TraceEntry }): ReactNode {
  const t = useTexts(tracesText);
  const [over, setOver] = useState<'compare' | 'replay' | 'delete' | null>(null);
  const close = (): void => setOver(null);
  const { id, pinned } = entry;
  return (
    <div className="traces-actions">
      {entry.origin !== 'import' && (
        <Button icon={RotateCcw} onClick={() => setOver('replay')}>
          {t.replayIt}
        </Button>
      )}
      <Button icon={GitCompareArrows} onClick={() => setOver('compare')}>
        {t.compareWith}
      </Button>
      <Export id={id} />
      <IconButton
        icon={Pin}
        label={pinned ? t.unpin : t.pin}
        pressed={pinned}
        onClick={() => void pinTraces([id], !pinned)}
      />
      <IconButton icon={FolderOpen} label={t.showFolder} onClick={() => void showFolder(id)} />
      <IconButton icon={Trash2} label={t.delete} onClick={() => setOver('delete')} />
      <ReplayDialog
        trace={over === 'replay' ? id : null}
        onClose={close}
        onCompare={(original, replay) => void compareTraces(original, replay)}
      />
      <CompareDialog with={over === 'compare' ? entry : null} onClose={close} />
      <DeleteDialog traces={over === 'delete' ? [entry] : null} onClose={close} />
    </div>
  );
}

function Export({ id }: { readonly id: string }): ReactNode {
  const t = useTexts(tracesText);
  return (
    <Popover
      className="ui-button ui-plain"
      label={t.exportTo}
      anchor={
        <>
          <Download className="ui-icon" aria-hidden />
          {t.export}
        </>
      }
    >
      {(close) => (
        <ul className="traces-menu">
          {EXPORT_FORMATS.map((format) => (
            <li key={format}>
              <button
                type="button"
                onClick={() => {
                  close();
                  void exportTrace(id, format);
                }}
              >
                {t[`export_${format}`]} <span className="traces-faint mono">{format}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

async function exportTrace(trace: string, format: ExportFormat): Promise<void> {
  const t = textsNow(tracesText);
  const written = await attempt(t.exportFailed, () => ask('trace.export', { trace, format }));
  if (written !== null) notify({ severity: 'info', title: t.exported, meaning: written, remedy: null });
}

async function showFolder(call: string): Promise<void> {
  await attempt(textsNow(tracesText).folderFailed, () => ask('folder.show', { what: 'recordings', call }));
}

interface LiveHeadProps {
  readonly id: string;
  readonly party: string;
  readonly peer: string;
}

/** The same of a call that still goes on. */
export function LiveHead({ id, party, peer }: LiveHeadProps): ReactNode {
  const t = useTexts(tracesText);
  return (
    <header className="traces-viewer-head">
      <IconButton icon={ArrowLeft} label={t.back} kbd="alt+arrowleft" onClick={closeTrace} />
      <div className="traces-title">
        <h2>{whoWas(party, t)}</h2>
        <span className="mono traces-faint" data-selectable>
          {peer}
        </span>
        <span title={t.going_onAbout}>
          <Badge tone={STATE_TONES.going_on}>{t.going_on}</Badge>
        </span>
        <span className="tabular">
          <CallLength id={id} />
        </span>
      </div>
    </header>
  );
}
