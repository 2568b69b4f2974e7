import { PhoneIncoming, PhoneMissed, PhoneOutgoing } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import './call.css';
import { lineText } from './line-text.ts';

interface DirectionProps {
  readonly direction: 'in' | 'out';
  readonly missed?: boolean;
}

/** Which way a call went, and whether it was missed. */
export function Direction({ direction, missed = false }: DirectionProps): ReactNode {
  const t = useTexts(lineText);
  const [Icon, label] = missed
    ? [PhoneMissed, t.wasMissed]
    : direction === 'in'
      ? [PhoneIncoming, t.wasIn]
      : [PhoneOutgoing, t.wasOut];
  return (
    <Icon
      className={missed ? 'ui-icon call-direction call-missed' : 'ui-icon call-direction'}
      role="img"
      aria-label={label}
    />
  );
}
