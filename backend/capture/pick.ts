import { SidetoneError } from '../base/errors.ts';
import { describePayloadType } from '../rtp/payload-types.ts';
import type { CaptureCounts } from './pcap-file.ts';
import { endpointText, packetsOf, type CapturedCall, type CapturedLeg } from './legs.ts';
import type { FoundStreams } from './streams.ts';

/** Which of a capture's streams are wanted: `10.0.0.1:4000` or an SSRC (`0x1234abcd`, decimal); null: to be found. */
export interface StreamChoice {
  readonly caller: string | null;
  readonly bot: string | null;
}

const HOUR_MICROS = 3_600_000_000;
/** What fits a WAV file, and more than any call. */
const MAX_HOURS = 24;
/** More than a person reads. */
const MAX_LISTED = 30;
/** A call with this many times the packets of the next is the one that was meant. */
const CLEARLY_LONGER = 4;

/**
 * The call that is wanted; without a choice, the only one, or one that is much longer than all others.
 *
 * @throws SidetoneError 'usage' that lists the streams and how to choose, or says why there are none.
 */
export function pickCall(found: FoundStreams, choice: StreamChoice, counts: CaptureCounts): CapturedCall {
  const { legs } = found;
  if (legs.length === 0) throw noStreams(found, counts);
  const call = pick(found, choice);
  const hours =
    (Math.max(call.caller.lastMicros, call.bot.lastMicros) - call.caller.firstMicros) / HOUR_MICROS;
  if (hours > MAX_HOURS)
    throw refuse(`the call lasts ${Math.round(hours)} hours`, 'cut the capture with editcap', legs);
  return call;
}

function pick(found: FoundStreams, choice: StreamChoice): CapturedCall {
  const { legs, calls } = found;
  if (choice.caller !== null || choice.bot !== null) return chosen(found, choice);
  const [first, second] = calls;
  if (!first)
    throw refuse(
      'no stream in the capture has another that goes the other way',
      'capture both directions; or name two with `sidetone trace import FILE --caller ADDR:PORT --bot ADDR:PORT`',
      legs,
    );
  if (second && packetsOf(first) < CLEARLY_LONGER * packetsOf(second))
    throw refuse(
      `the capture holds ${calls.length} calls`,
      'save the one call as a capture of its own (Wireshark: Export Specified Packets), or choose it with `sidetone trace import FILE --caller ADDR:PORT` (or its SSRC)',
      legs,
    );
  return first;
}

function chosen({ legs, calls }: FoundStreams, choice: StreamChoice): CapturedCall {
  const caller = choice.caller === null ? null : legOf(legs, '--caller', choice.caller);
  const bot = choice.bot === null ? null : legOf(legs, '--bot', choice.bot);
  if (caller !== null && caller === bot)
    throw refuse('--caller and --bot are the same stream', 'choose two', legs);
  if (caller && bot) return { caller, bot };
  const one = caller ?? bot;
  const call = calls.find((pair) => pair.caller === one || pair.bot === one);
  const other = call?.caller === one ? call?.bot : call?.caller;
  if (!one || !other) {
    throw refuse(
      'the capture shows no stream that goes the other way',
      'name it with --caller or --bot',
      legs,
    );
  }
  return caller ? { caller, bot: other } : { caller: other, bot: one };
}

function legOf(legs: readonly CapturedLeg[], option: string, text: string): CapturedLeg {
  const ssrc = /^(?:0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : null;
  const matching = legs.filter((leg) =>
    ssrc === null ? endpointText(leg.from) === text : leg.ssrcs.includes(ssrc),
  );
  const [leg] = matching;
  if (!leg) throw refuse(`${option} ${text} is none of the streams`, 'give ADDR:PORT or an SSRC', legs);
  if (matching.length > 1) {
    const hint = ssrc === null ? 'give the SSRC' : 'give the ADDR:PORT it comes from';
    throw refuse(`${option} ${text} is ${matching.length} streams`, hint, matching);
  }
  return leg;
}

/** One line of a list: from where to where, what, how much, when since the first of them. */
export function describeLeg({
  from,
  to,
  ssrcs,
  codec,
  packets,
  firstMicros,
  lastMicros,
}: CapturedLeg): string {
  const seconds = ((lastMicros - firstMicros) / 1e6).toFixed(1);
  const began = new Date(firstMicros / 1000).toISOString().slice(11, 23);
  const sources = ssrcs.map((ssrc) => `0x${ssrc.toString(16).padStart(8, '0')}`).join(', ');
  return `${endpointText(from)} -> ${endpointText(to)}  ${codec}, ${packets} packets, ${seconds} s from ${began}, SSRC ${sources}`;
}

function refuse(what: string, hint: string, legs: readonly CapturedLeg[]): SidetoneError {
  const more = legs.length > MAX_LISTED ? [`  and ${legs.length - MAX_LISTED} more`] : [];
  const list = [...legs.slice(0, MAX_LISTED).map((leg) => `  ${describeLeg(leg)}`), ...more];
  return new SidetoneError('usage', [`${what}:`, ...list, ''].join('\n'), { hint });
}

function noStreams({ otherTypes }: FoundStreams, counts: CaptureCounts): SidetoneError {
  const reasons: string[] = [];
  if (otherTypes.length > 0)
    reasons.push(`there is RTP of ${otherTypes.map(describePayloadType).join(', ')}`);
  if (counts.truncated > 0)
    reasons.push(`${counts.truncated} datagrams were cut when they were captured (snap length)`);
  if (counts.fragments > 0) reasons.push(`${counts.fragments} fragments were passed over`);
  if (counts.untimed > 0) reasons.push(`${counts.untimed} packets bear no time`);
  if (counts.unknownLinks > 0)
    reasons.push(`${counts.unknownLinks} frames are of link type ${counts.unknownLink}, which is not known`);
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
  return new SidetoneError(
    'usage',
    `no G.711 call among the capture's ${counts.frames} frames, ${counts.datagrams} of them UDP${why}`,
    {
      hint: 'capture both directions of the RTP in full length; SRTP and codecs other than PCMU and PCMA are not read',
    },
  );
}
