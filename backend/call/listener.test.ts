import { describe, expect, it } from 'vitest';
import { writeRtpHeader } from '../rtp/packet.ts';
import { Afterglow } from './afterglow.ts';
import { Listener, type ListenerHandler } from './listener.ts';

interface Opened {
  readonly peer: string;
  readonly packets: Uint8Array[];
}

function packet(options: { payloadType?: number; samples?: number; ssrc?: number } = {}): Uint8Array {
  const bytes = new Uint8Array(12 + (options.samples ?? 160)).fill(0xff);
  writeRtpHeader(bytes, options.payloadType ?? 0, false, 1, 160, options.ssrc ?? 7);
  return bytes;
}

function listen(limits: { maxCalls?: number; allow?: string[] } = {}, afterglow = new Afterglow()) {
  const calls: Opened[] = [];
  const refusals: string[] = [];
  const dropped: string[] = [];
  const handler: ListenerHandler = {
    newCall(remote) {
      const opened: Opened = { peer: `${remote.address}:${remote.port}`, packets: [] };
      calls.push(opened);
      return { receive: (datagram) => opened.packets.push(datagram) };
    },
    refused: (_peer, reason) => refusals.push(reason),
    dropped: (reason) => dropped.push(reason),
  };
  const listener = new Listener(
    { maxCalls: limits.maxCalls ?? 10, maxNewPerSecond: 1000, allow: limits.allow ?? null },
    afterglow,
    handler,
  );
  return { listener, calls, refusals, dropped };
}

const alice = { address: '10.0.0.1', port: 4000 };
const bob = { address: '10.0.0.1', port: 4002 };

describe('Listener', () => {
  it('opens one call per source address and hands it its packets, the first included', () => {
    const { listener, calls } = listen();
    listener.receive(packet(), alice, 0);
    listener.receive(packet(), bob, 1);
    listener.receive(packet(), alice, 20);
    expect(calls.map(({ peer, packets }) => [peer, packets.length])).toEqual([
      ['10.0.0.1:4000', 2],
      ['10.0.0.1:4002', 1],
    ]);
  });

  it('opens no call for what is no RTP, no codec of ours or no plausible packet, and says why', () => {
    const { listener, calls, refusals, dropped } = listen();
    listener.receive(new Uint8Array([1, 2, 3]), alice, 0);
    listener.receive(packet({ samples: 20 }), alice, 0);
    listener.receive(packet({ payloadType: 9 }), alice, 0);
    expect(calls).toEqual([]);
    expect(dropped).toEqual(['short', 'size']);
    expect(refusals).toEqual(['codec']);
  });

  it('does not take the rest of an ended call for a new one', () => {
    const { listener, calls } = listen();
    listener.receive(packet({ ssrc: 1 }), alice, 0);
    listener.ended(alice, 1, 100);
    for (let at = 120; at < 10_000; at += 20) listener.receive(packet({ ssrc: 1 }), alice, at);
    expect(calls).toHaveLength(1);
    listener.receive(packet({ ssrc: 2 }), alice, 10_000);
    expect(calls).toHaveLength(2);
  });

  it('nor does the listener that follows it, say with another bot', () => {
    const afterglow = new Afterglow();
    const before = listen({}, afterglow);
    before.listener.receive(packet({ ssrc: 1 }), alice, 0);
    const { listener, calls } = listen({}, afterglow);
    before.listener.ended(alice, 1, 100);
    listener.receive(packet({ ssrc: 1 }), alice, 120);
    expect(calls).toHaveLength(0);
    listener.receive(packet({ ssrc: 2 }), alice, 140);
    expect(calls).toHaveLength(1);
  });

  it('takes the same stream for a new call after a pause', () => {
    const { listener, calls } = listen();
    listener.receive(packet(), alice, 0);
    listener.ended(alice, 7, 100);
    listener.receive(packet(), alice, 5000);
    expect(calls).toHaveLength(2);
  });

  it('keeps the number of calls bounded and frees places as calls end', () => {
    const { listener, calls, refusals } = listen({ maxCalls: 1 });
    listener.receive(packet(), alice, 0);
    listener.receive(packet(), bob, 0);
    expect(refusals).toEqual(['calls']);
    expect(listener.refused.calls).toBe(1);
    listener.ended(alice, 7, 10);
    listener.receive(packet(), bob, 20);
    expect(calls).toHaveLength(2);
  });

  it('tells a flood of refusals once a second and counts them all', () => {
    const { listener, refusals } = listen({ allow: ['192.168.0.0/16'] });
    for (let port = 1; port <= 1000; port += 1) listener.receive(packet(), { address: '10.9.9.9', port }, 0);
    expect(refusals).toEqual(['network']);
    expect(listener.refused.network).toBe(1000);
  });
});
