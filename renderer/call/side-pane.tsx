import { ArrowRightLeft, Bot, MessagesSquare } from 'lucide-react';
import type { ReactNode } from 'react';
import { create } from 'zustand';
import type { Conversation } from '../../backend/fold/types.ts';
import { useTexts } from '../base/text.ts';
import { BotPanel } from '../bot/bot-panel.tsx';
import { useCalls } from '../state/calls.ts';
import { Tabs } from '../ui/tabs.tsx';
import './call.css';
import { ConversationView } from './conversation-view.tsx';
import { ladderText } from './ladder-text.ts';
import { LadderOfCall } from './ladder.tsx';
import { useLine } from './shown.ts';
import { callText } from './text.ts';

type Tab = 'conversation' | 'bot' | 'sip';

/** Stays when the person goes to another screen and back. */
const useSide = create<{ readonly chosen: Tab | null }>(() => ({ chosen: null }));

export function showSide(chosen: Tab): void {
  useSide.setState({ chosen });
}

interface SidePaneProps {
  /** The leg on show; null: there is no audio yet. */
  readonly id: string | null;
  /** Whose SIP messages there may be. */
  readonly line: string | null;
}

/** Beside the lanes: what was said, the bot that says it, and what SIP said. */
export function SidePane({ id, line }: SidePaneProps): ReactNode {
  const t = useTexts(callText);
  const ladder = useTexts(ladderText);
  const { chosen } = useSide();
  const sip = useLine(line)?.call ?? null;
  const usual = id === null ? 'bot' : 'conversation';
  const tab = chosen === 'sip' && sip === null ? usual : (chosen ?? usual);
  return (
    <aside className="call-side" aria-label={t.side}>
      <div className="call-side-tabs" data-tour="prompt">
        <Tabs
          value={tab}
          onChange={showSide}
          label={t.side}
          items={[
            { value: 'conversation', label: t.conversation, icon: MessagesSquare },
            { value: 'bot', label: t.bot, icon: Bot },
            ...(sip === null ? [] : [{ value: 'sip' as const, label: ladder.sip, icon: ArrowRightLeft }]),
          ]}
        />
      </div>
      {tab === 'conversation' && (
        <div className="call-side-body" role="tabpanel" aria-label={t.conversation}>
          {id === null ? (
            <p className="call-nothing">{t.nothingSaid}</p>
          ) : (
            <ConversationOfCall key={id} id={id} />
          )}
        </div>
      )}
      {tab === 'sip' && sip !== null && (
        <div className="call-side-body" role="tabpanel" aria-label={ladder.sip}>
          <LadderOfCall key={sip} call={sip} />
        </div>
      )}
      {/* Stays while the conversation is on show: a prompt half written must not get lost. */}
      <div className="call-side-body" role="tabpanel" aria-label={t.bot} hidden={tab !== 'bot'}>
        <BotOfCall id={id} />
      </div>
    </aside>
  );
}

const NOTHING: Conversation = [];

function ConversationOfCall({ id }: { readonly id: string }): ReactNode {
  const items = useCalls(({ calls }) => calls.get(id)?.conversation ?? NOTHING);
  return <ConversationView items={items} live />;
}

function BotOfCall({ id }: { readonly id: string | null }): ReactNode {
  const call = useCalls(({ calls }) => (id === null ? null : (calls.get(id) ?? null)));
  return <BotPanel call={call} />;
}
