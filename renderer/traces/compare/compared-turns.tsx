import { useId, useState, type ReactNode } from 'react';
import { LATENCY_STAGES } from '../../../backend/contract/events.ts';
import type { ComparedSide, ComparedTurn, TextDifference } from '../../../backend/contract/traces.ts';
import { useTexts } from '../../base/text.ts';
import { moment } from '../../call/figures.ts';
import { lanesText } from '../../lanes/text.ts';
import { Badge } from '../../ui/panel.tsx';
import { figure, signed } from './figure.ts';
import { compareText } from './text.ts';

interface ComparedTurnsProps {
  readonly turns: readonly ComparedTurn[];
  readonly onShow: (side: 'left' | 'right', ms: number) => void;
}

/** A row a turn: what either side said, with the difference marked, and how long each caller waited. */
export function ComparedTurns({ turns, onShow }: ComparedTurnsProps): ReactNode {
  return (
    <ol className="compare-turns">
      {turns.map((turn, index) => (
        <Turn key={index} turn={turn} onShow={onShow} />
      ))}
    </ol>
  );
}

interface TurnProps {
  readonly turn: ComparedTurn;
  readonly onShow: ComparedTurnsProps['onShow'];
}

function Turn({ turn, onShow }: TurnProps): ReactNode {
  const t = useTexts(compareText);
  const { left, right, callerText, botText, wireDeltaMs } = turn;
  const differs = left === null || right === null || changed(callerText) || changed(botText);
  const number = left?.turn ?? right?.turn ?? 0;
  return (
    <li className={differs ? 'compare-turn compare-turn-differs' : 'compare-turn'}>
      <h3>
        {number === 0 ? t.greeting : t.turn(number)}
        {wireDeltaMs !== null && Math.abs(wireDeltaMs) >= 1 && (
          <Badge tone={wireDeltaMs > 0 ? 'warning' : 'ok'}>{t.ms(signed(wireDeltaMs))}</Badge>
        )}
      </h3>
      <div className="compare-pair">
        <TurnSide side={left} which="left" turn={turn} onShow={onShow} />
        <TurnSide side={right} which="right" turn={turn} onShow={onShow} />
      </div>
      <Stages turn={turn} />
    </li>
  );
}

interface TurnSideProps extends TurnProps {
  readonly side: ComparedSide | null;
  readonly which: 'left' | 'right';
}

function TurnSide({ side, which, turn, onShow }: TurnSideProps): ReactNode {
  const t = useTexts(compareText);
  if (side === null) return <p className="compare-dim">{t.missing}</p>;
  const { at, wireMs, callerText, botText } = side;
  return (
    <div>
      <button
        type="button"
        className="compare-seek"
        title={which === 'left' ? t.seekLeft : t.seekRight}
        onClick={() => onShow(which, at)}
      >
        <span className="tabular">{moment(at)}</span>
        {wireMs !== null && <span className="tabular">{t.ms(figure(wireMs))}</span>}
      </button>
      {callerText !== '' && (
        <p>
          <span className="compare-caller">{t.caller}</span>{' '}
          <Words difference={turn.callerText} which={which} />
        </p>
      )}
      {botText !== '' && (
        <p>
          <span className="compare-bot">{t.bot}</span> <Words difference={turn.botText} which={which} />
        </p>
      )}
    </div>
  );
}

/** One side of a difference: what only it has is marked. */
function Words({
  difference,
  which,
}: {
  readonly difference: TextDifference;
  readonly which: 'left' | 'right';
}): ReactNode {
  const absent = which === 'left' ? 'added' : 'removed';
  return difference
    .filter(({ kind }) => kind !== absent)
    .map(({ kind, text }, index) =>
      kind === 'same' ? (
        <span key={index}>{text}</span>
      ) : (
        <mark key={index} className={`compare-${kind}`}>
          {text}
        </mark>
      ),
    );
}

function Stages({ turn }: { readonly turn: ComparedTurn }): ReactNode {
  const t = useTexts(compareText);
  const lanes = useTexts(lanesText);
  const [open, setOpen] = useState(false);
  const id = useId();
  const { stageDeltas } = turn;
  if (stageDeltas === null) return null;
  return (
    <div>
      <button
        type="button"
        className="compare-more"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {t.stages}
      </button>
      {open && (
        <dl id={id} className="compare-stages tabular">
          {LATENCY_STAGES.map(([stage]) => (
            <div key={stage}>
              <dt>{lanes[stage]}</dt>
              <dd>{t.ms(signed(stageDeltas[stage]))}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function changed(difference: TextDifference): boolean {
  return difference.some(({ kind }) => kind !== 'same');
}
