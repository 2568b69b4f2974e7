import { showAddress } from '../base/address.ts';
import type { OneWayKind } from '../contract/events.ts';
import { reachOf } from '../rtp/address-kind.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import type { OneWay } from './one-way-watch.ts';

/** What is known of a call's addresses when its audio goes one way only. */
export interface AudioFacts {
  /** Which way nothing goes, as we see it. */
  readonly direction: 'in' | 'out';
  /** Our port, at the address this machine has towards the far end. */
  readonly ours: Endpoint;
  /** Address that our SDP names; null: not known. */
  readonly advertised: string | null;
  /** What the far end's SDP names. */
  readonly theirs: Endpoint;
  /** Address that the far end's SIP messages come from (a proxy's, where there is one); null: not known. */
  readonly signalling: string | null;
  /** From where packets were thrown away, because they are not from there; null: from nowhere. */
  readonly stranger: Endpoint | null;
  /** Whether audio went this way before. */
  readonly before: boolean;
}

interface Cause {
  readonly kind: OneWayKind;
  readonly sentence: string;
}

/** What to look at, the likeliest first: addresses in, sentences out. */
export function explainOneWay(facts: AudioFacts): OneWay {
  const causes = facts.direction === 'in' ? nothingComes(facts) : nothingArrives(facts);
  const { theirs } = facts;
  return {
    expected: showAddress({ host: theirs.address, port: theirs.port }),
    kind: causes[0]?.kind ?? 'firewall',
    hint: causes.map(({ sentence }) => sentence).join(' '),
  };
}

function nothingComes(facts: AudioFacts): readonly Cause[] {
  const { ours, theirs, stranger, before } = facts;
  const causes: Cause[] = [];
  if (stranger)
    causes.push({
      kind: 'elsewhere',
      sentence: `Packets come from ${show(stranger)} and are not taken, because the far end said ${show(theirs)}: have it tell its true address, or send through the port that it names (symmetric RTP).`,
    });
  if (before)
    causes.push({
      kind: 'stopped',
      sentence:
        'Audio did come and has stopped: the far end may be muted, may send nothing while it is silent, or has lost its network.',
    });
  causes.push(...ourNat(facts), ...theirNat(facts));
  causes.push({
    kind: 'firewall',
    sentence: `A firewall must let in UDP to ${show(ours)} and port ${ours.port + 1}, from any port of ${theirs.address}; these ports are the system's free ones (32768-60999 on Linux, 49152-65535 on Windows and macOS).`,
  });
  return causes;
}

function nothingArrives(facts: AudioFacts): readonly Cause[] {
  const { ours, theirs, before } = facts;
  const causes: Cause[] = [];
  if (before)
    causes.push({
      kind: 'stopped',
      sentence:
        'The far end did get our audio and says that it gets no more: its address may have changed without a word.',
    });
  causes.push(...theirNat(facts));
  causes.push({
    kind: 'firewall',
    sentence: `A firewall must let out UDP from ${show(ours)} to ${show(theirs)}, and the far end's must let it in.`,
  });
  return causes;
}

/** We named an address that the far end cannot reach. */
function ourNat({ advertised, ours, theirs, signalling }: AudioFacts): readonly Cause[] {
  const named = advertised ?? ours.address;
  const beyond = [signalling, theirs.address].find((one) => one !== null && reachOf(one) === 'public');
  if (reachOf(named) === 'public' || beyond === undefined) return [];
  const alg = 'and switch off "SIP ALG" in the router, which rewrites addresses wrongly';
  return [
    {
      kind: 'our_nat',
      sentence: `We asked for audio at ${named}, which is known in our own network only, and the far end is at ${beyond}: set public_address of the account and have the router forward UDP to us, or let the PBX answer to where our audio comes from (symmetric RTP; Asterisk: rtp_symmetric=yes), ${alg}.`,
    },
  ];
}

/** The far end named an address that we cannot reach. */
function theirNat({ theirs, signalling, ours }: AudioFacts): readonly Cause[] {
  if (signalling === null || signalling === theirs.address) return [];
  const [named, seen] = [reachOf(theirs.address), reachOf(signalling)];
  const unreachable =
    (named === 'private' && seen === 'public') || (named === 'loopback' && seen !== 'loopback');
  if (!unreachable && !(named === 'private' && reachOf(ours.address) === 'public')) return [];
  return [
    {
      kind: 'their_nat',
      sentence: `The far end asked for audio at ${theirs.address}, which is known in its own network only, while its SIP messages come from ${signalling}: set its public address or STUN there, or have its PBX relay audio (Asterisk: direct_media=no). Until its first packet comes, ours go nowhere.`,
    },
  ];
}

function show({ address, port }: Endpoint): string {
  return showAddress({ host: address, port });
}
