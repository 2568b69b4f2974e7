import { createHash } from 'node:crypto';
import type { CallEvent } from '../contract/events.ts';
import type { TraceManifest, TraceNotes } from '../contract/trace.ts';
import type { TraceEntry, TraceMetrics } from '../contract/traces.ts';
import { Markup, markup, scriptJson } from './markup.ts';
import { configuration, facts, turnTable } from './page-facts.ts';
import { SCRIPT } from './page-script.ts';
import { STYLE } from './page-style.ts';
import { talk } from './page-talk.ts';

export interface PageSource {
  readonly entry: TraceEntry;
  readonly events: readonly CallEvent[];
  readonly metrics: TraceMetrics;
  readonly manifest: TraceManifest | null;
  readonly notes: TraceNotes;
  readonly problems: readonly string[];
  readonly durationMs: number;
  /** Lowest and highest of each `stepMs`, int8. */
  readonly peaks: { readonly stepMs: number; readonly caller: Int8Array; readonly bot: Int8Array };
  /** The stereo recording: base64 in lines that each stand alone, and its size; null: there is none. */
  readonly audio: { readonly base64: string; readonly bytes: number } | null;
}

/**
 * A call in one HTML file that needs nothing else, for whoever has no Sidetone: it can be read, listened to and
 * printed, and asks nothing of any network (its policy forbids it to).
 */
export function page(source: PageSource): string {
  const { entry, events, metrics, manifest, notes, problems, durationMs, peaks, audio } = source;
  const data = {
    durationMs,
    stepMs: peaks.stepMs,
    peaks: { caller: base64(peaks.caller), bot: base64(peaks.bot) },
    waits: metrics.turns.flatMap(({ callerEndedAt: from, botBeganAt: to }) =>
      from === null || to === null ? [] : [{ from, to }],
    ),
  };
  return markup`<!doctype html>
<html lang="${manifest?.bot?.language ?? 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Call ${entry.id}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${entry.party || 'Call'} and ${entry.peer || 'unknown'}</h1>
<p class="dim">${started(entry.startedMs)} · ${entry.id}</p>
${trouble(entry, problems)}
${facts(metrics, durationMs, entry.codec)}
${player(durationMs)}
<h2>Conversation</h2>
<section class="card talk">
${talk(events, metrics, notes)}</section>
${turnTable(events, metrics.turns)}
${configuration(manifest)}
<footer>Written by Sidetone ${manifest?.sidetone ?? ''}. ${recordingNote(audio)} Metrics of version ${metrics.version}.</footer>
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
${audio && markup`<script type="text/plain" id="audio">${new Markup(audio.base64)}</script>`}
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}

/** Nothing from anywhere, and no script but ours. */
function policy(): string {
  const script = createHash('sha256').update(SCRIPT).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${script}'`,
    "style-src 'unsafe-inline'",
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

const STATES: Readonly<Record<Exclude<TraceEntry['state'], 'complete'>, string>> = {
  going_on: 'The call was still going on when this was written.',
  cut: 'The disk refused more before the call was over: its end is missing.',
  abrupt: 'The program ended before the call did: the record stops there.',
  damaged: 'Something of the record is missing or wrong; the rest is shown.',
};

function trouble({ state }: TraceEntry, problems: readonly string[]): Markup | null {
  const all = state === 'complete' ? problems : [STATES[state], ...problems];
  if (all.length === 0) return null;
  return markup`<div class="card problems"><ul>${all.map((problem) => markup`<li>${problem}</li>`)}</ul></div>`;
}

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

function player(durationMs: number): Markup {
  const speeds = SPEEDS.map((speed) =>
    speed === 1
      ? markup`<option value="1" selected>1×</option>`
      : markup`<option value="${speed}">${speed}×</option>`,
  );
  return markup`<section class="card player" aria-label="Player">
<div class="bar">
<button id="play" type="button">Play</button><span id="time">0:00.0</span>
<select id="speed" aria-label="Speed">${speeds}</select>
<span class="key" style="--of: var(--caller)">caller (left)</span>
<span class="key" style="--of: var(--bot)">bot (right)</span>
<span class="key" style="--of: var(--wait)">wait</span>
<span class="push"></span>
<button id="closer" type="button" title="Closer (Ctrl and the wheel)">+</button>
<button id="wider" type="button" title="Wider">−</button>
<button id="fit" type="button">All</button>
</div>
<canvas id="wave" tabindex="0" role="slider" aria-label="Moment of the call, seconds" aria-valuemin="0"
 aria-valuemax="${Math.round(durationMs / 1000)}" aria-valuenow="0"></canvas>
</section>`;
}

function recordingNote(audio: PageSource['audio']): string {
  if (audio === null) return 'The recording could not be read; this page has no sound.';
  const megabytes = ((audio.bytes * 4) / 3 / 1e6).toFixed(1);
  return `The recording (16-bit, 8 kHz, caller left, bot right) is ${megabytes} MB of this file.`;
}

function started(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').slice(0, 19)} UTC`;
}

function base64(peaks: Int8Array): string {
  return Buffer.from(peaks.buffer, peaks.byteOffset, peaks.byteLength).toString('base64');
}
