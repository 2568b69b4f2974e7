import { Bot, MessagesSquare } from 'lucide-react';
import type { ReactNode } from 'react';
import { create } from 'zustand';
import type { Conversation } from '../../backend/fold/types.ts';
import { useTexts } from '../base/text.ts';
import { BotPanel } from '../bot/bot-panel.tsx';
import { useCalls } from '../state/calls.ts';
import { Tabs } from '../ui/tabs.tsx';
import './call.css';
import { ConversationView } from './conversation-view.tsx';
import { callText } from './text.ts';

type Tab = 'conversation' | 'bot';

/** Stays when the person goes to another screen and back. */
const useSide = create<{ readonly chosen: Tab | null }>(() => ({ chosen: null }));

export function showSide(chosen: Tab): void {
  useSide.setState({ chosen });
}

/** Beside the lanes: what was said, and the bot that says it. */
export function SidePane({ id }: { readonly id: string | null }): ReactNode {
  const t = useTexts(callText);
  const { chosen } = useSide();
  const tab = chosen ?? (id === null ? 'bot' : 'conversation');
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
