import { useDeferredValue, type ReactNode } from 'react';
import type { Inspection, Segment, Utterance } from '../../../backend/fold/inspect.ts';
import { useTexts } from '../../base/text.ts';
import { moment } from '../../call/figures.ts';
import { milliseconds, seconds } from '../../lanes/figures.ts';
import { Badge } from '../../ui/panel.tsx';
import { indexAt } from './near.ts';
import { inspectText } from './text.ts';

interface SpeechPaneProps {
  readonly inspection: Inspection;
  readonly cursorMs: number;
  readonly onSeek: (ms: number) => void;
}

/** What was recognised of which audio, and what was synthesised and heard. */
export function SpeechPane({ inspection, cursorMs, onSeek }: SpeechPaneProps): ReactNode {
  const t = useTexts(inspectText);
  const { segments } = inspection;
  const utterances = inspection.utterances.map((utterance) => ({ utterance, at: beginOf(utterance) }));
  const ms = useDeferredValue(cursorMs);
  const [heardNow, saidNow] = [indexAt(segments, ms), indexAt(utterances, ms)];
  if (segments.length === 0 && utterances.length === 0)
    return <p className="inspect-nothing">{t.noSpeech}</p>;
  return (
    <>
      {segments.length > 0 && <h3 className="inspect-title">{t.recognised}</h3>}
      <ol className="inspect-list">
        {segments.map((segment, index) => (
          <SegmentRow key={segment.request} segment={segment} current={index === heardNow} onSeek={onSeek} />
        ))}
      </ol>
      {utterances.length > 0 && <h3 className="inspect-title">{t.synthesised}</h3>}
      <ol className="inspect-list">
        {utterances.map(({ utterance, at }, index) => (
          <UtteranceRow
            key={utterance.generation}
            utterance={utterance}
            at={at}
            current={index === saidNow}
            onSeek={onSeek}
          />
        ))}
      </ol>
    </>
  );
}

interface RowProps {
  readonly current: boolean;
  readonly onSeek: (ms: number) => void;
}

function SegmentRow({ segment, current, onSeek }: RowProps & { readonly segment: Segment }): ReactNode {
  const t = useTexts(inspectText);
  const { request, turn, at, span, audioMs, speculative, partials, text, tookMs, discarded } = segment;
  return (
    <li aria-current={current}>
      <button type="button" className="inspect-row" onClick={() => onSeek(span?.from ?? at)}>
        <span className="inspect-at tabular">{moment(span?.from ?? at)}</span>
        <span className="inspect-name">{t.segment(request, turn)}</span>
        {speculative && <Badge tone="dim">{t.speculative}</Badge>}
        {discarded && <Badge tone="dim">{t.discarded}</Badge>}
        <span className="inspect-figures tabular">
          {t.audio(seconds(audioMs))}
          {tookMs !== null && ` · ${t.took(milliseconds(tookMs))}`}
        </span>
      </button>
      <p className="inspect-text" title={partials.length === 0 ? undefined : partials.join('\n')}>
        {text === '' ? <span className="inspect-dim">{t.noWords}</span> : text}
        {text === null && <span className="inspect-dim">{t.noText}</span>}
        {partials.length > 0 && <span className="inspect-dim"> {t.partials(partials.length)}</span>}
      </p>
    </li>
  );
}

interface UtteranceRowProps extends RowProps {
  readonly utterance: Utterance;
  readonly at: number;
}

function UtteranceRow({ utterance, at, current, onSeek }: UtteranceRowProps): ReactNode {
  const t = useTexts(inspectText);
  const { generation, clauses, spokenAt, heard, unheard, discarded } = utterance;
  return (
    <li aria-current={current}>
      <button type="button" className="inspect-row" onClick={() => onSeek(at)}>
        <span className="inspect-at tabular">{moment(at)}</span>
        <span className="inspect-name">{t.generation(generation)}</span>
        {(discarded || spokenAt === null) && <Badge tone="dim">{t.neverSpoken}</Badge>}
        {unheard !== '' && <Badge tone="warning">{t.unheard}</Badge>}
      </button>
      {heard !== null && unheard !== '' && (
        <p className="inspect-text">
          {heard} <s>{unheard}</s>
        </p>
      )}
      <ol className="inspect-clauses">
        {clauses.map((clause) => (
          <li key={clause.index}>
            <span>{clause.text}</span>
            <span className="inspect-dim tabular">
              {clause.firstAudioMs !== null && t.clauseTook(milliseconds(clause.firstAudioMs))}
              {clause.audioMs !== null && ` · ${t.audio(seconds(clause.audioMs))}`}
            </span>
          </li>
        ))}
      </ol>
    </li>
  );
}

function beginOf({ spokenAt, clauses }: Utterance): number {
  return spokenAt ?? clauses[0]?.at ?? 0;
}
