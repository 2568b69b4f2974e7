import { useDeferredValue, useState, type ReactNode } from 'react';
import type { LoggedMessage } from '../../../backend/contract/events.ts';
import type { ModelRequest, Inspection, Utterance } from '../../../backend/fold/inspect.ts';
import { useTexts } from '../../base/text.ts';
import { moment } from '../../call/figures.ts';
import { milliseconds } from '../../lanes/figures.ts';
import { Badge } from '../../ui/panel.tsx';
import { indexAt } from './near.ts';
import { inspectText } from './text.ts';

interface ModelPaneProps {
  readonly inspection: Inspection;
  readonly cursorMs: number;
  readonly onSeek: (ms: number) => void;
}

/** The exact requests to the model and its replies; the one under the cursor is open. */
export function ModelPane({ inspection, cursorMs, onSeek }: ModelPaneProps): ReactNode {
  const t = useTexts(inspectText);
  const { requests, utterances } = inspection;
  const current = indexAt(requests, useDeferredValue(cursorMs));
  if (requests.length === 0) return <p className="inspect-nothing">{t.noModel}</p>;
  return (
    <ol className="inspect-list">
      {requests.map((request, index) => (
        <li key={`${request.generation}-${request.round}`}>
          <RequestHead request={request} current={index === current} onSeek={onSeek} />
          {index === current && (
            <RequestBody
              request={request}
              shared={sharedWith(requests[index - 1], request)}
              utterance={utterances.find(({ generation }) => generation === request.generation) ?? null}
            />
          )}
        </li>
      ))}
    </ol>
  );
}

interface HeadProps {
  readonly request: ModelRequest;
  readonly current: boolean;
  readonly onSeek: (ms: number) => void;
}

function RequestHead({ request, current, onSeek }: HeadProps): ReactNode {
  const t = useTexts(inspectText);
  const { generation, round, at, tokens, firstTokenMs, tookMs, discarded, reply } = request;
  return (
    <button
      type="button"
      className="inspect-row"
      aria-expanded={current}
      onClick={() => onSeek(at)}
      title={reply}
    >
      <span className="inspect-at tabular">{moment(at)}</span>
      <span className="inspect-name">
        {t.generation(generation)}
        {round > 0 && `, ${t.round(round + 1)}`}
      </span>
      {discarded && <Badge tone="dim">{t.discarded}</Badge>}
      <span className="inspect-figures tabular">
        {[
          t.tokens(tokens),
          firstTokenMs === null ? null : t.first(milliseconds(firstTokenMs)),
          tookMs === null ? null : t.took(milliseconds(tookMs)),
        ]
          .filter((figure) => figure !== null)
          .join(' · ')}
      </span>
    </button>
  );
}

interface BodyProps {
  readonly request: ModelRequest;
  /** Leading messages that the request before had as well. */
  readonly shared: number;
  readonly utterance: Utterance | null;
}

function RequestBody({ request, shared, utterance }: BodyProps): ReactNode {
  const t = useTexts(inspectText);
  const [all, setAll] = useState(false);
  const { messages, model, temperature, maxTokens, reply, tools } = request;
  const hidden = all ? 0 : shared;
  return (
    <div className="inspect-detail">
      <h3>{t.request}</h3>
      <p className="inspect-dim">
        {model}, {t.sampling(temperature, maxTokens)}
      </p>
      {hidden > 0 && (
        <button type="button" className="inspect-more" onClick={() => setAll(true)}>
          {t.earlier(hidden)}
        </button>
      )}
      {messages.slice(hidden).map((message, index) => (
        <Message key={hidden + index} message={message} />
      ))}
      <h3>{t.reply}</h3>
      <p className="inspect-text">{reply}</p>
      {tools.map((tool, index) => (
        <p key={index} className="inspect-text">
          <Badge tone="system">{t.calls(tool.name)}</Badge> <code>{tool.arguments}</code>{' '}
          {tool.ok === false && <Badge tone="danger">{t.failed}</Badge>}
          {tool.tookMs !== null && <span className="inspect-dim">{t.took(milliseconds(tool.tookMs))}</span>}
        </p>
      ))}
      {utterance !== null && utterance.unheard !== '' && (
        <p className="inspect-text">
          <Badge tone="warning">{t.unheard}</Badge> <s>{utterance.unheard}</s>
        </p>
      )}
    </div>
  );
}

const TONES = { system: 'system', user: 'caller', assistant: 'bot', tool: 'dim' } as const;

function Message({ message }: { readonly message: LoggedMessage }): ReactNode {
  const t = useTexts(inspectText);
  const { role, content, tool_calls: calls = [] } = message;
  return (
    <div className="inspect-message">
      <Badge tone={TONES[role]}>{t[role]}</Badge>
      <pre className="inspect-pre">
        {content}
        {calls
          .map(({ name, arguments: given }) => `${content === '' ? '' : '\n'}${name}(${given})`)
          .join('\n')}
      </pre>
    </div>
  );
}

/** How many leading messages two requests share: the fold keeps those as they are. */
function sharedWith(before: ModelRequest | undefined, { messages }: ModelRequest): number {
  const other = messages.findIndex((message, index) => message !== before?.messages[index]);
  return other < 0 ? messages.length : other;
}
