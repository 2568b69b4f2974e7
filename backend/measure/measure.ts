import { METRICS_VERSION, type TraceMetrics, type TurnMetrics } from '../contract/traces.ts';
import { readTrack, type Trace } from '../trace/read.ts';
import { readWire, type Wire } from '../trace/wire.ts';
import { networkMetrics } from './network.ts';
import { voicesOf } from './recording.ts';
import { wordMetrics } from './said.ts';
import { spreadOf } from './spread.ts';
import { talkMetrics } from './talk.ts';
import { turnMetrics } from './turns.ts';

export interface Measured {
  readonly trace: Pick<Trace, 'events' | 'alignment'>;
  /** The recorded sides, 8 kHz; null: not there. */
  readonly caller: Int16Array | null;
  readonly bot: Int16Array | null;
  /** What wire.pcap says; null: it is not there. */
  readonly wire: Wire | null;
}

/** All metrics of an opened trace, of which its recordings and packets are read for it. */
export async function measureRecorded(trace: Trace): Promise<TraceMetrics> {
  const [caller, bot, wire] = await Promise.all([
    readTrack(trace, 'caller'),
    readTrack(trace, 'bot'),
    readWire(trace),
  ]);
  return measureTrace({ trace, caller, bot, wire });
}

/** All metrics of a call, as docs/metrics.md defines them. Pure; an hour of call takes about half a second. */
export function measureTrace({ trace, caller, bot, wire }: Measured): TraceMetrics {
  const { events, alignment } = trace;
  const voices = voicesOf(caller, bot);
  const network = networkMetrics(events, wire);
  const turns = turnMetrics({ events, alignment, voices, wire, skewPpm: network.skewPpm });
  const spread = (of: (turn: TurnMetrics) => number | null): TraceMetrics['wire'] =>
    spreadOf(turns.map(of).filter((value) => value !== null));
  return {
    version: METRICS_VERSION,
    turns,
    wire: spread(({ wireMs }) => wireMs),
    engine: spread(({ engineMs }) => engineMs),
    residual: spread(({ residualMs }) => residualMs),
    ...talkMetrics(events, voices),
    ...wordMetrics(events),
    network,
  };
}
