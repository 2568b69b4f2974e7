import type { ReactNode } from 'react';
import type { StatusTone } from './status.ts';

/** Its shape says it too, for who does not tell the colours apart. */
export function Dot({ tone }: { readonly tone: StatusTone }): ReactNode {
  return <span className={`app-dot app-dot-${tone}`} aria-hidden />;
}
