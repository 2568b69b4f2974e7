import type { TraceEntry, TraceState } from '../../backend/contract/traces.ts';
import type { Tone } from '../ui/panel.tsx';
import type { tracesText } from './text.ts';

/** Who was on our side of a call. */
export function whoWas(party: string, t: Pick<typeof tracesText.en, 'script' | 'person'>): string {
  if (party === 'script') return t.script;
  return party === 'person' ? t.person : party;
}

export const STATE_TONES: Readonly<Record<TraceState, Tone>> = {
  complete: 'dim',
  going_on: 'ok',
  cut: 'warning',
  abrupt: 'warning',
  damaged: 'danger',
};

/** null: an ordinary call. */
export function originName(
  { origin }: Pick<TraceEntry, 'origin'>,
  t: Pick<typeof tracesText.en, 'replay' | 'imported'>,
): string | null {
  if (origin === 'call') return null;
  return origin === 'replay' ? t.replay : t.imported;
}
