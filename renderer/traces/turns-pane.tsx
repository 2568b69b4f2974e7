import { AudioLines, Square, TriangleAlert } from 'lucide-react';
import { memo, useDeferredValue, useMemo, type ReactNode } from 'react';
import { RESIDUAL_LIMIT_MS, type TurnMetrics } from '../../backend/contract/traces.ts';
import { ttsFile } from '../../backend/contract/trace.ts';
import type { Conversation, Waterfall } from '../../backend/fold/types.ts';
import { playAddress, stopPlaying, usePlayer } from '../base/player.ts';
import { textsNow, useTexts } from '../base/text.ts';
import { moment } from '../call/figures.ts';
import { lookAt } from '../call/look.ts';
import { TurnWait } from '../call/turn-wait.tsx';
import { milliseconds } from '../lanes/figures.ts';
import { attempt, useApp } from '../state/app.ts';
import type { OpenTrace } from '../state/traces.ts';
import { IconButton } from '../ui/button.tsx';
import { MeasuredWait } from './measured-wait.tsx';
import { tracesText } from './text.ts';
import { aheadOf, wireWaterfall } from './turns.ts';

/** More than a screen is high: an hour's hundreds come right after the first picture. */
const FIRST_TURNS = 20;

/**
 * Each answer of the bot, what the caller waited for it, and what none of the stages accounts for. Not compared anew
 * whenever the lanes move.
 */
export const TurnsPane = memo(function TurnsPane({ trace }: { readonly trace: OpenTrace }): ReactNode {
  const t = useTexts(tracesText);
  const { view, conversation, id } = trace;
  const texts = useMemo(() => textsOf(conversation), [conversation]);
  const first = useMemo(() => view.metrics.turns.slice(0, FIRST_TURNS), [view]);
  const turns = useDeferredValue(view.metrics.turns, first);
  if (turns.length === 0) return <p className="traces-none">{t.noTurns}</p>;
  return (
    <ol className="traces-turns">
      {turns.map((turn) => (
        <Turn
          key={`${turn.turn}-${turn.generation}`}
          {...{ id, turn, texts }}
          longestMs={view.metrics.wire?.max ?? 0}
        />
      ))}
    </ol>
  );
});

interface Texts {
  /** What the caller said, by turn. */
  readonly caller: ReadonlyMap<number, string>;
  /** What the bot said, by generation. */
  readonly bot: ReadonlyMap<number, string>;
}

function textsOf(conversation: Conversation): Texts {
  const caller = new Map<number, string>();
  const bot = new Map<number, string>();
  for (const item of conversation) {
    if (item.kind === 'caller' && item.turn > 0) {
      caller.set(item.turn, `${caller.get(item.turn) ?? ''} ${item.text}`.trim());
    }
    if (item.kind === 'bot') bot.set(item.generation, item.text);
  }
  return { caller, bot };
}

interface TurnProps {
  /** Of the trace. */
  readonly id: string;
  readonly turn: TurnMetrics;
  readonly texts: Texts;
  /** The longest wait of all turns. */
  readonly longestMs: number;
}

function Turn({ id, turn, texts, longestMs }: TurnProps): ReactNode {
  const t = useTexts(tracesText);
  const wait = wireWaterfall(turn);
  const { residualMs, cause, engineMs, wireCallerClockMs, generation } = turn;
  const show = (ms: number): string => t.ms(milliseconds(ms).replace('-', '−'));
  const said = texts.caller.get(turn.turn);
  const answered = texts.bot.get(generation);
  return (
    <li className="traces-turn">
      <div className="traces-turn-head">
        <button
          type="button"
          className="traces-turn-name"
          title={t.showPlace}
          onClick={() => lookAt(turn.callerEndedAt ?? turn.botBeganAt ?? 0)}
        >
          <strong>{turn.turn === 0 ? t.opener : t.turn(turn.turn)}</strong>
          <span className="traces-at mono">{moment(turn.callerEndedAt ?? turn.botBeganAt ?? 0)}</span>
        </button>
        {generation > 0 && <Synthesised id={id} generation={generation} />}
      </div>
      {said !== undefined && <p className="traces-turn-said traces-said-caller">{said}</p>}
      {answered !== undefined && <p className="traces-turn-said traces-said-bot">{answered}</p>}
      {wait === null ? (
        <p className="traces-faint">
          {t.notMeasured}
          {engineMs !== null && ` · ${t.engineSays(show(engineMs))}`}
        </p>
      ) : wait.stages.length === 0 ? (
        <MeasuredWait {...{ wait, longestMs }} callerClockMs={wireCallerClockMs} />
      ) : (
        <>
          <Ahead turn={turn} wait={wait} />
          <TurnWait waterfall={wait} measured="wire" />
          <p
            className="traces-turn-figures tabular"
            title={wireCallerClockMs === null ? undefined : t.callerClock(show(wireCallerClockMs))}
          >
            {engineMs !== null && <span>{t.engineSays(show(engineMs))}</span>}
            {residualMs !== null && (
              <span className={cause === null ? undefined : 'traces-flag'}>
                {t.residual(show(residualMs))}
              </span>
            )}
          </p>
        </>
      )}
      {cause !== null && (
        <p className="traces-flag" title={t.flagged(RESIDUAL_LIMIT_MS)}>
          <TriangleAlert className="ui-icon" aria-hidden /> {t[`cause_${cause}`]}
        </p>
      )}
    </li>
  );
}

/** Speculative work, above the wait that it shortened. */
function Ahead({ turn, wait }: { readonly turn: TurnMetrics; readonly wait: Waterfall }): ReactNode {
  const t = useTexts(tracesText);
  if (turn.overlapped.length === 0) return null;
  return (
    <ul className="traces-ahead" title={t.overlapped}>
      {turn.overlapped.map((span) => {
        const { left, width } = aheadOf(span, wait);
        const name = `${t[`overlapped_${span.stage}`]}: ${t.ms(milliseconds(span.to - span.from))}`;
        return (
          <li key={`${span.stage}-${span.from}`} title={`${name}. ${t.overlapped}`}>
            <span className="unseen">{name}</span>
            <span
              className="traces-ahead-bar"
              data-stage={span.stage}
              style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** All that the generation's voice produced, also what was never heard. */
function Synthesised({ id, generation }: { readonly id: string; readonly generation: number }): ReactNode {
  const t = useTexts(tracesText);
  const key = `${id}/${generation}`;
  const playing = usePlayer((player) => player.playing === key);
  const speaker = useApp(({ settings }) => settings?.devices.speaker?.id ?? null);
  const play = (): void =>
    void attempt(textsNow(tracesText).notPlayed, () =>
      playAddress(key, `app://sidetone/trace/${id}/${ttsFile(generation)}`, speaker),
    );
  return (
    <IconButton
      icon={playing ? Square : AudioLines}
      label={playing ? t.stopSynthesised : t.synthesised}
      pressed={playing}
      onClick={playing ? stopPlaying : play}
    />
  );
}
