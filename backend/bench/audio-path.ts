import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeWav } from '../audio/wav.ts';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { ClickFinder, clickTrack, delaysBetween } from './audio-path-clicks.ts';
import { readAudio, watchAudio, witnessGraph } from './audio-path-page.ts';
import type { BenchContext } from './context.ts';
import { decodeMulaw, encodeMulaw, PACKET_SAMPLES, SAMPLES_PER_MS } from './mulaw.ts';
import { spread } from './percentiles.ts';
import { sleep } from './sleep.ts';
import { prepareWindow, WindowApp } from './window-app.ts';
import { WireLine } from './wire-line.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

const GOAL_MS = 60;
/** Chromium's stand-in for a microphone works at this rate, in chunks of 10 ms. */
const MICROPHONE_RATE = 44_100;
const LINE_RATE = 8000;
const LOOP_SECONDS = 30;
const PACKET_MS = 20;
/** Until buffers have found their size. */
const SETTLE_MS = 10_000;
/** Less than half of what lies between two clicks at least. */
const LONGEST_MS = 400;

/** What Sidetone adds between the person's microphone and the wire, and between the wire and their speaker. */
export async function audioPathBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(scope);
  const display = await prepareWindow(scope, say);
  const wav = path.join(workspace, 'clicks.wav');
  await writeFile(wav, encodeWav(clickTrack(MICROPHONE_RATE, LOOP_SECONDS), MICROPHONE_RATE));
  const app = await WindowApp.open(
    {
      display,
      dataDir: path.join(workspace, 'data'),
      settings: {
        bot: await writeScriptedBot(workspace),
        devices: { echo_cancellation: false, noise_suppression: false, auto_gain: false },
      },
      switches: [
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-audio-capture=${wav}`,
        '--disable-audio-output',
        '--autoplay-policy=no-user-gesture-required',
      ],
      inPage: pageScript(),
      bypassCsp: true,
    },
    scope,
  );
  const pageZero = await pageStart(app);
  const farEnd = await FarEnd.open(scope);
  const call = await app.ask('call.place', {
    target: `rtp:127.0.0.1:${farEnd.port}`,
    codec: 'PCMU',
    who: 'person',
    account: null,
  });
  const lastingMs = quick ? 20_000 : 240_000;
  say(`a call of ${(SETTLE_MS + lastingMs) / 1000} s`);
  await sleep(scope, SETTLE_MS);
  const from = monotonicMs();
  await sleep(scope, lastingMs);
  const to = monotonicMs() - LONGEST_MS;
  await sleep(scope, LONGEST_MS);
  const heard = await app.page.evaluate(readAudio);
  if (!heard) throw new SidetoneError('internal', 'the page has lost its witness');
  await app.ask('call.hang_up', { call });
  await app.close();
  farEnd.close();

  const within = (times: readonly number[]): number[] => times.filter((at) => at >= from && at < to);
  const said = within(heard.microphone);
  const outward = delaysBetween(said, farEnd.heard, LONGEST_MS);
  const browser = delaysBetween(
    said,
    heard.graph.map((at) => at + pageZero),
    LONGEST_MS,
  );
  const inward = delaysBetween(
    within(farEnd.said),
    heard.speaker.map((at) => at + pageZero),
    LONGEST_MS,
  );
  const common = { bench: 'audio-path', unit: 'ms', goal: { p95: GOAL_MS } } as const;
  figure({
    ...common,
    name: 'microphone to wire',
    measured: spread(outward.delays),
    control: { what: "of that, until the page's audio graph has them", ...spread(browser.delays) },
    note: `beyond the 10 ms that the device hands over at a time; ${outward.missed} clicks not heard`,
  });
  figure({
    ...common,
    name: 'wire to speaker',
    measured: spread(inward.delays),
    control: { what: 'how late the far end itself sent its packets', ...spread(farEnd.late) },
    note:
      `beyond the ${heard.speakerDeviceMs.toFixed(0)} ms that the device keeps in its buffers; ` +
      `${inward.missed} clicks not heard`,
  });
}

function pageScript(): string {
  const worklet = `(${witnessGraph.toString()})(${ClickFinder.toString()})`;
  return `(${watchAudio.toString()})(${ClickFinder.toString()}, ${JSON.stringify(worklet)})`;
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * What the page's clock showed 0 at, by the system's monotonic clock, which both processes have theirs from.
 * @throws SidetoneError 'environment' where that is not so.
 */
async function pageStart(app: WindowApp): Promise<number> {
  const before = monotonicMs();
  const metric = await app.metrics();
  const after = monotonicMs();
  const now = metric('Timestamp') * 1000;
  if (now < before - 1 || now > after + 1) {
    throw new SidetoneError('environment', "the clocks of Chromium and Node differ: delays can't be told");
  }
  return metric('NavigationStart') * 1000;
}

/**
 * The other end of the call: says clicks and hears those of the microphone. A sample is on the wire when its packet
 * is, plus what precedes it in there. All times are ms of the monotonic clock.
 */
class FarEnd {
  readonly said: number[] = [];
  readonly heard: number[] = [];
  /** How long after its time on the grid each packet left. */
  readonly late: number[] = [];
  readonly port: number;
  readonly close: () => void;

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.close = close;
  }

  static async open(scope: Scope): Promise<FarEnd> {
    const clockZero = monotonicMs() - performance.now();
    const ear = new ClickFinder();
    const mouth = new ClickFinder();
    const line = await WireLine.await({
      heard: (bytes, from, to, now) => clicks(ear, bytes.subarray(from, to), now + clockZero, farEnd.heard),
      gone: () => undefined,
    });
    const farEnd = new FarEnd(line.port, () => line.close());
    scope.defer(farEnd.close);
    line.begin(1);
    const track = Uint8Array.from(clickTrack(LINE_RATE, LOOP_SECONDS), encodeMulaw);
    const startsAt = performance.now();
    let packet = 0;
    const speak = (): void => {
      const dueAt = startsAt + packet * PACKET_MS;
      const from = (packet * PACKET_SAMPLES) % track.length;
      const payload = track.subarray(from, from + PACKET_SAMPLES);
      const now = performance.now();
      line.send(payload);
      farEnd.late.push(now - dueAt);
      clicks(mouth, payload, now + clockZero, farEnd.said);
      packet += 1;
      scope.after(Math.max(0, Math.ceil(dueAt + PACKET_MS - performance.now())), speak);
    };
    speak();
    return farEnd;
  }
}

function clicks(finder: ClickFinder, payload: Uint8Array, at: number, into: number[]): void {
  for (let i = 0; i < payload.length; i += 1) {
    const click = finder.push(decodeMulaw(payload[i] ?? 0) / 32_768, at + i / SAMPLES_PER_MS);
    if (click !== null) into.push(click);
  }
}
