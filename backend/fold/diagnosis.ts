import { withFix, type Finding } from '../base/finding.ts';
import type { CallEvent, StreamStats } from '../contract/events.ts';

/** Of our packets, so many have to arrive. */
const ENOUGH_ARRIVE = 0.9;

const OPEN_PORTS =
  'open UDP between the two machines both ways for the port of the audio and the one above it (10000-10001 as shipped), in the firewall of the host and in the security group of the cloud';

interface Facts {
  readonly stats: StreamStats | null;
  readonly hasBot: boolean;
  /** Payload types that are neither PCMU nor PCMA, with what to set. */
  readonly unknown: ReadonlyMap<number, string>;
  readonly spoken: number;
  /** Segments that were transcribed, with and without words. */
  readonly understood: number;
  readonly wordless: number;
  readonly answers: number;
  /** The last failure of each stage that was not mended by a second attempt. */
  readonly failures: ReadonlyMap<string, string>;
  readonly oneWay: ReadonlyMap<'in' | 'out', string>;
}

/**
 * Why a caller was not understood or not answered, from what comes in to what goes out.
 * `acknowledged`: how many of our packets the far end says it got; null: it does not say.
 */
export function diagnose(events: readonly CallEvent[], acknowledged: number | null): readonly Finding[] {
  const facts = factsOf(events);
  if (!facts.hasBot) return [audioIn(facts), audioOut(facts, acknowledged)];
  return [
    audioIn(facts),
    ...transcripts(facts),
    ...failureOf('llm', 'answers', facts),
    ...failureOf('tts', 'voice', facts),
    audioOut(facts, acknowledged),
  ];
}

function factsOf(events: readonly CallEvent[]): Facts {
  const unknown = new Map<number, string>();
  const failures = new Map<string, string>();
  const oneWay = new Map<'in' | 'out', string>();
  let stats: StreamStats | null = null;
  let [hasBot, spoken, understood, wordless, answers] = [false, 0, 0, 0, 0];
  for (const event of events) {
    switch (event.type) {
      case 'config.used':
      case 'turn.state':
        hasBot = true;
        break;
      case 'rtp.stats':
        stats = event.stats;
        break;
      case 'rtp.unknown_payload':
        unknown.set(event.payload_type, event.hint);
        break;
      case 'rtp.one_way':
        oneWay.set(event.direction, event.hint);
        break;
      case 'rtp.resumed':
        if (event.direction) oneWay.delete(event.direction);
        break;
      case 'speech.started':
        spoken += 1;
        break;
      case 'stt.final':
        if (event.text === '') wordless += 1;
        else understood += 1;
        break;
      case 'bot.speaking':
        answers += 1;
        break;
      case 'provider.failed':
        if (!event.retrying) failures.set(event.stage, event.message);
        break;
      default:
        break;
    }
  }
  return { stats, hasBot, unknown, spoken, understood, wordless, answers, failures, oneWay };
}

function audioIn({ stats, hasBot, unknown, spoken, understood, oneWay }: Facts): Finding {
  const what = 'audio in';
  const received = stats?.received ?? 0;
  if (unknown.size > 0) {
    const message = `${[...unknown.values()].join(' ')} ${received} packets came in all.`;
    return { what, verdict: understood === 0 ? 'fail' : 'warn', message };
  }
  const stopped = oneWay.get('in');
  if (stopped !== undefined) return { what, verdict: 'fail', message: stopped };
  if (received === 0) return { what, verdict: 'fail', message: `no packet came: ${OPEN_PORTS}` };
  if (hasBot && spoken === 0) {
    const message = `${received} packets came and no speech is in them: the caller was silent or muted, or the PBX sends music or nothing; caller.wav of the trace has it`;
    return { what, verdict: 'warn', message };
  }
  return { what, verdict: 'ok', message: `${received} packets came, ${stats?.lost ?? 0} were lost` };
}

function transcripts(facts: Facts): readonly Finding[] {
  const what = 'transcripts';
  const { spoken, understood, wordless } = facts;
  const failed = failureOf('stt', what, facts);
  if (failed.length > 0 || spoken === 0) return failed;
  if (understood > 0)
    return [{ what, verdict: 'ok', message: `${understood} with words, ${wordless} without` }];
  const message = `the caller spoke ${times(spoken)} and no words were understood: check \`language\` and \`stt.model\` in bot.yaml, and listen to caller.wav of the trace`;
  return [{ what, verdict: 'fail', message }];
}

function failureOf(stage: 'stt' | 'llm' | 'tts', what: string, { failures }: Facts): readonly Finding[] {
  const message = failures.get(stage);
  return message === undefined ? [] : [withFix({ what, verdict: 'fail', message })];
}

function audioOut(
  { stats, hasBot, understood, answers, failures, oneWay }: Facts,
  acknowledged: number | null,
): Finding {
  const what = 'audio out';
  const sent = stats?.sent ?? 0;
  if (hasBot && answers === 0) {
    if (understood === 0 || failures.size > 0)
      return { what, verdict: 'warn', message: 'the bot said nothing' };
    const message = `the bot understood ${times(understood)} and said nothing: see \`trace show\``;
    return { what, verdict: 'fail', message };
  }
  const blocked = oneWay.get('out');
  if (blocked !== undefined) return { what, verdict: 'fail', message: `${sent} packets sent. ${blocked}` };
  if (acknowledged === null) {
    const message = `${sent} packets sent, none acknowledged: the far end sends no RTCP (External Media never does), so whether they arrived is not known. When the caller heard nothing, ${OPEN_PORTS}`;
    return { what, verdict: 'warn', message };
  }
  const counts = `${sent} packets sent, ${acknowledged} acknowledged`;
  if (sent > 0 && acknowledged === 0) {
    const message = `${counts}: nothing of ours arrives; ${OPEN_PORTS}`;
    return { what, verdict: 'fail', message };
  }
  // The last seconds of a call are in no report.
  if (acknowledged < sent * ENOUGH_ARRIVE)
    return { what, verdict: 'warn', message: `${counts} by the last report before the end of the call` };
  return { what, verdict: 'ok', message: counts };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
