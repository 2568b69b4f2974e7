import type { ReactNode } from 'react';
import { LATENCY_STAGES } from '../../../backend/contract/events.ts';
import type { ReplayResult } from '../../../backend/contract/traces.ts';
import { useTexts } from '../../base/text.ts';
import { lanesText } from '../../lanes/text.ts';
import { Button } from '../../ui/button.tsx';
import { Badge } from '../../ui/panel.tsx';
import { figure } from '../compare/figure.ts';
import { replayText } from './text.ts';

interface ReplayResultsProps {
  readonly result: ReplayResult;
  readonly onCompare: (replay: string) => void;
}

/** What came of a replay, all repeats together and one by one. */
export function ReplayResults({ result, onCompare }: ReplayResultsProps): ReactNode {
  const t = useTexts(replayText);
  const lanes = useTexts(lanesText);
  const { traces, comparisons, wire, stages, stalls, equalLogs, verdict, failures } = result;
  return (
    <div className="replay">
      {failures.length > 0 && (
        <>
          <Badge tone={verdict === 'pass' ? 'ok' : 'danger'}>
            {verdict === 'pass' ? t.passed : t.notPassed}
          </Badge>
          <ul>
            {failures.map((failure) => (
              <li key={failure}>{failure}</li>
            ))}
          </ul>
        </>
      )}
      <p>{wire === null ? t.noWire : t.wire(figure(wire.p50), figure(wire.p95), wire.count)}</p>
      {traces.length > 1 && <p>{t.equal(equalLogs, traces.length)}</p>}
      {stalls.count > 0 && <p>{t.stalled(stalls.count, figure(stalls.worstMs))}</p>}
      {stages !== null && (
        <table className="replay-stages tabular">
          <thead>
            <tr>
              <th scope="col">{t.stage}</th>
              <th scope="col">{t.median}</th>
              <th scope="col">{t.spread}</th>
            </tr>
          </thead>
          <tbody>
            {LATENCY_STAGES.map(([stage]) => (
              <tr key={stage}>
                <th scope="row">{lanes[stage]}</th>
                <td>{t.ms(figure(stages[stage].p50))}</td>
                <td>{t.ms(figure(stages[stage].p95))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <ul className="replay-traces">
        {traces.map((trace, index) => (
          <li key={trace}>
            <span>{t.repeatNumber(index + 1)}</span>
            <Badge tone={comparisons[index]?.sameText === true ? 'ok' : 'warning'}>
              {comparisons[index]?.sameText === true ? t.sameText : t.otherText}
            </Badge>
            <Button variant="quiet" onClick={() => onCompare(trace)}>
              {t.open}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
