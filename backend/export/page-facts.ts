import { LATENCY_STAGES, type CallEvent } from '../contract/events.ts';
import type { TraceManifest } from '../contract/trace.ts';
import {
  MIN_EVENTS_FOR_RATE,
  RESIDUAL_LIMIT_MS,
  type Spread,
  type TraceMetrics,
  type TurnMetrics,
} from '../contract/traces.ts';
import { cuesOf } from '../fold/transcript.ts';
import { markup, type Markup } from './markup.ts';
import { clock, moment } from './page-talk.ts';

/** The figures of a call on its page: what it was, each turn with what its wait was made of, what took part. */

export function facts(metrics: TraceMetrics, durationMs: number, codec: string): Markup {
  const { network, bargeIns, callerSpeechMs, botSpeechMs } = metrics;
  const { wordsHeard, wordsGenerated, wordsStruck } = metrics;
  const spoken = callerSpeechMs + botSpeechMs;
  const falseOnes = bargeIns.filter((bargeIn) => bargeIn.false).length;
  const all: readonly (readonly [name: string, value: string, aside: string])[] = [
    ['Duration', clock(durationMs), codec],
    ['Turns', String(metrics.turns.length), ''],
    ['Wait on the wire', ...spread(metrics.wire)],
    ['Wait by the engine', ...spread(metrics.engine)],
    ['Barge-ins', String(bargeIns.length), bargeIns.length === 0 ? '' : `${falseOnes} of them false`],
    ['Silences over 2 s', String(metrics.silences.length), ''],
    [
      'Caller and bot spoke',
      spoken === 0 ? '–' : `${percent(callerSpeechMs, spoken)} / ${percent(botSpeechMs, spoken)}`,
      '',
    ],
    [
      'Words of the bot heard',
      `${wordsHeard} of ${wordsGenerated}`,
      wordsStruck === 0 ? '' : `${wordsStruck} cut off`,
    ],
    [
      'Packets lost',
      `${network.lost} of ${network.received + network.lost}`,
      `jitter ${network.jitterMs.toFixed(1)} ms`,
    ],
    [
      'Line quality, MOS',
      network.mos === null ? '–' : network.mos.toFixed(2),
      network.mos === null ? '' : 'estimated',
    ],
  ];
  return markup`<dl class="card facts">${all.map(
    ([name, value, aside]) => markup`<div><dt>${name}</dt><dd>${value} <small>${aside}</small></dd></div>
`,
  )}</dl>`;
}

/** A median, and what it rests on. */
function spread(of: Spread | null): readonly [string, string] {
  if (of === null) return ['–', ''];
  const rest = of.count < MIN_EVENTS_FOR_RATE ? `longest ${ms(of.max)}` : `p95 ${ms(of.p95)}`;
  return [ms(of.p50), of.count === 1 ? 'of one turn' : `median of ${of.count}, ${rest}`];
}

export function turnTable(events: readonly CallEvent[], turns: readonly TurnMetrics[]): Markup | null {
  if (turns.length === 0) return null;
  const cues = cuesOf(events).filter(({ speaker }) => speaker === 'Caller');
  const longest = Math.max(1, ...turns.map(({ wireMs, engineMs }) => Math.max(wireMs ?? 0, engineMs ?? 0)));
  const rows = turns.map((turn) => {
    const { callerEndedAt, botBeganAt } = turn;
    const words = cues.findLast(({ from }) => from < (botBeganAt ?? callerEndedAt ?? 0))?.text ?? '';
    return markup`<tr><td class="n">${turn.turn}</td>
<td>${callerEndedAt === null ? null : moment(callerEndedAt)} ${words}</td>
<td class="n">${ms(turn.wireMs)}</td><td class="n">${ms(turn.engineMs)}</td><td class="n">${residual(turn)}</td>
<td class="wide">${waterfall(turn, longest)}</td></tr>
`;
  });
  const keys = LATENCY_STAGES.map(
    ([, label], index) => markup`<span class="key" style="--of: var(--s${index})">${label}</span> `,
  );
  return markup`<h2>Turns</h2>
<section class="card scroll"><table>
<thead><tr><th class="n">Turn</th><th>Caller</th><th class="n">Wire</th><th class="n">Engine</th><th class="n">Residual</th>
<th>What the wait was made of</th></tr></thead>
<tbody>${rows}</tbody></table></section>
<p class="keys">${keys}</p>`;
}

function residual({ residualMs, cause }: TurnMetrics): Markup | null {
  if (residualMs === null) return null;
  const beyond = Math.abs(residualMs) > RESIDUAL_LIMIT_MS;
  const why = cause === null ? null : markup` <span class="chip bad">${CAUSES[cause]}</span>`;
  return markup`${beyond ? markup`<b>${ms(residualMs)}</b>` : ms(residualMs)}${why}`;
}

const CAUSES: Readonly<Record<NonNullable<TurnMetrics['cause']>, string>> = {
  stalled: 'machine stalled',
  loss: 'packets lost',
  voice_end: 'end of voice',
  voice_begin: 'begins unvoiced',
  unknown: 'cause unknown',
};

function waterfall({ stages, wireMs }: TurnMetrics, longest: number): Markup | null {
  const bar = (part: number, colour: string, title: string): Markup => {
    const width = ((100 * Math.max(0, part)) / longest).toFixed(2);
    return markup`<i style="width: ${width}%; --of: var(--${colour})" title="${title}"></i>`;
  };
  if (stages !== null) {
    const bars = LATENCY_STAGES.map(([key, label], index) =>
      bar(stages[key], `s${index}`, `${label}: ${ms(stages[key])}`),
    );
    return markup`<div class="fall">${bars}</div>`;
  }
  return wireMs === null
    ? null
    : markup`<div class="fall">${bar(wireMs, 'wait', `wait: ${ms(wireMs)}`)}</div>`;
}

export function configuration(manifest: TraceManifest | null): Markup | null {
  const bot = manifest?.bot;
  if (!bot) return null;
  const { prompt, settings, ref_audio: voice } = bot.hashes;
  const stages = bot.stages.map(
    ({ stage, provider, model, base_url: url }) =>
      markup`<tr><th>${stage}</th><td>${model}</td><td class="dim">${url ?? provider}</td></tr>
`,
  );
  const hash = (name: string, value: string): Markup =>
    markup`<tr><th>${name}</th><td colspan="2"><code title="SHA-256 ${value}">${value.slice(0, 16)}</code></td></tr>
`;
  return markup`<h2>What took part</h2>
<section class="card scroll"><table><tbody>
${stages}${hash('prompt', prompt)}${hash('settings', settings)}${voice === null ? null : hash('voice', voice)}
</tbody></table></section>`;
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

function ms(value: number | null): string {
  return value === null ? '–' : `${Math.round(value)} ms`;
}
