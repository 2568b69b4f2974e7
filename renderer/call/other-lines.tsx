import { ArrowLeftRight, Merge, Pause, PhoneCall, PhoneOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { LineView } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { selectCall, useCalls } from '../state/calls.ts';
import { otherLines } from '../state/lines.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import './call.css';
import { activate, drop, join } from './line-actions.ts';
import { lineText } from './line-text.ts';
import { remoteName } from './remote.ts';
import { useLine, type ShownLegs } from './shown.ts';

/** What else the person is busy with while a call is on show: change to it, or let the two talk to each other. */
export function OtherLines({ legs }: { readonly legs: Pick<ShownLegs, 'shown' | 'other'> }): ReactNode {
  const t = useTexts(lineText);
  // Of a call with ourselves, the leg that the person is on.
  const shown = useCalls(({ calls }) =>
    legs.other !== null && calls.get(legs.other)?.summary.party === 'person' ? legs.other : legs.shown,
  );
  const phone = usePhone(
    useShallow(({ lines, placed, consultations }) => ({ lines, placed, consultations })),
  );
  const waiting = useCalls(
    useShallow(({ calls }) => (shown === null ? [] : otherLines(shown, phone.lines, calls, phone))),
  );
  const others = waiting.filter(({ call }) => call !== legs.shown && call !== legs.other);
  const line = useLine(shown);
  if (!line || others.length === 0) return null;
  return (
    <ul className="call-others" aria-label={t.others}>
      {others.map((other) => (
        <Other key={other.call} shown={line} other={other} />
      ))}
    </ul>
  );
}

interface OtherProps {
  readonly shown: LineView;
  readonly other: LineView;
}

function Other({ shown, other }: OtherProps): ReactNode {
  const t = useTexts(lineText);
  const consultations = usePhone((phone) => phone.consultations);
  const consults = consultations.get(shown.call) === other.call;
  // Which of the two is handed over to the other.
  const [from, to] = consultations.get(other.call) === shown.call ? [shown, other] : [other, shown];
  const name = remoteName(other);
  const over = shown.state === 'ended';
  const Icon = other.heldByUs ? Pause : PhoneCall;
  return (
    <li className="call-other">
      <Icon className="ui-icon" aria-hidden />
      <span className="call-other-name">{other.heldByUs ? t.waiting(name) : t.talkingTo(name)}</span>
      {shown.state === 'connected' && (
        <Button
          variant={consults ? 'primary' : 'plain'}
          icon={Merge}
          title={t.joinTitle(remoteName(from), remoteName(to))}
          onClick={() => join(from.call, to.call)}
        >
          {t.join}
        </Button>
      )}
      {other.heldByUs ? (
        <Button icon={ArrowLeftRight} title={t.swapTitle} onClick={() => void activate(other.call)}>
          {over ? t.back : t.swap}
        </Button>
      ) : (
        <Button variant="quiet" onClick={() => selectCall(other.call)}>
          {t.showIt}
        </Button>
      )}
      {consults && !over && (
        <Button
          variant="quiet"
          icon={PhoneOff}
          title={t.dropTitle(name)}
          onClick={() => void drop(shown.call, other.call)}
        >
          {t.drop}
        </Button>
      )}
    </li>
  );
}
