import { explain, SidetoneError } from './errors.ts';
import { fixFor } from './known-faults.ts';

/** One thing that a call needs, looked at on this machine or in a call that is over. */
export interface Finding {
  readonly what: string;
  /** `warn`: works, but not as well as it could. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  /** What was found and, where something is wrong, what to do. */
  readonly message: string;
}

/** What `look` finds, or what it fails with. */
export async function check(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, verdict: 'ok', message: await look() };
  } catch (error) {
    if (!(error instanceof SidetoneError)) throw error;
    return { what, verdict: 'fail', message: explain(error) };
  }
}

/** With what to do, where a failure's own words tell what it is. */
export function withFix(finding: Finding): Finding {
  const fix = finding.verdict === 'fail' ? fixFor(finding.message) : null;
  return fix === null ? finding : { ...finding, message: `${finding.message}; ${fix}` };
}
