import type { Scope } from '../base/scope.ts';

/** Never resolves when the scope closes first. */
export function sleep(scope: Scope, ms: number): Promise<void> {
  return new Promise((resolve) => void scope.after(ms, resolve));
}
