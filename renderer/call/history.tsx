import { AudioLines, Phone, Trash2, X } from 'lucide-react';
import { memo, useState, type ReactNode } from 'react';
import type { PastCall } from '../../backend/contract/window.ts';
import { useDate } from '../base/hooks.ts';
import { useLanguage, useTexts } from '../base/text.ts';
import { dialField, useDial } from '../state/dial.ts';
import { usePhone } from '../state/phone.ts';
import { openTrace } from '../state/traces.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextInput } from '../ui/field.tsx';
import './call.css';
import { matches } from './completion.ts';
import { Direction } from './direction.tsx';
import { clock } from './figures.ts';
import { clearHistory } from './line-actions.ts';
import { lineText } from './line-text.ts';
import { endWords, when } from './line-words.ts';
import { dial } from './placing.ts';
import { remoteName, shortUri } from './remote.ts';
import { callText } from './text.ts';

/** As many fit without a field to search them. */
const FEW = 8;
const MINUTE_MS = 60_000;

/** Calls of the past over SIP, the newest first. */
export function History(): ReactNode {
  const t = useTexts(lineText);
  const history = usePhone((phone) => phone.history);
  const now = useDate(MINUTE_MS);
  const [sought, setSought] = useState('');
  if (history.length === 0) return <p className="call-nothing">{t.historyEmpty}</p>;
  const found = history.filter(({ line }) => matches(line.remote, sought));
  return (
    <section className="call-history" aria-label={t.history}>
      {history.length > FEW && (
        <div className="call-history-search">
          <TextInput
            type="search"
            value={sought}
            onChange={setSought}
            placeholder={t.searchHistory}
            ariaLabel={t.searchHistory}
          />
        </div>
      )}
      <ul>
        {found.map((past) => (
          <Past key={past.line.call} past={past} now={now} />
        ))}
      </ul>
      {found.length === 0 && <p className="call-nothing">{t.nobodyFound}</p>}
      <Clear />
    </section>
  );
}

interface PastProps {
  readonly past: PastCall;
  readonly now: number;
}

/** The name fills the dial field; what calls at once says so. */
const Past = memo(function Past({ past, now }: PastProps): ReactNode {
  const t = useTexts(lineText);
  const { language } = useLanguage();
  const { line, trace } = past;
  const { call, direction, answeredAt, endedAt, end, account, startedAt, remote } = line;
  const name = remoteName(line);
  const missed = end?.missed ?? false;
  const length = answeredAt !== null && endedAt !== null ? clock(endedAt - answeredAt) : null;
  const again = (): void => {
    const { who, codec } = useDial.getState();
    dial({ target: remote.uri, codec, who, account });
  };
  return (
    <li className="call-past">
      <button
        type="button"
        className="call-past-who"
        title={t.dial(shortUri(remote.uri))}
        onClick={() => dialField(shortUri(remote.uri))}
      >
        <Direction direction={direction} missed={missed} />
        <span className={missed ? 'call-row-name call-missed' : 'call-row-name'}>{name}</span>
        <time className="call-past-when tabular" dateTime={new Date(startedAt).toISOString()}>
          {when(startedAt, now, language, t)}
        </time>
        <span className="call-past-what">
          {[account, length ?? (end && endWords(end, t))].filter(Boolean).join(' · ')}
        </span>
      </button>
      <span className="call-past-actions">
        <IconButton icon={Phone} label={t.callBack(name)} onClick={again} />
        {trace !== null && (
          <IconButton icon={AudioLines} label={t.traceOf(name)} onClick={() => void openTrace(trace)} />
        )}
        <IconButton icon={X} label={t.forget(name)} onClick={() => clearHistory(call)} />
      </span>
    </li>
  );
});

/** Asks once more, in its place. */
function Clear(): ReactNode {
  const t = useTexts(lineText);
  const call = useTexts(callText);
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <div className="call-history-clear">
        <Button variant="quiet" icon={Trash2} onClick={() => setAsking(true)}>
          {t.clearHistory}
        </Button>
      </div>
    );
  }
  const clear = (): void => {
    clearHistory(null);
    setAsking(false);
  };
  return (
    <div className="call-history-clear" role="group" aria-label={t.clearHistory}>
      <p>{t.clearQuestion}</p>
      <Button variant="danger" icon={Trash2} onClick={clear}>
        {t.clear}
      </Button>
      <Button variant="quiet" onClick={() => setAsking(false)}>
        {call.cancel}
      </Button>
    </div>
  );
}
