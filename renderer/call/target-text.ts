import type { TargetProblem } from './target.ts';
import type { callText } from './text.ts';

const PROBLEMS: Readonly<Record<TargetProblem, (t: typeof callText.en) => string>> = {
  empty: (t) => t.targetEmpty,
  scheme: (t) => t.targetScheme,
  host: (t) => t.targetHost,
  port: (t) => t.targetPort,
  user: (t) => t.targetUser,
  number: (t) => t.targetNumber,
  account: (t) => t.targetAccount,
};

/** Why that cannot be called, and how it is written. */
export function targetProblem(problem: TargetProblem, t: typeof callText.en): string {
  return PROBLEMS[problem](t);
}
