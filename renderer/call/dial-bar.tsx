import { AudioLines, Mic, PhoneOutgoing } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { chooseAccount, useAccountToCall, useDial } from '../state/dial.ts';
import { usableAccounts, usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import { Select } from '../ui/field.tsx';
import './call.css';
import { lineText } from './line-text.ts';
import { dial, placeDemo, placeTalk, useBusy } from './placing.ts';
import { targetProblem } from './target-text.ts';
import { TargetField } from './target-field.tsx';
import { parseTarget, type TargetProblem } from './target.ts';
import { callText } from './text.ts';

const CODECS = [
  { value: 'PCMU', label: 'PCMU' },
  { value: 'PCMA', label: 'PCMA' },
] as const;

/** One field and one button place a call; beside them, the two that need no address. */
export function DialBar(): ReactNode {
  const t = useTexts(callText);
  const lines = useTexts(lineText);
  const { typed, who, codec, asked } = useDial();
  const [refused, setRefused] = useState<{ readonly typed: string; readonly problem: TargetProblem } | null>(
    null,
  );
  // Of what stands there now: a link may have put something else into the field.
  const problem = refused?.typed === typed ? refused.problem : null;
  const accounts = usableAccounts(usePhone((phone) => phone.accounts));
  const account = useAccountToCall(accounts);
  const dialBusy = useBusy('dial');
  const demoBusy = useBusy('demo');
  const talkBusy = useBusy('talk');
  const any = accounts.length > 0;
  const parsed = parseTarget(typed, any);
  // Codecs are negotiated over SIP; raw RTP has to be told.
  const raw = parsed.ok ? parsed.kind === 'rtp' : !any;

  const call = (): void => {
    setRefused(parsed.ok ? null : { typed, problem: parsed.problem });
    if (!parsed.ok) return;
    dial({ target: parsed.target, codec, who, account: parsed.kind === 'sip' ? account : null });
  };

  return (
    <section className="call-dial" aria-label={t.dial}>
      <form className="call-dial-form" onSubmit={(event) => event.preventDefault()}>
        <div className="call-dial-target">
          <TargetField
            value={typed}
            onChange={(value) => useDial.setState({ typed: value })}
            onSubmit={call}
            label={t.target}
            placeholder={any ? t.targetPlaceholderSip : t.targetPlaceholder}
            invalid={problem !== null}
            asked={asked}
          />
        </div>
        <Select
          value={who}
          onChange={(value) => useDial.setState({ who: value })}
          ariaLabel={t.who}
          options={[
            { value: 'bot', label: t.whoBot },
            { value: 'person', label: t.whoPerson },
            { value: 'script', label: t.whoScript },
          ]}
        />
        {raw ? (
          <Select
            value={codec}
            onChange={(value) => useDial.setState({ codec: value })}
            ariaLabel={t.codec}
            options={CODECS}
          />
        ) : (
          account !== null &&
          accounts.length > 1 && (
            <Select
              value={account}
              onChange={chooseAccount}
              ariaLabel={lines.account}
              options={accounts.map(({ name }) => ({ value: name, label: name }))}
            />
          )
        )}
        <Button icon={PhoneOutgoing} onClick={call} busy={dialBusy}>
          {t.call}
        </Button>
      </form>
      <div className="call-dial-quick">
        <span data-tour="demo" title={t.demoTitle}>
          <Button variant="primary" icon={AudioLines} onClick={placeDemo} busy={demoBusy}>
            {t.demo}
          </Button>
        </span>
        <span title={t.talkTitle}>
          <Button icon={Mic} onClick={placeTalk} busy={talkBusy}>
            {t.talk}
          </Button>
        </span>
      </div>
      {problem && (
        <p className="call-dial-problem" role="alert">
          {targetProblem(problem, t)}
        </p>
      )}
    </section>
  );
}
