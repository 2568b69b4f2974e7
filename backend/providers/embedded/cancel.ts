import { SidetoneError } from '../../base/errors.ts';

/** For work that stops between two steps. @throws SidetoneError 'cancelled' */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new SidetoneError('cancelled', 'cancelled');
}
