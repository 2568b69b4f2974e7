import type { AccountView } from '../../backend/contract/sip.ts';
import type { HostStatus, StageHealth } from '../../backend/contract/window.ts';
import { accountTone } from '../settings/account.ts';

/** How well something of the status bar does. */
export type StatusTone = 'ok' | 'dim' | 'warning' | 'danger';

/** A packet later than 5 ms eats into the far end's jitter buffer, which is seldom larger than 20 to 60 ms. */
export function pacingTone(pacing: HostStatus['pacing']): StatusTone {
  if (pacing === null) return 'dim';
  if (pacing.p99 <= 1) return 'ok';
  return pacing.p99 <= 5 ? 'warning' : 'danger';
}

/** Of the busiest worker: its calls are the ones that suffer. */
export function loadTone(load: readonly number[]): StatusTone {
  const busiest = Math.max(0, ...load);
  if (busiest < 0.6) return 'ok';
  return busiest < 0.85 ? 'warning' : 'danger';
}

export function healthTone(state: StageHealth['state']): StatusTone {
  switch (state) {
    case 'ok':
      return 'ok';
    case 'unknown':
      return 'dim';
    case 'missing':
      return 'warning';
    case 'failing':
      return 'danger';
  }
}

/** Of all accounts together: one that fails is what there is to see. */
export function accountsTone(accounts: readonly Pick<AccountView, 'state'>[]): StatusTone {
  const tones = accounts.map(({ state }) => accountTone(state));
  if (tones.includes('danger')) return tones.includes('ok') ? 'warning' : 'danger';
  return tones.includes('ok') ? 'ok' : 'dim';
}
