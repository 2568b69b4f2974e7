import { useMemo, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { useCalls } from '../state/calls.ts';
import './call.css';
import { statsText } from './line-stats-text.ts';
import { oneWayNow, statRows } from './line-stats-rows.ts';
import { noteText } from './note-text.ts';
import { noteOf } from './notes.ts';

/** How well a call's audio comes, and what to look at where it comes one way only. */
export function LineStats({ id }: { readonly id: string }): ReactNode {
  const t = useTexts(statsText);
  const notes = useTexts(noteText);
  const quality = useCalls(({ calls }) => calls.get(id)?.quality ?? null);
  const conversation = useCalls(({ calls }) => calls.get(id)?.conversation ?? null);
  const oneWay = useMemo(() => (conversation ? oneWayNow(conversation) : null), [conversation]);
  if (!quality) return <p>{t.none}</p>;
  return (
    <div className="call-stats" data-selectable>
      <h2>{t.title}</h2>
      {oneWay && <p className="call-stats-one-way">{noteOf(oneWay, notes).text}</p>}
      <dl>
        {statRows(quality, t).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="tabular">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
