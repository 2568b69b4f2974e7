import type { ReactNode } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { useNow } from '../base/hooks.ts';
import { useCalls } from '../state/calls.ts';
import { clock } from './figures.ts';

/** How long a call has been, each second anew while it goes on. */
export function CallLength({ id }: { readonly id: string }): ReactNode {
  const { startedAt, endedMs } = useCalls(
    useShallow(({ calls }) => {
      const entry = calls.get(id);
      const ended = entry?.summary.state === 'ended';
      return { startedAt: entry?.startedAt ?? null, endedMs: ended ? entry.summary.durationMs : null };
    }),
  );
  if (startedAt === null) return null;
  return endedMs === null ? <Ticking startedAt={startedAt} /> : clock(endedMs);
}

function Ticking({ startedAt }: { readonly startedAt: number }): ReactNode {
  return clock(useNow(1000) - startedAt);
}
