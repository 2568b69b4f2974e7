import type { Scope } from '../base/scope.ts';
import type { Figure } from './report.ts';

/** What a bench is given. */
export interface BenchContext {
  readonly quick: boolean;
  /** Owns everything the bench starts; closed when it is over or given up. */
  readonly scope: Scope;
  /** A line on how far it is, for a person who waits. */
  readonly say: (line: string) => void;
  /** Hands in a result, as soon as it is there. */
  readonly figure: (figure: Figure) => void;
}
