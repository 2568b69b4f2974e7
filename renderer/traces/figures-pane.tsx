import { createContext, use, useState, type ReactNode } from 'react';
import {
  MIN_EVENTS_FOR_RATE,
  type NetworkMetrics,
  type TraceMetrics,
} from '../../backend/contract/traces.ts';
import { useTexts } from '../base/text.ts';
import { moment } from '../call/figures.ts';
import { lookAt, point } from '../call/look.ts';
import { milliseconds, seconds } from '../lanes/figures.ts';
import { figureText } from './figure-text.ts';
import { percent } from './figures.ts';
import { SpreadFigure } from './spread.tsx';
import { tracesText } from './text.ts';

/** Says how the figure that is pointed at is counted. */
const Explain = createContext<(about: string | null) => void>(() => undefined);

/** What the call comes to. Every figure says how it is counted. */
export function FiguresPane({ metrics }: { readonly metrics: TraceMetrics }): ReactNode {
  const t = useTexts(figureText);
  const [about, setAbout] = useState<string | null>(null);
  return (
    <Explain value={setAbout}>
      <div className="traces-figures">
        <div className="traces-figures-all">
          <Answers metrics={metrics} />
          <TurnTaking metrics={metrics} />
          <Talk metrics={metrics} />
          <Words metrics={metrics} />
          <Network network={metrics.network} />
        </div>
        <p className="traces-about" aria-live="polite">
          {about ?? t.hint} <span className="traces-faint">{t.version(metrics.version)}</span>
        </p>
      </div>
    </Explain>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <section className="traces-group">
      <h3>{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  /** How it is counted. */
  readonly about: string;
  readonly children: ReactNode;
}

function Figure({ name, about, children }: FigureProps): ReactNode {
  const explain = use(Explain);
  return (
    <div
      className="traces-figure"
      tabIndex={0}
      title={about}
      onPointerEnter={() => explain(about)}
      onFocus={() => explain(about)}
      onPointerLeave={() => explain(null)}
      onBlur={() => explain(null)}
    >
      <dt>{name}</dt>
      <dd className="tabular" data-selectable>
        {children}
      </dd>
    </div>
  );
}

/** A moment that the lanes and the player can be sent to. */
function Place({
  at,
  to,
  children,
}: {
  readonly at: number;
  readonly to?: number;
  readonly children?: ReactNode;
}): ReactNode {
  const t = useTexts(tracesText);
  return (
    <button
      type="button"
      className="traces-place"
      title={t.showPlace}
      onClick={() => lookAt(at)}
      onPointerEnter={() => to !== undefined && point({ from: at, to })}
      onPointerLeave={() => point(null)}
    >
      <span className="mono">{moment(at)}</span>
      {children}
    </button>
  );
}

function Answers({ metrics }: { readonly metrics: TraceMetrics }): ReactNode {
  const t = useTexts(figureText);
  const { wire, engine, residual } = metrics;
  return (
    <Group title={t.answers}>
      <Figure name={t.wire} about={t.wireAbout}>
        <SpreadFigure spread={wire} tone="accent" />
      </Figure>
      <Figure name={t.engine} about={t.engineAbout}>
        <SpreadFigure spread={engine} tone="system" />
      </Figure>
      <Figure name={t.residual} about={t.residualAbout}>
        <SpreadFigure spread={residual} tone="warning" />
      </Figure>
    </Group>
  );
}

function TurnTaking({ metrics }: { readonly metrics: TraceMetrics }): ReactNode {
  const t = useTexts(figureText);
  const lanes = useTexts(tracesText);
  const { bargeIns, callerInterrupted, silences } = metrics;
  const mistaken = bargeIns.filter((bargeIn) => bargeIn.false).length;
  return (
    <Group title={t.turnTaking}>
      <Figure name={t.bargeIns} about={t.bargeInsAbout}>
        {bargeIns.length === 0 && t.none}
        {bargeIns.map(({ at, stoppedAfterMs, false: wasFalse }) => (
          <Place key={at} at={at} to={at + stoppedAfterMs}>
            {(wasFalse ? t.bargeInFalse : t.bargeIn)(lanes.ms(milliseconds(stoppedAfterMs)))}
          </Place>
        ))}
      </Figure>
      {bargeIns.length >= MIN_EVENTS_FOR_RATE && (
        <Figure name={t.falseRate} about={t.falseRateAbout}>
          {percent(mistaken / bargeIns.length)}
        </Figure>
      )}
      <Figure name={t.callerInterrupted} about={t.callerInterruptedAbout}>
        {callerInterrupted.length === 0 && t.none}
        {callerInterrupted.map((at) => (
          <Place key={at} at={at} />
        ))}
      </Figure>
      <Figure name={t.silences} about={t.silencesAbout}>
        {silences.length === 0 && t.none}
        {silences.map(({ from, to }) => (
          <Place key={from} at={from} to={to}>
            {lanes.seconds(seconds(to - from))}
          </Place>
        ))}
      </Figure>
    </Group>
  );
}

function Talk({ metrics }: { readonly metrics: TraceMetrics }): ReactNode {
  const t = useTexts(figureText);
  const units = useTexts(tracesText);
  const { callerSpeechMs, botSpeechMs, overlapMs } = metrics;
  const both = callerSpeechMs + botSpeechMs;
  const show = (ms: number): string => units.seconds((ms / 1000).toFixed(1));
  return (
    <Group title={t.talk}>
      <Figure name={t.talkRatio} about={t.talkRatioAbout}>
        {both === 0 ? (
          t.none
        ) : (
          <>
            <span className="traces-ratio" aria-hidden>
              <span style={{ width: `${(100 * callerSpeechMs) / both}%` }} />
            </span>
            {`${percent(callerSpeechMs / both)} : ${percent(botSpeechMs / both)}`}
          </>
        )}
      </Figure>
      <Figure name={t.callerSpoke} about={t.spokeAbout}>
        {show(callerSpeechMs)}
      </Figure>
      <Figure name={t.botSpoke} about={t.spokeAbout}>
        {show(botSpeechMs)}
      </Figure>
      <Figure name={t.overlap} about={t.overlapAbout}>
        {show(overlapMs)}
      </Figure>
    </Group>
  );
}

function Words({ metrics }: { readonly metrics: TraceMetrics }): ReactNode {
  const t = useTexts(figureText);
  return (
    <Group title={t.words}>
      <Figure name={t.generated} about={t.generatedAbout}>
        {metrics.wordsGenerated}
      </Figure>
      <Figure name={t.heard} about={t.heardAbout}>
        {metrics.wordsHeard}
      </Figure>
      <Figure name={t.struck} about={t.struckAbout}>
        {metrics.wordsStruck}
      </Figure>
    </Group>
  );
}

function Network({ network }: { readonly network: NetworkMetrics }): ReactNode {
  const t = useTexts(figureText);
  const units = useTexts(tracesText);
  const { mos, received, lost, late, reordered, duplicated, concealedMs, jitterMs, roundTripMs, skewPpm } =
    network;
  const sent = received + lost;
  const share = sent >= MIN_EVENTS_FOR_RATE ? ` (${percent(lost / sent)})` : '';
  const ms = (figure: number | null): string =>
    figure === null ? t.unknown : units.ms(milliseconds(figure));
  return (
    <Group title={t.network}>
      <Figure name={t.mos} about={t.mosAbout}>
        {mos === null ? t.unknown : mos.toFixed(2)}
      </Figure>
      <Figure name={t.received} about={t.receivedAbout}>
        {received}
      </Figure>
      <Figure name={t.lost} about={t.lostAbout}>
        {`${lost}${share}`}
      </Figure>
      <Figure name={t.late} about={t.lateAbout}>
        {late}
      </Figure>
      <Figure name={t.reordered} about={t.reorderedAbout}>
        {reordered}
      </Figure>
      <Figure name={t.duplicated} about={t.duplicatedAbout}>
        {duplicated}
      </Figure>
      <Figure name={t.concealed} about={t.concealedAbout}>
        {ms(concealedMs)}
      </Figure>
      <Figure name={t.jitter} about={t.jitterAbout}>
        {ms(jitterMs)}
      </Figure>
      <Figure name={t.roundTrip} about={t.roundTripAbout}>
        {ms(roundTripMs)}
      </Figure>
      <Figure name={t.skew} about={t.skewAbout}>
        {skewPpm === null ? t.unknown : t.ppm(skewPpm.toFixed(1).replace('-', '−'))}
      </Figure>
    </Group>
  );
}
