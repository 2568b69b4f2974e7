import { Bot, Phone, PhoneIncoming, PhoneOff } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { LineView } from '../../backend/contract/sip.ts';
import { useCommands } from '../base/commands.ts';
import { useDate } from '../base/hooks.ts';
import { isMac, showKeys } from '../base/keys.ts';
import { useTexts } from '../base/text.ts';
import { useCalls } from '../state/calls.ts';
import { activeLine, autoAnswer, ringingLines } from '../state/lines.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import './call.css';
import { answer, firstRinging, reject } from './line-actions.ts';
import { lineText } from './line-text.ts';
import { dialledNumber, remoteName, shortUri } from './remote.ts';

/**
 * Calls that ring at the person, over whatever is on show. The focus stays where it is: a call that comes in while
 * one types must not be answered by the next key.
 */
export function IncomingCalls(): ReactNode {
  const t = useTexts(lineText);
  const { lines, entries, placed } = usePhone(
    useShallow(({ lines, entries, placed }) => ({ lines, entries, placed })),
  );
  const busy = useCalls(({ calls }) => activeLine(lines, calls, placed) !== null);
  const ringing = ringingLines(lines, entries);
  const first = (act: (call: string) => void) => (): void => {
    const line = firstRinging();
    if (line) act(line.call);
  };
  const rings = (): boolean => firstRinging() !== null;
  useCommands([
    {
      id: 'line.answer',
      title: t.answerNewest,
      keys: 'shift+mod+a',
      run: first((call) => void answer(call, 'person')),
      when: rings,
    },
    {
      id: 'line.answer_bot',
      title: t.answerNewestBot,
      keys: 'shift+mod+b',
      run: first((call) => void answer(call, 'bot')),
      when: rings,
    },
    {
      id: 'line.reject',
      title: t.declineNewest,
      keys: 'shift+mod+x',
      run: first((call) => reject(call, 'decline')),
      when: rings,
    },
  ]);
  return (
    <section className="call-incoming" aria-label={t.incomingCalls} hidden={ringing.length === 0}>
      {/* The cards do not take the focus: this says that they are there. */}
      <p className="unseen" role="alert">
        {ringing.map((line) => t.incoming(remoteName(line))).join('. ')}
      </p>
      {ringing.map((line, index) => (
        <Card key={line.call} line={line} busy={busy} first={index === 0} />
      ))}
    </section>
  );
}

interface CardProps {
  readonly line: LineView;
  /** The person is on another call. */
  readonly busy: boolean;
  /** The one that the shortcuts answer. */
  readonly first: boolean;
}

function Card({ line, busy, first }: CardProps): ReactNode {
  const t = useTexts(lineText);
  const id = useId();
  const { call } = line;
  const name = remoteName(line);
  const uri = shortUri(line.remote.uri);
  return (
    <div
      className="call-card"
      role="alertdialog"
      aria-label={t.incoming(name)}
      aria-describedby={`${id}-about`}
    >
      <PhoneIncoming className="call-card-icon" aria-hidden />
      <div className="call-card-who" id={`${id}-about`}>
        <strong>{name}</strong>
        {uri !== name && <span data-selectable>{uri}</span>}
        <span>
          <Whom line={line} />
        </span>
        <AutoAnswer line={line} />
        {busy && <span>{t.othersHeld}</span>}
      </div>
      <div className="call-card-actions">
        <Button
          variant="primary"
          icon={Phone}
          title={first ? showKeys('shift+mod+a', isMac) : undefined}
          onClick={() => void answer(call, 'person')}
        >
          {t.answer}
        </Button>
        <Button icon={Bot} onClick={() => void answer(call, 'bot')}>
          {t.answerBot}
        </Button>
        <Button
          variant="danger"
          icon={PhoneOff}
          title={t.declineTitle}
          onClick={() => reject(call, 'decline')}
        >
          {t.decline}
        </Button>
        <Button variant="quiet" title={t.busyTitle} onClick={() => reject(call, 'busy')}>
          {t.busy}
        </Button>
      </div>
    </div>
  );
}

/** Which of one's own numbers was called. */
function Whom({ line }: { readonly line: LineView }): ReactNode {
  const t = useTexts(lineText);
  const aor = usePhone(({ accounts }) => accounts.find(({ name }) => name === line.account)?.aor ?? '');
  const number = dialledNumber(line, aor);
  const account = aor === '' ? line.account : shortUri(aor);
  return number === null ? t.forAccount(account) : t.forNumber(number, account);
}

function AutoAnswer({ line }: { readonly line: LineView }): ReactNode {
  const entries = usePhone((phone) => phone.entries);
  const rule = autoAnswer(line, entries);
  return rule && <Countdown {...rule} />;
}

function Countdown({ who, at }: NonNullable<ReturnType<typeof autoAnswer>>): ReactNode {
  const t = useTexts(lineText);
  const seconds = Math.max(0, Math.ceil((at - useDate(250)) / 1000));
  return (
    <span className="tabular" role="timer">
      {who === 'bot' ? t.botAnswersIn(seconds) : t.youAnswerIn(seconds)}
    </span>
  );
}
