import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PacketRow } from '../contract/traces.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';
import { PcapFlow, pcapHeader } from '../rtp/pcap.ts';
import { buildRtcp } from '../rtp/rtcp.ts';
import { packetRows } from './packets.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const PHONE = { address: '192.0.2.1', port: 4000 };
const BOT = { address: '198.51.100.2', port: 10_000 };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-packets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Sent {
  readonly at: number;
  readonly by?: 'caller' | 'bot';
  /** To the next port up. */
  readonly report?: boolean;
  readonly payload: Uint8Array;
}

async function rowsOf(sent: readonly Sent[], fromMs = 0, toMs = Infinity): Promise<PacketRow[]> {
  const records = sent.map(({ at, by = 'caller', report, payload }) => {
    const ends = [PHONE, BOT].map(({ address, port }) => ({ address, port: port + (report ? 1 : 0) }));
    const [from, to] = by === 'caller' ? ends : ends.toReversed();
    if (!from || !to) throw new Error('two ends');
    const record = Buffer.alloc(payload.length + 100);
    return record.subarray(0, new PcapFlow(from, to).write(record, 0, 1.7e15 + at * 1000, payload));
  });
  await writeFile(path.join(folder, 'wire.pcap'), Buffer.concat([pcapHeader(), ...records]));
  return packetRows(folder, fromMs, toMs);
}

function rtp(sequence: number, type = 0, payload = new Uint8Array(160), ssrc = 1): Uint8Array {
  const datagram = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(datagram, type, false, sequence & 0xffff, sequence * 160, ssrc);
  datagram.set(payload, RTP_HEADER_BYTES);
  return datagram;
}

describe('packetRows', () => {
  it("reads SIPp's call: who sent what, when, and what it was", async () => {
    await copyFile(path.join(FIXTURES, 'call.pcapng'), path.join(folder, 'wire.pcap'));
    const rows = await packetRows(folder, 0, Infinity);
    expect(rows).toHaveLength(56);
    expect(rows.filter(({ kind }) => kind === 'sip').map(({ about }) => about)).toEqual([
      'INVITE sip:bot@127.0.0.1:7101 SIP/2.0',
      'SIP/2.0 200 OK',
      'ACK sip:bot@127.0.0.1:7101 SIP/2.0',
      'BYE sip:bot@127.0.0.1:7101 SIP/2.0',
      'SIP/2.0 200 OK',
    ]);
    const media = rows.filter(({ kind }) => kind === 'rtp');
    expect(media.map(({ side }) => side)).toEqual(Array.from({ length: 25 }, () => ['caller', 'bot']).flat());
    expect(media[2]).toMatchObject({
      sequence: 1,
      timestamp: 992,
      ssrc: 0xca110000,
      payloadType: 0,
      bytes: 172,
      gap: 0,
    });
    // As tshark has them: 17.835 ms and 38.110 ms.
    expect(media[0]?.at).toBeCloseTo(17.835, 1);
    expect(media[2]?.deltaMs).toBeCloseTo(20.275, 1);
    expect(rows.filter(({ kind }) => kind === 'other')).toHaveLength(1);
  });

  it('tells gaps, duplicates, latecomers and new sources, across the end of the numbers', async () => {
    const order = [65_533, 65_534, 65_537, 65_537, 65_536, 65_538];
    const sent = order.map((sequence, i) => ({ at: i * 20, payload: rtp(sequence) }));
    const rows = await rowsOf([...sent, { at: 200, payload: rtp(9, 0, undefined, 2) }]);
    expect(rows.map(({ gap }) => gap)).toEqual([0, 0, 2, 0, 0, 0, 0]);
    expect(rows.map(({ about }) => about)).toEqual([
      '',
      '',
      '',
      'duplicate',
      'out of order',
      '',
      'new source',
    ]);
    expect(rows.map(({ deltaMs }) => deltaMs)).toEqual([null, 20, 20, 20, 20, 20, 100]);
  });

  it('says what keys, reports, comfort noise and other codecs are', async () => {
    const block = {
      ssrc: 1,
      fractionLost: 0,
      lost: 3,
      highestSequence: 9,
      jitter: 16,
      lastSr: 0,
      delaySinceLastSr: 0,
    };
    const sender = { rtpTimestamp: 0, packets: 1, octets: 160 };
    const report = buildRtcp({ ssrc: 2, cname: 'x', epochMs: 1.7e12, sender, blocks: [block], bye: 'over' });
    const rows = await rowsOf([
      { at: 0, payload: rtp(1) },
      { at: 20, payload: rtp(2, 101, Uint8Array.of(5, 10, 3, 192)) },
      { at: 40, payload: rtp(3, 101, Uint8Array.of(11, 0x8a, 3, 192)) },
      { at: 60, payload: rtp(4, 13, Uint8Array.of(60)) },
      { at: 80, payload: rtp(5, 9) },
      { at: 90, by: 'bot', report: true, payload: report },
      { at: 95, by: 'bot', payload: report },
      { at: 99, by: 'bot', payload: Uint8Array.of(0) },
    ]);
    expect(rows.map(({ kind, side, about }) => [kind, side, about])).toEqual([
      ['rtp', 'caller', ''],
      ['dtmf', 'caller', 'digit 5, 120 ms'],
      ['dtmf', 'caller', 'digit #, 120 ms, end'],
      ['rtp', 'caller', 'comfort noise'],
      ['rtp', 'caller', 'payload type 9 (G722)'],
      ['rtcp', 'bot', 'SR, 3 lost, jitter 2.0 ms, BYE'],
      ['rtcp', 'bot', 'SR, 3 lost, jitter 2.0 ms, BYE'],
      ['other', 'bot', ''],
    ]);
  });

  it('gives the rows of a stretch, with what came before it in mind', async () => {
    const sent = Array.from({ length: 1000 }, (_, i) => ({ at: i * 20, payload: rtp(i) }));
    const rows = await rowsOf(sent, 1000, 1060);
    expect(rows.map(({ at, deltaMs }) => [at, deltaMs])).toEqual([
      [1000, 20],
      [1020, 20],
      [1040, 20],
      [1060, 20],
    ]);
    expect(await packetRows(folder, 19_970, 50_000)).toHaveLength(1);
    expect(await packetRows(folder, 30_000, 50_000)).toEqual([]);
  });

  it('sees that a file has grown', async () => {
    expect(await rowsOf([{ at: 0, payload: rtp(1) }])).toHaveLength(1);
    const two = [1, 2].map((sequence) => ({ at: sequence, payload: rtp(sequence) }));
    expect(await rowsOf(two)).toHaveLength(2);
  });

  it('says that there is no capture', async () => {
    await expect(packetRows(folder, 0, 1)).rejects.toMatchObject({ kind: 'usage' });
  });
});
