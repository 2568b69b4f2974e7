import { MessagesSquare, PhoneForwarded } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { LineView } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { Button } from '../ui/button.tsx';
import './call.css';
import { openTool } from './controls.ts';
import { talkFirst, transfer } from './line-actions.ts';
import { lineText } from './line-text.ts';
import { TargetField } from './target-field.tsx';
import { targetProblem } from './target-text.ts';
import { parseSipTarget, type TargetProblem } from './target.ts';
import { callText } from './text.ts';

/** Hands a call over: at once, or after a word with whom it goes to. */
export function TransferForm({ line }: { readonly line: LineView }): ReactNode {
  const t = useTexts(lineText);
  const calls = useTexts(callText);
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<TargetProblem | null>(null);
  const [busy, setBusy] = useState<'now' | 'first' | null>(null);

  const hand = async (how: 'now' | 'first'): Promise<void> => {
    const target = parseSipTarget(typed);
    setProblem(target.ok ? null : target.problem);
    if (!target.ok || busy !== null) return;
    setBusy(how);
    const done = await (how === 'now' ? transfer(line.call, target.target) : talkFirst(line, target.target));
    setBusy(null);
    if (done) openTool(null);
  };
  const type = (value: string): void => {
    setTyped(value);
    setProblem(null);
  };
  return (
    <div className="call-words call-transfer" role="group" aria-label={t.transfer}>
      <TargetField
        value={typed}
        onChange={type}
        onSubmit={() => void hand('now')}
        label={t.transferTo}
        placeholder={t.transferPlaceholder}
        invalid={problem !== null}
        asked={1}
      />
      <Button
        variant="primary"
        icon={PhoneForwarded}
        title={t.transferNowTitle}
        busy={busy === 'now'}
        onClick={() => void hand('now')}
      >
        {t.transferNow}
      </Button>
      <Button
        icon={MessagesSquare}
        title={t.talkFirstTitle}
        busy={busy === 'first'}
        onClick={() => void hand('first')}
      >
        {t.talkFirst}
      </Button>
      <Button variant="quiet" onClick={() => openTool(null)}>
        {calls.cancel}
      </Button>
      {problem && (
        <p className="call-dial-problem" role="alert">
          {targetProblem(problem, calls)}
        </p>
      )}
    </div>
  );
}
