import { Bot, Phone, PhoneForwarded, PhoneIncoming, PhoneOff, PhoneOutgoing } from 'lucide-react';
import type { ReactNode } from 'react';
import type { LineView } from '../../backend/contract/sip.ts';
import { useCommands } from '../base/commands.ts';
import { useDate } from '../base/hooks.ts';
import { useTexts } from '../base/text.ts';
import { PersonBar } from '../person/person-bar.tsx';
import { waitsForPerson } from '../state/lines.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import './call.css';
import { clock } from './figures.ts';
import { answer, hangUpLine, reject } from './line-actions.ts';
import { LineState } from './line-state.tsx';
import { lineText } from './line-text.ts';
import { OtherLines } from './other-lines.tsx';
import { dial } from './placing.ts';
import { remoteName, shortUri } from './remote.ts';
import { callText } from './text.ts';

/** A call without audio, as yet or for good: whom, how far it has come, and the way out of it. */
export function LineStage({ line }: { readonly line: LineView }): ReactNode {
  const t = useTexts(lineText);
  const [name, uri] = [remoteName(line), shortUri(line.remote.uri)];
  const Icon =
    line.transfer !== null ? PhoneForwarded : line.direction === 'in' ? PhoneIncoming : PhoneOutgoing;
  return (
    <>
      <OtherLines legs={{ shown: line.call, other: null }} />
      <PersonBar />
      <section className="call-line" aria-labelledby="call-line-who">
        <Icon className="call-line-icon" aria-hidden />
        <h2 id="call-line-who">{name}</h2>
        {uri !== name && (
          <p className="call-line-uri" data-selectable>
            {uri}
          </p>
        )}
        <p className="call-line-state" role="status">
          {line.state === 'connected' ? t.connecting : <LineState line={line} />}
          {line.state !== 'ended' && <Elapsed since={line.startedAt} />}
        </p>
        <div className="call-line-actions">
          <Actions line={line} />
        </div>
      </section>
    </>
  );
}

function Elapsed({ since }: { readonly since: number }): ReactNode {
  return <span className="tabular">{clock(useDate(1000) - since)}</span>;
}

function Actions({ line }: { readonly line: LineView }): ReactNode {
  const t = useTexts(lineText);
  const calls = useTexts(callText);
  const who = usePhone(({ placed }) => placed.get(line.call) ?? 'person');
  const ringsHere = usePhone(({ entries }) => waitsForPerson(line, entries));
  const { call, state } = line;
  const ends = state !== 'ended' && state !== 'incoming';
  const leave = (): void => hangUpLine(call);
  useCommands([
    { id: 'call.hang_up', title: calls.hang_up, keys: 'shift+mod+h', run: leave, when: () => ends },
  ]);
  // What rings at the person has its card already.
  if (ringsHere) return null;
  if (state === 'incoming') {
    return (
      <>
        <Button variant="primary" icon={Phone} onClick={() => void answer(call, 'person')}>
          {t.answer}
        </Button>
        <Button icon={Bot} onClick={() => void answer(call, 'bot')}>
          {t.answerBot}
        </Button>
        <Button variant="danger" icon={PhoneOff} onClick={() => reject(call, 'decline')}>
          {t.decline}
        </Button>
      </>
    );
  }
  if (ends) {
    return (
      <Button variant="danger" icon={PhoneOff} kbd="shift+mod+h" onClick={leave}>
        {state === 'connected' ? t.hangUp : t.cancelCall}
      </Button>
    );
  }
  const again = (): void => {
    dial({ target: line.remote.uri, codec: 'PCMA', who, account: line.account });
  };
  return (
    <Button icon={Phone} onClick={again}>
      {t.redial}
    </Button>
  );
}
