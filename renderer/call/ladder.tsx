import { ArrowLeft, ArrowRight, Copy } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react';
import { textsNow, useTexts } from '../base/text.ts';
import { attempt } from '../state/app.ts';
import { closeMessages, openMessages, usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import './call.css';
import { ladderText } from './ladder-text.ts';
import { rungsOf, type LadderMessage, type Rung } from './ladder-rungs.ts';

const NOTHING: readonly LadderMessage[] = [];

/** Of a call going on or just ended; grows with what is said. */
export function LadderOfCall({ call }: { readonly call: string }): ReactNode {
  const messages = usePhone((phone) => phone.messages.get(call) ?? NOTHING);
  useEffect(() => {
    void attempt(textsNow(ladderText).notRead, () => openMessages(call));
    return () => closeMessages(call);
  }, [call]);
  return <Ladder messages={messages} />;
}

/** Who said what over SIP, and when; each message can be opened and copied. */
export function Ladder({ messages }: { readonly messages: readonly LadderMessage[] }): ReactNode {
  const t = useTexts(ladderText);
  const rungs = useMemo(() => rungsOf(messages), [messages]);
  if (rungs.length === 0) return <p className="call-nothing">{t.none}</p>;
  return (
    <div className="call-ladder">
      <div className="call-ladder-ends" aria-hidden>
        <span>{t.us}</span>
        <span>{t.them}</span>
      </div>
      <ol aria-label={t.messages}>
        {rungs.map((rung, index) => (
          <RungItem key={`${index} ${rung.message.at}`} rung={rung} />
        ))}
      </ol>
    </div>
  );
}

function RungItem({ rung: { message, title, afterMs } }: { readonly rung: Rung }): ReactNode {
  const t = useTexts(ladderText);
  const [open, setOpen] = useState(false);
  const body = useId();
  const { direction, repeated } = message;
  const Arrow = direction === 'out' ? ArrowRight : ArrowLeft;
  return (
    <li className={`call-rung call-rung-${direction}`}>
      <button
        type="button"
        className="call-rung-head"
        aria-expanded={open}
        aria-controls={body}
        onClick={() => setOpen(!open)}
      >
        <span className="tabular call-faint">{t.seconds((afterMs / 1000).toFixed(3))}</span>
        <span className="call-rung-arrow">
          <Arrow className="ui-icon" role="img" aria-label={direction === 'out' ? t.sent : t.received} />
          <span className="mono call-rung-title">{title}</span>
        </span>
        {repeated && (
          <span title={t.repeatedTitle}>
            <Badge tone="warning">{t.repeated}</Badge>
          </span>
        )}
      </button>
      <div id={body}>{open && <Whole message={message} />}</div>
    </li>
  );
}

function Whole({ message }: { readonly message: LadderMessage }): ReactNode {
  const t = useTexts(ladderText);
  const text = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const { direction, transport, local, remote } = message;
  const [from, to] = direction === 'out' ? [local, remote] : [remote, local];
  return (
    <div className="call-rung-whole">
      <p className="call-faint">
        {transport.toUpperCase()} {from} → {to}
      </p>
      <pre ref={text} className="mono" data-selectable>
        {message.text}
      </pre>
      <div className="call-rung-copy">
        <Button icon={Copy} onClick={() => setCopied(copy(text.current))}>
          {t.copy}
        </Button>
        <span role="status">{copied !== null && (copied ? t.copied : t.notCopied)}</span>
      </div>
    </div>
  );
}

/** By selection: the window has no permission for the clipboard itself. */
function copy(element: HTMLElement | null): boolean {
  const selection = getSelection();
  if (element === null || selection === null) return false;
  selection.selectAllChildren(element);
  return document.execCommand('copy');
}
