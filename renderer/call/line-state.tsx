import type { ReactNode } from 'react';
import type { LineView } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { lineText } from './line-text.ts';
import { endWords, lineState } from './line-words.ts';

/** What signalling makes of a call, as a word in its colour; nothing while it simply goes on. */
export function LineState({ line }: { readonly line: LineView }): ReactNode {
  const t = useTexts(lineText);
  const state = lineState(line);
  if (state === null) return null;
  return (
    <span className="call-state" data-state={state}>
      {state === 'over' && line.end ? endWords(line.end, t) : t[state]}
    </span>
  );
}
