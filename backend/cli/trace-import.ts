import path from 'node:path';
import type { CaptureCounts } from '../capture/pcap-file.ts';
import { describeLeg } from '../capture/pick.ts';
import { endpointText, type CapturedLeg } from '../capture/legs.ts';
import type { TraceMetrics } from '../contract/traces.ts';
import { newCallId } from '../base/call-id.ts';
import { bringIn } from '../library/incoming.ts';
import { measureRecorded } from '../measure/measure.ts';
import { openTrace } from '../trace/read.ts';
import { VERSION } from './paths.ts';
import { printable } from './printable.ts';

interface TraceImportOptions {
  readonly traces: string;
  readonly caller?: string;
  readonly bot?: string;
  readonly json?: true;
}

/** `sidetone trace import FILE`: somebody's capture, or a trace of another place, becomes a trace among the others. */
export async function traceImport(file: string, options: TraceImportOptions): Promise<void> {
  const tracesDir = path.resolve(options.traces);
  const { id, imported } = await bringIn(file, {
    tracesDir,
    aside: path.join(tracesDir, `.${newCallId()}`),
    version: VERSION,
    choice: { caller: options.caller ?? null, bot: options.bot ?? null },
  });
  const dir = path.join(tracesDir, id);
  const where = `trace   ${path.join(options.traces, id)}`;
  if (imported === null) return print(options, { id, dir }, [where]);
  const { call, counts } = imported;
  const metrics = await measureRecorded(await openTrace(dir));
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
      where,
      `caller  ${describeLeg(call.caller)}`,
      `bot     ${describeLeg(call.bot)}`,
      `wire    ${describeWire(metrics.wire)}`,
      ...(passedOver === '' ? [] : [`passed over: ${passedOver}`]),
    ],
  );
}

function print(options: TraceImportOptions, json: object, lines: readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${lines.map(printable).join('\n')}\n`);
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
