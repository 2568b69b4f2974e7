import { AudioLines, Mic, PhoneOutgoing } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Request } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { Button } from '../ui/button.tsx';
import { Select, TextInput } from '../ui/field.tsx';
import './call.css';
import { dial, placeDemo, placeTalk, useBusy } from './placing.ts';
import { parseTarget, type TargetProblem } from './target.ts';
import { callText } from './text.ts';

type Who = Request<'call.place'>['who'];
type Codec = Request<'call.place'>['codec'];

const CODECS = [
  { value: 'PCMU', label: 'PCMU' },
  { value: 'PCMA', label: 'PCMA' },
] as const;

/** One field and one button place a call; beside them, the two that need no address. */
export function DialBar(): ReactNode {
  const t = useTexts(callText);
  const [typed, setTyped] = useState('');
  const [who, setWho] = useState<Who>('bot');
  const [codec, setCodec] = useState<Codec>('PCMU');
  const [problem, setProblem] = useState<TargetProblem | null>(null);
  const dialBusy = useBusy('dial');
  const demoBusy = useBusy('demo');
  const talkBusy = useBusy('talk');

  const call = (): void => {
    const target = parseTarget(typed);
    setProblem(target.ok ? null : target.problem);
    if (target.ok) dial({ target: target.target, codec, who });
  };
  const type = (value: string): void => {
    setTyped(value);
    setProblem(null);
  };

  return (
    <section className="call-dial" aria-label={t.dial}>
      <form className="call-dial-form" onSubmit={(event) => event.preventDefault()}>
        <div className="call-dial-target">
          <TextInput
            value={typed}
            onChange={type}
            onSubmit={call}
            placeholder={t.targetPlaceholder}
            ariaLabel={t.target}
            invalid={problem !== null}
            mono
          />
        </div>
        <Select
          value={who}
          onChange={setWho}
          ariaLabel={t.who}
          options={[
            { value: 'bot', label: t.whoBot },
            { value: 'person', label: t.whoPerson },
            { value: 'script', label: t.whoScript },
          ]}
        />
        <Select value={codec} onChange={setCodec} ariaLabel={t.codec} options={CODECS} />
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
          {PROBLEMS[problem](t)}
        </p>
      )}
    </section>
  );
}

const PROBLEMS: Readonly<Record<TargetProblem, (t: typeof callText.en) => string>> = {
  empty: (t) => t.targetEmpty,
  scheme: (t) => t.targetScheme,
  host: (t) => t.targetHost,
  port: (t) => t.targetPort,
};
