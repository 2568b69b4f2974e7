import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { lanesText } from '../lanes/text.ts';
import { hasBot } from './legs.ts';
import { useCallFacts, type CallFacts } from './shown.ts';
import { callText } from './text.ts';

type StateName = CallFacts['turnState'] | 'held' | 'takenOver' | 'connected' | 'ended';

/** What a call is doing, as a word in its colour. */
export function CallState({ id }: { readonly id: string }): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  const facts = useCallFacts(id);
  if (!facts) return null;
  const state = stateOf(facts);
  return (
    <span className="call-state" data-state={state}>
      {{ ...lanes, ...t }[state]}
    </span>
  );
}

function stateOf(facts: CallFacts): StateName {
  if (facts.state === 'ended') return 'ended';
  if (facts.takenOver) return 'takenOver';
  if (facts.held) return 'held';
  return hasBot(facts) ? facts.turnState : 'connected';
}
