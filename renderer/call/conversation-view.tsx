import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Conversation } from '../../backend/fold/types.ts';
import { useTexts } from '../base/text.ts';
import { Button } from '../ui/button.tsx';
import './call.css';
import { ConversationEntry } from './conversation-entry.tsx';
import { callText } from './text.ts';

/** How near to its end a conversation counts as read to its end, px. */
const NEAR_PX = 24;

interface ConversationViewProps {
  readonly items: Conversation;
  /** Whether more is to come: it stays at its end while it grows, unless the person scrolls back. */
  readonly live: boolean;
  /** Key of the entry that is being heard; it is kept in sight. */
  readonly current?: string | null;
}

/** A call's conversation as text. */
export function ConversationView({ items, live, current = null }: ConversationViewProps): ReactNode {
  const t = useTexts(callText);
  const pane = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const follows = useRef(live);

  useEffect(() => {
    if (!pane.current || !list.current) return undefined;
    const keepAtEnd = new ResizeObserver(() => {
      if (follows.current) toEnd(pane.current);
    });
    keepAtEnd.observe(list.current);
    keepAtEnd.observe(pane.current);
    return () => keepAtEnd.disconnect();
  }, []);

  useEffect(() => {
    if (current !== null) list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const scrolled = (): void => {
    const end = isAtEnd(pane.current);
    follows.current = live && end;
    setAtEnd(end);
  };
  return (
    <div className="call-conversation">
      <div
        ref={pane}
        className="call-scroll"
        onScroll={scrolled}
        tabIndex={0}
        aria-label={t.conversation}
        role="region"
      >
        <ol ref={list}>
          {items.map((item) => (
            <ConversationEntry key={item.key} item={item} current={item.key === current} />
          ))}
        </ol>
        {items.length === 0 && <p className="call-nothing">{t.nothingSaid}</p>}
      </div>
      {live && !atEnd && (
        <div className="call-latest">
          <Button icon={ArrowDown} onClick={() => toEnd(pane.current)}>
            {t.latest}
          </Button>
        </div>
      )}
      <p className="unseen" aria-live="polite">
        {live && lastWords(items, t)}
      </p>
    </div>
  );
}

function isAtEnd(pane: HTMLElement | null): boolean {
  return pane === null || pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_PX;
}

function toEnd(pane: HTMLElement | null): void {
  pane?.scrollTo({ top: pane.scrollHeight });
}

/** What was said last and is not going to change, for a screen reader to say. */
function lastWords(items: Conversation, t: typeof callText.en): string {
  const last = items.findLast(
    (item) =>
      (item.kind === 'caller' && (item.state === 'final' || item.state === 'noted')) ||
      (item.kind === 'bot' && (item.state === 'said' || item.state === 'interrupted')),
  );
  if (last?.kind === 'caller') return `${t.caller}: ${last.text}`;
  return last?.kind === 'bot' ? `${t.bot}: ${last.text}` : '';
}
