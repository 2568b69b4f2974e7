import { open } from 'node:fs/promises';
import path from 'node:path';
import { importCapture } from '../capture/import.ts';
import type { CaptureCounts } from '../capture/pcap-file.ts';
import { describeLeg } from '../capture/pick.ts';
import { endpointText, type CapturedLeg } from '../capture/legs.ts';
import type { TraceMetrics } from '../contract/traces.ts';
import { newCallId } from '../host/call-id.ts';
import { bringIn } from '../library/incoming.ts';
import { measureTrace } from '../measure/measure.ts';
import { openTrace, readTrack } from '../trace/read.ts';
import { readWire } from '../trace/wire.ts';
import { VERSION } from './paths.ts';

interface TraceImportOptions {
  readonly traces: string;
  readonly caller?: string;
  readonly bot?: string;
  readonly json?: true;
}

/** `sidetone trace import FILE`: somebody's capture, or a trace of another place, becomes a trace among the others. */
export async function traceImport(file: string, options: TraceImportOptions): Promise<void> {
  const tracesDir = path.resolve(options.traces);
  const id = newCallId();
  if (await isTrace(file)) {
    const aside = path.join(tracesDir, `.${id}`);
    const name = await bringIn(file, { tracesDir, aside, version: VERSION });
    print(options, { id: name, dir: path.join(tracesDir, name) }, [
      `trace   ${path.join(options.traces, name)}`,
    ]);
    return;
  }
  const choice = { caller: options.caller ?? null, bot: options.bot ?? null };
  const { dir, call, counts } = await importCapture(file, tracesDir, { id, sidetone: VERSION, choice });
  const metrics = await measure(dir);
  const passedOver = describePassedOver(counts);
  print(
    options,
    {
      id,
      dir,
      caller: legAsJson(call.caller),
      bot: legAsJson(call.bot),
      turns: metrics.turns.length,
      wire: metrics.wire,
      capture: counts,
    },
    [
      `trace   ${path.join(options.traces, id)}`,
      `caller  ${describeLeg(call.caller)}`,
      `bot     ${describeLeg(call.bot)}`,
      `wire    ${describeWire(metrics.wire)}`,
      ...(passedOver === '' ? [] : [`passed over: ${passedOver}`]),
    ],
  );
}

/** A folder, or what begins as a zip does. */
async function isTrace(file: string): Promise<boolean> {
  // What cannot be opened is for the import to complain of.
  const handle = await open(file, 'r').catch(() => null);
  if (!handle) return false;
  try {
    if ((await handle.stat()).isDirectory()) return true;
    const start = Buffer.alloc(4);
    await handle.read(start, 0, start.length, 0);
    return start.toString('latin1') === 'PK\x03\x04';
  } finally {
    await handle.close();
  }
}

async function measure(dir: string): Promise<TraceMetrics> {
  const trace = await openTrace(dir);
  const [caller, bot] = await Promise.all([readTrack(trace, 'caller'), readTrack(trace, 'bot')]);
  return measureTrace({ trace, caller, bot, wire: await readWire(trace) });
}

function print(options: TraceImportOptions, json: object, lines: readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
}

function legAsJson({ from, to, ssrcs, codec, packets }: CapturedLeg): object {
  return { from: endpointText(from), to: endpointText(to), ssrcs, codec, packets };
}

function describeWire(wire: TraceMetrics['wire']): string {
  if (wire === null) return 'no answer of the bot to the caller was found';
  const [p50, p95, max] = [wire.p50, wire.p95, wire.max].map((ms) => `${Math.round(ms)} ms`);
  return `voice to voice, ${wire.count} answers: median ${p50}, p95 ${p95}, longest ${max}`;
}

function describePassedOver({
  truncated,
  fragments,
  untimed,
  unknownLinks,
  cutShort,
}: CaptureCounts): string {
  const parts = [
    truncated > 0 ? `${truncated} datagrams cut when captured` : '',
    fragments > 0 ? `${fragments} fragments` : '',
    untimed > 0 ? `${untimed} packets without time` : '',
    unknownLinks > 0 ? `${unknownLinks} frames of an unknown link layer` : '',
    cutShort ? 'the end of the file, which is damaged' : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
