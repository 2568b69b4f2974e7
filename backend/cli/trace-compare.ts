import path from 'node:path';
import { compare } from '../fold/compare.ts';
import { measured } from '../replay/result.ts';
import { openTrace } from '../trace/read.ts';
import { comparisonReport } from './replay-report.ts';
import { withTrace } from './trace-target.ts';

/** `sidetone trace compare`: two traces side by side. */
export async function compareTraces(
  left: string,
  right: string,
  options: { readonly traces: string; readonly json?: true },
): Promise<void> {
  const tracesDir = path.resolve(options.traces);
  const comparison = await withTrace(left, tracesDir, (leftDir) =>
    withTrace(right, tracesDir, async (rightDir) =>
      compare(await measured(await openTrace(leftDir)), await measured(await openTrace(rightDir))),
    ),
  );
  process.stdout.write(options.json ? `${JSON.stringify(comparison)}\n` : comparisonReport(comparison));
}
