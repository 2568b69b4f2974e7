import type { ReactNode } from 'react';
import { spokenFacts } from '../../backend/fold/describe.ts';
import { useTexts } from '../base/text.ts';
import type { LanesData, Stretch } from './data.ts';
import { decibels, milliseconds, seconds } from './figures.ts';
import type { LaneName } from './layout.ts';
import { exactTime } from './ruler.ts';
import type { Hover } from './scene.ts';
import { lanesText, sidesOf } from './text.ts';

type Words = ReturnType<typeof useTexts<typeof lanesText.en>>;
type Row = readonly [name: string, value: string];

interface HoverCardProps {
  readonly hover: Hover;
  /** CSS pixels of the canvas. */
  readonly width: number;
  readonly height: number;
}

/** Exact values under the pointer, on whichever side of it there is room. */
export function HoverCard({ hover, width, height }: HoverCardProps): ReactNode {
  const t = useTexts(lanesText);
  const { x, y } = hover;
  return (
    <div
      className="lanes-card"
      style={{
        ...(x > width / 2 ? { right: width - x } : { left: x }),
        ...(y > height / 2 ? { bottom: height - y } : { top: y }),
      }}
      aria-hidden
    >
      <div className="lanes-card-time mono">{exactTime(hover.reading.at)}</div>
      <dl>
        {rowsOf(hover, t).map(([name, value]) => (
          <div key={name} className="lanes-card-row">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** What the lane under the pointer shows, then what goes with every lane. */
function rowsOf({ lane, reading }: Hover, t: Words): readonly Row[] {
  const rows = new Map<string, string>();
  const { state } = reading;
  for (const [name, value] of laneRows(lane, reading, t)) rows.set(name, value);
  if (state && lane !== 'states') rows.set(t.states, t[state.state]);
  if (reading.mark) rows.set(t.mark, reading.mark.label);
  return [...rows];
}

function laneRows(lane: LaneName | null, reading: Hover['reading'], t: Words): readonly Row[] {
  const { probability, callerDb, botDb, state, text, token, bot, wait, stage, jitterMs, lost, late } =
    reading;
  const level = (db: number | null): Row => [t.level, db === null ? t.silence : t.db(decibels(db))];
  switch (lane) {
    case 'caller':
      return [
        level(callerDb),
        ...(probability === null ? [] : [[t.probability, probability.toFixed(2)] as const]),
        ...(text ? [[t.words, text.text] as const] : []),
      ];
    case 'states':
      return state ? [[t[state.state], t.seconds(seconds((state.to ?? reading.at) - state.from))]] : [];
    case 'words':
      return text
        ? [
            [t.words, text.text],
            [t.turn(text.turn), t.seconds(seconds(text.to - text.from))],
          ]
        : [];
    case 'tokens':
      return token ? [[t.token, `“${token.text}”${token.discarded ? ` · ${t.discarded}` : ''}`]] : [];
    case 'bot':
      return [
        level(botDb),
        ...(bot ? [[t.words, bot.text] as const] : []),
        ...(bot && bot.unheard !== '' ? [[t.unheard, bot.unheard] as const] : []),
      ];
    case 'network':
      return [
        ...(jitterMs === null ? [] : [[t.jitter, t.ms(jitterMs.toFixed(1))] as const]),
        [t.lost, String(lost)],
        [t.late, String(late)],
      ];
    case 'waits':
      return wait && stage
        ? [
            [t[stage.key], t.ms(milliseconds(stage.ms))],
            [t.wait, t.ms(milliseconds(wait.totalMs))],
          ]
        : [];
    default:
      return [];
  }
}

/** Mean level of each side in [from, to) ms, dBFS; null: silence, or unknown. */
export type LevelsOf = (
  from: number,
  to: number,
) => { readonly callerDb: number | null; readonly botDb: number | null };

interface SelectionProps {
  readonly selection: Stretch;
  readonly data: Readonly<LanesData>;
  readonly levels: LevelsOf | null;
}

/** What there is in the selected stretch. */
export function Selection({ selection, data, levels }: SelectionProps): ReactNode {
  const t = useTexts(lanesText);
  const { from, to } = selection;
  const sides = sidesOf(t, data.ourSide);
  const facts = spokenFacts(data.timeline, data.tracks, from, to);
  const level = (db: number | null): string => (db === null ? t.silence : t.db(decibels(db)));
  const rows: Row[] = [];
  if (levels) {
    const { callerDb, botDb } = levels(from, to);
    rows.push([t.sideLevel(sides.caller), level(callerDb)], [t.sideLevel(sides.bot), level(botDb)]);
  }
  rows.push(
    [t.sidePeak(sides.caller), level(facts.callerPeakDb)],
    [t.sidePeak(sides.bot), level(facts.botPeakDb)],
  );
  if (facts.callerSpeechMs > 0)
    rows.push([t.sideSpoke(sides.caller), t.seconds(seconds(facts.callerSpeechMs))]);
  if (facts.botSpeechMs > 0) rows.push([t.sideSpoke(sides.bot), t.seconds(seconds(facts.botSpeechMs))]);
  if (facts.worstLatencyMs !== null) rows.push([t.worstWait, t.ms(milliseconds(facts.worstLatencyMs))]);
  if (facts.turns > 0) rows.push([t.turns, String(facts.turns)]);
  if (facts.interruptions > 0) rows.push([t.interruptions, String(facts.interruptions)]);
  if (facts.jitterMs !== null) rows.push([t.jitter, t.ms(facts.jitterMs.toFixed(1))]);
  if (facts.lostPackets > 0) rows.push([t.lost, String(facts.lostPackets)]);
  if (facts.latePackets > 0) rows.push([t.late, String(facts.latePackets)]);
  return (
    <dl className="lanes-facts" data-selectable>
      <div className="lanes-fact lanes-fact-span">
        <dt className="mono">{`${exactTime(from)} – ${exactTime(to)}`}</dt>
        <dd>{to - from < 1000 ? t.ms(milliseconds(to - from)) : t.seconds(seconds(to - from))}</dd>
      </div>
      {rows.map(([name, value]) => (
        <div key={name} className="lanes-fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
