import { useState, type ReactNode } from 'react';
import { spokenFacts } from '../../backend/fold/describe.ts';
import { useInterval } from '../base/hooks.ts';
import { textsNow } from '../base/text.ts';
import { milliseconds, seconds } from './figures.ts';
import { tickLabel } from './ruler.ts';
import type { Scene } from './scene.ts';
import { lanesText, sidesOf } from './text.ts';

interface AccessibleProps {
  /** Of the element that describes the canvas. */
  readonly id: string;
  readonly scene: Scene;
  /** What the keys do. */
  readonly keys: string;
}

/** Often enough to be true when it is asked for, rarely enough to cost nothing. */
const EVERY_MS = 2000;

/** The lanes as text: what is on show, for whoever asks; and each turn, said politely once it was answered. */
export function Accessible({ id, scene, keys }: AccessibleProps): ReactNode {
  const [texts, setTexts] = useState({ onShow: '', turn: '' });
  useInterval(() => {
    const now = { onShow: onShowText(scene), turn: turnText(scene) };
    setTexts((before) => (before.onShow === now.onShow && before.turn === now.turn ? before : now));
  }, EVERY_MS);
  return (
    <div className="unseen">
      <p id={id}>{`${texts.onShow} ${keys}`}</p>
      <p role="status">{texts.turn}</p>
    </div>
  );
}

/** The stretch on show in a few sentences. */
export function onShowText(scene: Scene): string {
  const t = textsNow(lanesText);
  const { from, to } = scene.shown();
  const { timeline, tracks, ourSide } = scene.data;
  const sides = sidesOf(t, ourSide);
  const facts = spokenFacts(timeline, tracks, from, to);
  const sentences = [
    t.onShow(tickLabel(from, 1000), tickLabel(to, 1000)),
    t.fact(t.sideSpoke(sides.caller), t.seconds((facts.callerSpeechMs / 1000).toFixed(1))),
    t.fact(t.sideSpoke(sides.bot), t.seconds((facts.botSpeechMs / 1000).toFixed(1))),
  ];
  if (facts.turns > 0) sentences.push(t.fact(t.turns, String(facts.turns)));
  if (facts.interruptions > 0) sentences.push(t.fact(t.interruptions, String(facts.interruptions)));
  if (facts.worstLatencyMs !== null) {
    sentences.push(t.fact(t.worstWait, t.seconds(seconds(facts.worstLatencyMs))));
  }
  if (facts.lostPackets > 0) sentences.push(t.fact(t.lost, String(facts.lostPackets)));
  if (facts.latePackets > 0) sentences.push(t.fact(t.late, String(facts.latePackets)));
  return sentences.join(' ');
}

/** The latest turn that was answered: what the caller said, how long they waited, what the bot said. */
function turnText(scene: Scene): string {
  const t = textsNow(lanesText);
  const { timeline } = scene.data;
  const wait = timeline.waterfalls.at(-1);
  if (wait === undefined) return '';
  const said = timeline.texts.filter((text) => text.final && text.turn === wait.turn);
  const bot = timeline.bot.findLast((span) => span.generation === wait.generation);
  const sentences = [
    t.callerSaid(said.map(({ text }) => text).join(' ')),
    t.answeredAfter(t.ms(milliseconds(wait.totalMs))),
  ];
  // Words that still come would be said over and over again.
  if (bot && bot.to !== null) sentences.push(t.botSaid(bot.text));
  return sentences.join(' ');
}
