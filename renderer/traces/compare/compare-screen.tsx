import { X } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import type { Comparison, Spread, TraceView } from '../../../backend/contract/traces.ts';
import { compare } from '../../../backend/fold/compare.ts';
import { useCommands } from '../../base/commands.ts';
import { useTexts } from '../../base/text.ts';
import { clock } from '../../call/figures.ts';
import { IconButton } from '../../ui/button.tsx';
import { Badge } from '../../ui/panel.tsx';
import './compare.css';
import { ComparedTurns } from './compared-turns.tsx';
import { figure } from './figure.ts';
import { compareText } from './text.ts';

interface CompareScreenProps {
  readonly left: TraceView;
  readonly right: TraceView;
  readonly onClose: () => void;
  /** Shows a moment of one of the two. */
  readonly onShow: (trace: string, ms: number) => void;
}

/** Two traces turn by turn: words, waits and what differs in the bot. */
export function CompareScreen({ left, right, onClose, onShow }: CompareScreenProps): ReactNode {
  const t = useTexts(compareText);
  useCommands([{ id: 'trace.close', title: t.close, keys: 'alt+arrowleft', run: onClose }]);
  const comparison = useMemo(() => compare(left, right), [left, right]);
  return (
    <section className="compare" aria-label={t.title}>
      <header className="compare-head">
        <Side view={left} name={t.left} />
        <Side view={right} name={t.right} />
        <IconButton icon={X} label={t.close} kbd="alt+arrowleft" onClick={onClose} />
      </header>
      <div className="compare-body">
        <Waits comparison={comparison} />
        <Configuration comparison={comparison} />
        <h2 className="compare-title">{t.turns}</h2>
        <p className="compare-dim">
          {comparison.turns.length === 0 ? t.noTurns : comparison.sameText ? t.sameText : t.otherText}
        </p>
        <ComparedTurns
          turns={comparison.turns}
          onShow={(side, ms) => onShow((side === 'left' ? left : right).entry.id, ms)}
        />
      </div>
    </section>
  );
}

function Side({ view, name }: { readonly view: TraceView; readonly name: string }): ReactNode {
  const t = useTexts(compareText);
  const { entry } = view;
  return (
    <div className="compare-side">
      <span className="compare-dim">{name}</span> <strong>{entry.party}</strong>{' '}
      {entry.origin === 'replay' && <Badge tone="system">{t.replay}</Badge>}{' '}
      <span className="compare-dim tabular">
        {new Date(entry.startedMs).toLocaleString()}
        {entry.durationMs !== null && `, ${clock(entry.durationMs)}`}
      </span>
    </div>
  );
}

function Waits({ comparison }: { readonly comparison: Comparison }): ReactNode {
  const t = useTexts(compareText);
  const { left, right } = comparison;
  return (
    <table className="compare-waits tabular">
      <thead>
        <tr>
          <td />
          <th scope="col">{t.left}</th>
          <th scope="col">{t.right}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {(['wire', 'engine'] as const).map((which) => (
          <tr key={which}>
            <th scope="row">{t[which]}</th>
            <SpreadCell spread={left[which]} />
            <SpreadCell spread={right[which]} />
            <td>
              <Delta left={left[which]?.p50 ?? null} right={right[which]?.p50 ?? null} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SpreadCell({ spread }: { readonly spread: Spread | null }): ReactNode {
  const t = useTexts(compareText);
  if (spread === null) return <td className="compare-dim">{t.none}</td>;
  const { p50, p95, count, ci95 } = spread;
  const about = ci95 === null ? t.fewAnswers : t.interval(figure(ci95[0]), figure(ci95[1]));
  return (
    <td title={about}>
      {t.median(figure(p50))}
      {ci95 !== null && <span className="compare-dim">{` ± ${figure((ci95[1] - ci95[0]) / 2)}`}</span>},{' '}
      {t.p95(figure(p95))} <span className="compare-dim">{t.of(count)}</span>
    </td>
  );
}

function Delta({ left, right }: { readonly left: number | null; readonly right: number | null }): ReactNode {
  const t = useTexts(compareText);
  if (left === null || right === null) return null;
  const delta = right - left;
  if (Math.abs(delta) < 1) return <Badge tone="dim">{t.asFast}</Badge>;
  return delta > 0 ? (
    <Badge tone="warning">{t.slower(figure(delta))}</Badge>
  ) : (
    <Badge tone="ok">{t.faster(figure(-delta))}</Badge>
  );
}

/** Hashes are shown by their beginnings; the whole is in the tooltip. */
const SHOWN_OF_HASH = 12;

function Configuration({ comparison }: { readonly comparison: Comparison }): ReactNode {
  const t = useTexts(compareText);
  const { configuration } = comparison;
  const nameOf = (what: string): string =>
    what === 'prompt' || what === 'settings' || what === 'ref_audio' || what === 'ref_text' ? t[what] : what;
  return (
    <>
      <h2 className="compare-title">{t.configuration}</h2>
      {configuration.length === 0 && <p className="compare-dim">{t.sameConfiguration}</p>}
      {configuration.length > 0 && (
        <dl className="compare-differences">
          {configuration.map(({ what, left, right }) => (
            <div key={what}>
              <dt>{nameOf(what)}</dt>
              <dd title={left}>{shortened(left)}</dd>
              <dd title={right}>{shortened(right)}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

function shortened(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? `${text.slice(0, SHOWN_OF_HASH)}…` : text;
}
