import { Check, LoaderCircle, Wrench, X } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { unreachable } from '../../backend/base/errors.ts';
import type { ConversationItem } from '../../backend/fold/types.ts';
import { useTexts } from '../base/text.ts';
import { milliseconds } from '../lanes/figures.ts';
import { lanesText } from '../lanes/text.ts';
import { Badge } from '../ui/panel.tsx';
import './call.css';
import { moment } from './figures.ts';
import { lookAt } from './look.ts';
import { noteText } from './note-text.ts';
import { noteOf } from './notes.ts';
import { callText } from './text.ts';
import { TurnWait } from './turn-wait.tsx';

type Item<Kind extends ConversationItem['kind']> = Extract<ConversationItem, { kind: Kind }>;

interface ItemProps<Kind extends ConversationItem['kind']> {
  readonly item: Item<Kind>;
  readonly current: boolean;
}

/** One entry of a conversation. Drawn anew only when it has changed: folds keep the others as they are. */
export const ConversationEntry = memo(function ConversationEntry({
  item,
  current,
}: {
  readonly item: ConversationItem;
  /** Whether it is being heard from the recording. */
  readonly current: boolean;
}): ReactNode {
  switch (item.kind) {
    case 'caller':
      return <CallerEntry item={item} current={current} />;
    case 'bot':
      return <BotEntry item={item} current={current} />;
    case 'person':
      return <PersonEntry item={item} current={current} />;
    case 'keys':
      return <KeysEntry item={item} />;
    case 'note':
      return <NoteEntry item={item} />;
    default:
      return unreachable(item);
  }
});

interface EntryProps {
  readonly who: 'caller' | 'bot' | 'person';
  readonly name: string;
  readonly at: number;
  /** Where the lanes are to jump, if not to `at`. */
  readonly place?: number | undefined;
  readonly mark?: ReactNode;
  readonly current: boolean;
  readonly children: ReactNode;
}

/** Who, when, what. Its head is a button that shows the place on the lanes. */
function Entry({ who, name, at, place = at, mark, current, children }: EntryProps): ReactNode {
  const t = useTexts(callText);
  return (
    <li className={`call-entry call-entry-${who}`} aria-current={current ? 'location' : undefined}>
      <button type="button" className="call-entry-head" title={t.showOnLanes} onClick={() => lookAt(place)}>
        <span className="call-entry-who">{name}</span>
        {mark}
        <span className="call-entry-at">{moment(at)}</span>
      </button>
      {children}
    </li>
  );
}

function CallerEntry({ item, current }: ItemProps<'caller'>): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  const { at, text, pieces, state, turn } = item;
  const whole = state === 'final' || state === 'noted' || pieces.length === 0;
  const mark =
    state === 'noted' ? (
      <Badge tone="dim">{t.notedOnly}</Badge>
    ) : (
      turn === 0 && state === 'final' && <Badge tone="dim">{t.saidOver}</Badge>
    );
  return (
    <Entry who="caller" name={t.caller} at={at} mark={mark} current={current}>
      <p className="call-entry-text" data-selectable>
        {whole
          ? text
          : pieces.map((piece, index) => (
              <span key={`${piece.request}-${index}`} className={piece.final ? undefined : 'call-partial'}>
                {piece.text}{' '}
              </span>
            ))}
        {state === 'speaking' && <Pending label={lanes.speaking} />}
        {state === 'recognising' && text === '' && <Pending label={t.recognising} />}
      </p>
    </Entry>
  );
}

function BotEntry({ item, current }: ItemProps<'bot'>): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  const { at, text, unheard, state, tools, waterfall } = item;
  const heard = unheard === '' ? text : text.slice(0, text.length - unheard.length);
  const mark = state === 'interrupted' && <Badge tone="danger">{lanes.interrupted}</Badge>;
  const place = waterfall ? (waterfall.from + waterfall.to) / 2 : at;
  return (
    <Entry who="bot" name={t.bot} at={at} place={place} mark={mark} current={current}>
      {tools.map((tool, index) => (
        <ToolLine key={`${tool.name}-${index}`} tool={tool} />
      ))}
      <p className="call-entry-text" data-selectable>
        {heard}
        {unheard !== '' && (
          <s className="call-unheard">
            <span className="unseen">{t.notHeard} </span>
            {unheard}
          </s>
        )}
        {state === 'thinking' && <Pending label={lanes.thinking} />}
      </p>
      {waterfall && <TurnWait waterfall={waterfall} />}
    </Entry>
  );
}

function ToolLine({ tool }: { readonly tool: Item<'bot'>['tools'][number] }): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  const Outcome = tool.ok === null ? LoaderCircle : tool.ok ? Check : X;
  const outcome = tool.ok === null ? t.toolRuns : tool.ok ? t.toolDone : t.toolFailed;
  return (
    <p className={tool.ok === false ? 'call-tool call-tool-failed' : 'call-tool'}>
      <Wrench className="ui-icon" aria-hidden />
      <span className="mono">{tool.name}</span>
      <Outcome className="ui-icon" aria-label={outcome} role="img" />
      {tool.tookMs !== null && <span className="tabular">{lanes.ms(milliseconds(tool.tookMs))}</span>}
    </p>
  );
}

function PersonEntry({ item, current }: ItemProps<'person'>): ReactNode {
  const t = useTexts(callText);
  return (
    <Entry
      who="person"
      name={t.person}
      at={item.at}
      mark={<Badge tone="system">{t.inItsPlace}</Badge>}
      current={current}
    >
      <p className="call-entry-text" data-selectable>
        {item.text}
      </p>
    </Entry>
  );
}

function KeysEntry({ item }: { readonly item: Item<'keys'> }): ReactNode {
  const t = useTexts(callText);
  return (
    <li className="call-note call-note-system">
      <span className="call-note-text">
        {item.by === 'caller' ? t.callerPressed : t.wePressed} <kbd className="ui-kbd">{item.digits}</kbd>
      </span>
      <At ms={item.at} />
    </li>
  );
}

function NoteEntry({ item }: { readonly item: Item<'note'> }): ReactNode {
  const { tone, text } = noteOf(item.event, useTexts(noteText));
  return (
    <li className={`call-note call-note-${tone}`}>
      <span className="call-note-text" data-selectable>
        {text}
      </span>
      <At ms={item.at} />
    </li>
  );
}

function At({ ms }: { readonly ms: number }): ReactNode {
  const t = useTexts(callText);
  return (
    <button type="button" className="call-note-at" title={t.showOnLanes} onClick={() => lookAt(ms)}>
      {moment(ms)}
    </button>
  );
}

/** Three dots: more is to come. */
function Pending({ label }: { readonly label: string }): ReactNode {
  return <span className="call-pending" role="img" aria-label={label} />;
}
