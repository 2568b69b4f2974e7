import { useEffect, type ReactNode } from 'react';
import { unreachable } from '../../backend/base/errors.ts';
import { useTexts } from '../base/text.ts';
import { closeTrace, listTraces, openTrace, useTraceStore } from '../state/traces.ts';
import { CompareScreen } from './compare/compare-screen.tsx';
import { tracesText } from './text.ts';
import { TraceTable } from './trace-table.tsx';
import './traces.css';
import { TraceViewer } from './viewer.tsx';

/** Calls afterwards: the table of their traces, one of them, or two side by side. */
export function TracesScreen(): ReactNode {
  const shown = useTraceStore((traces) => traces.shown);
  // Anew each time: the folder may be another one since.
  useEffect(() => void listTraces(), []);
  switch (shown.kind) {
    case 'table':
      return <TraceTable />;
    case 'trace':
      return <TraceViewer id={shown.id} at={shown.at} />;
    case 'compare':
      return <Compared left={shown.left} right={shown.right} />;
    default:
      return unreachable(shown);
  }
}

function Compared({ left, right }: { readonly left: string; readonly right: string }): ReactNode {
  const t = useTexts(tracesText);
  const opened = useTraceStore((traces) => traces.opened);
  const [one, other] = [opened.get(left), opened.get(right)];
  if (!one || !other) {
    return (
      <p className="traces-wait" role="status">
        {t.opening}
      </p>
    );
  }
  return (
    <CompareScreen
      left={one.view}
      right={other.view}
      onClose={closeTrace}
      onShow={(trace, ms) => void openTrace(trace, ms)}
    />
  );
}
