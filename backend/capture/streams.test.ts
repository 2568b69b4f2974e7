import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import { endpointText, type CapturedLeg } from './legs.ts';
import { CaptureFile, type Datagram } from './pcap-file.ts';
import { pickCall, type StreamChoice } from './pick.ts';
import { StreamFinder, type FoundStreams } from './streams.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const PHONE = { address: '192.0.2.1', port: 4000 };
const BOT = { address: '198.51.100.2', port: 10_000 };
const ANY: StreamChoice = { caller: null, bot: null };
const COUNTS = new CaptureFile('').counts;

async function findIn(name: string): Promise<FoundStreams> {
  const finder = new StreamFinder();
  for await (const batch of new CaptureFile(path.join(FIXTURES, name)).batches())
    for (const datagram of batch) finder.add(datagram);
  return finder.found();
}

interface Spoken {
  readonly from?: Endpoint;
  readonly to?: Endpoint;
  readonly ssrc?: number;
  readonly type?: number;
  readonly packets?: number;
  /** Seconds. */
  readonly at?: number;
}

function speech({
  from = PHONE,
  to = BOT,
  ssrc = 1,
  type = 0,
  packets = 20,
  at = 0,
}: Spoken = {}): Datagram[] {
  return Array.from({ length: packets }, (_, i) => {
    const payload = new Uint8Array(RTP_HEADER_BYTES + 160);
    writeRtpHeader(payload, type, i === 0, (65_530 + i) & 0xffff, i * 160, ssrc);
    return { epochMicros: 1.7e15 + at * 1e6 + i * 20_000, from, to, payload };
  });
}

const answer = (spoken: Spoken = {}): Datagram[] =>
  speech({ from: BOT, to: PHONE, ssrc: 2, at: 0.01, ...spoken });

function sip(line: string, call: string, at: Endpoint, media: readonly string[]): Datagram {
  const message = [
    line,
    `Call-ID: ${call}`,
    'CSeq: 1 INVITE',
    '',
    'v=0',
    `c=IN IP4 ${at.address}`,
    ...media,
    '',
  ];
  const payload = Buffer.from(message.join('\r\n'));
  return { epochMicros: 1.7e15, from: PHONE, to: BOT, payload };
}

function find(...datagrams: readonly (readonly Datagram[])[]): FoundStreams {
  const finder = new StreamFinder();
  const inOrder = datagrams.flat().sort((a, b) => a.epochMicros - b.epochMicros);
  for (const datagram of inOrder) finder.add(datagram);
  return finder.found();
}

const ends = ({ from, to }: CapturedLeg): string => `${endpointText(from)} > ${endpointText(to)}`;

describe('StreamFinder', () => {
  it('finds the call of SIPp, whose caller is who sent the INVITE', async () => {
    const { legs, calls } = await findIn('call.pcapng');
    expect(legs).toHaveLength(2);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.caller).toMatchObject({ codec: 'PCMU', ptimeMs: 20, packets: 25, ssrcs: [0xca110000] });
    expect(calls[0]?.caller.to).toEqual({ address: '127.0.0.1', port: 7200 });
    expect(calls[0]?.bot).toMatchObject({ packets: 25, from: { port: 7200 } });
  });

  it('finds calls among other traffic, and nothing else', async () => {
    const { calls, legs, otherTypes } = await findIn('mixed.pcapng');
    expect(calls.map(({ caller }) => caller.to.address)).toEqual(['127.0.0.1', '198.51.100.2']);
    expect(legs).toHaveLength(4);
    expect(otherTypes).toEqual([]);
  });

  it.each(['vlan.pcap', 'qinq.pcap', 'ipv6.pcap', 'sll.pcapng', 'sll2.pcapng', 'loopback.pcap'])(
    'finds the one call in %s',
    async (name) => {
      const { calls } = await findIn(name);
      expect(calls).toHaveLength(1);
      expect(calls[0]?.caller.to.port).toBe(7200);
    },
  );

  it('without signalling takes who spoke first for the caller', () => {
    const { calls } = find(speech({ at: 0.3 }), answer({ at: 0.1 }));
    expect(calls.map(({ caller, bot }) => [ends(caller), ends(bot)])).toEqual([
      ['198.51.100.2:10000 > 192.0.2.1:4000', '192.0.2.1:4000 > 198.51.100.2:10000'],
    ]);
  });

  it('joins the sources of a flow that follow one another, not those at once', () => {
    const one = find(speech({ ssrc: 1 }), speech({ ssrc: 9, at: 0.4 }), answer({ packets: 40 }));
    expect(one.calls[0]?.caller).toMatchObject({ ssrcs: [1, 9], packets: 40 });
    const two = find(speech({ ssrc: 1, packets: 100 }), speech({ ssrc: 9, at: 0.4, packets: 100 }), answer());
    expect(two.legs.map(({ ssrcs }) => ssrcs)).toEqual([[1], [9], [2]]);
  });

  it('takes the same ports and source, come again much later, for another call', () => {
    const { calls } = find(speech(), answer(), speech({ at: 600 }), answer({ at: 600 }));
    expect(calls.map(({ caller }) => caller.packets)).toEqual([20, 20]);
  });

  it('pairs directions over ports of their own by what the signalling says, or where there is no choice', () => {
    const otherPort = { ...BOT, port: 10_002 };
    const back = answer({ from: otherPort, to: { ...PHONE, port: 4002 } });
    expect(find(speech(), back).calls).toHaveLength(1);
    const second = answer({ from: { ...BOT, port: 10_010 }, to: { ...PHONE, port: 4010 }, ssrc: 3 });
    expect(find(speech(), back, second).calls).toEqual([]);
    const told = find(speech(), back, second, [
      sip('INVITE sip:bot@example.com SIP/2.0', 'a', { ...PHONE, port: 4002 }, ['m=audio 4002 RTP/AVP 0']),
      sip('SIP/2.0 200 OK', 'a', BOT, ['m=audio 10000 RTP/AVP 0']),
    ]);
    expect(told.calls.map(({ caller, bot }) => [caller.ssrcs, bot.ssrcs])).toEqual([[[1], [2]]]);
  });

  it('understands a dynamic payload type that is named', () => {
    const lines = [
      'm=audio 10000 RTP/AVP 97 96',
      'a=rtpmap:97 pcma/8000',
      'a=rtpmap:96 telephone-event/8000',
    ];
    const named = find(speech({ type: 97 }), [sip('SIP/2.0 200 OK', 'a', BOT, lines)]);
    expect(named.legs[0]).toMatchObject({ codec: 'PCMA' });
    const unnamed = find(speech({ type: 97 }));
    expect(unnamed).toEqual({ legs: [], calls: [], otherTypes: [97] });
  });

  it('keeps no more sources in mind than there is room for', () => {
    const chances = Array.from({ length: 50_000 }, (_, i) =>
      speech({ ssrc: i + 10, packets: 1, at: i / 1e5 }),
    );
    expect(find(speech(), answer(), ...chances).calls).toHaveLength(1);
  });
});

describe('pickCall', () => {
  const twoCalls = find(
    speech(),
    answer(),
    ...[speech, answer].map((one) =>
      one({
        ...(one === speech ? { from: { ...PHONE, port: 5000 } } : { to: { ...PHONE, port: 5000 } }),
        packets: 25,
      }),
    ),
  );

  it('asks which of several calls is meant, and names them', () => {
    expect(() => pickCall(twoCalls, ANY, COUNTS)).toThrow(
      /^the capture holds 2 calls:\n.*192\.0\.2\.1:4000 -> /s,
    );
    const long = find(
      speech(),
      answer(),
      speech({ from: { ...PHONE, port: 5000 }, packets: 200 }),
      answer({ to: { ...PHONE, port: 5000 }, packets: 200 }),
    );
    expect(pickCall(long, ANY, COUNTS).caller.from.port).toBe(5000);
  });

  it('takes an address or an SSRC, and finds the other direction', () => {
    expect(pickCall(twoCalls, { caller: '192.0.2.1:4000', bot: null }, COUNTS).bot.to.port).toBe(4000);
    expect(pickCall(twoCalls, { caller: null, bot: '192.0.2.1:5000' }, COUNTS).caller.from).toEqual(BOT);
    const { calls } = find(speech(), answer());
    expect(pickCall(find(speech(), answer()), { caller: '0x00000002', bot: null }, COUNTS)).toMatchObject({
      caller: { ssrcs: [2] },
      bot: { ssrcs: [1] },
    });
    expect(calls[0]?.caller.ssrcs).toEqual([1]);
  });

  it.each([
    [{ caller: '192.0.2.9:1', bot: null }, '--caller 192.0.2.9:1 is none of the streams'],
    [{ caller: '1', bot: '0x1' }, '--caller 1 is 2 streams'],
    [{ caller: '192.0.2.1:4000', bot: '192.0.2.1:4000' }, 'are the same stream'],
  ])('refuses a wrong choice: %o', (choice, said) => {
    expect(() => pickCall(twoCalls, choice, COUNTS)).toThrow(said);
  });

  it('says why there is nothing to choose from', () => {
    const none = find(speech({ type: 9 }));
    expect(() => pickCall(none, ANY, { ...COUNTS, truncated: 7 })).toThrow(
      'there is RTP of payload type 9 (G722); 7 datagrams were cut',
    );
    expect(() => pickCall(find(speech()), ANY, COUNTS)).toThrow('no stream in the capture has another');
  });
});
