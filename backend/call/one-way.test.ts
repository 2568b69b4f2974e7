import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import { explainOneWay, type AudioFacts } from './one-way.ts';
import { OneWayWatch } from './one-way-watch.ts';

const PUBLIC: AudioFacts = {
  direction: 'in',
  ours: { address: '203.0.113.5', port: 40_000 },
  advertised: '203.0.113.5',
  theirs: { address: '198.51.100.7', port: 4000 },
  signalling: '198.51.100.7',
  stranger: null,
  before: false,
};

const explain = (facts: Partial<AudioFacts>): ReturnType<typeof explainOneWay> =>
  explainOneWay({ ...PUBLIC, ...facts });

describe('explainOneWay', () => {
  it('names ports and direction of the firewall where addresses tell nothing', () => {
    expect(explain({})).toMatchObject({ expected: '198.51.100.7:4000', kind: 'firewall' });
    expect(explain({}).hint).toContain('let in UDP to 203.0.113.5:40000 and port 40001');
    expect(explain({ direction: 'out' }).hint).toContain(
      'let out UDP from 203.0.113.5:40000 to 198.51.100.7:4000',
    );
  });

  it('sees that we named an address of our own network to somebody beyond it', () => {
    const ours = { address: '192.168.1.10', port: 40_000 };
    const said = explain({ ours, advertised: '192.168.1.10' });
    expect(said.kind).toBe('our_nat');
    expect(said.hint).toMatch(/asked for audio at 192\.168\.1\.10.*198\.51\.100\.7.*public_address.*SIP ALG/);
    // Known to the world by another one.
    expect(explain({ ours, advertised: '203.0.113.5' }).kind).toBe('firewall');
    // One network.
    const theirs = { address: '192.168.1.20', port: 4000 };
    expect(explain({ ours, advertised: null, theirs, signalling: '192.168.1.2' }).kind).toBe('firewall');
    expect(explain({ ours: { address: '100.64.3.4', port: 2 }, advertised: null }).kind).toBe('our_nat');
  });

  it('sees that the far end named an address of its own network', () => {
    const theirs = { address: '10.1.2.3', port: 4000 };
    for (const direction of ['in', 'out'] as const) {
      const said = explain({ direction, theirs, signalling: '198.51.100.7' });
      expect(said.kind).toBe('their_nat');
      expect(said.hint).toMatch(/asked for audio at 10\.1\.2\.3.*SIP messages come from 198\.51\.100\.7/);
    }
    expect(explain({ theirs: { address: '127.0.0.1', port: 4000 } }).kind).toBe('their_nat');
    expect(explain({ theirs: { address: 'fd00::7', port: 1 }, signalling: '2001:db8::7' })).toMatchObject({
      expected: '[fd00::7]:1',
      kind: 'their_nat',
    });
    expect(explain({ theirs, signalling: '10.1.2.9', ours: { address: '10.0.0.1', port: 2 } }).kind).toBe(
      'firewall',
    );
  });

  it('tells of packets from elsewhere, and of audio that has stopped', () => {
    const stranger = { address: '198.51.100.8', port: 6000 };
    expect(explain({ stranger })).toMatchObject({ kind: 'elsewhere' });
    expect(explain({ stranger }).hint).toContain('come from 198.51.100.8:6000');
    expect(explain({ before: true }).kind).toBe('stopped');
    expect(explain({ before: true, direction: 'out' }).kind).toBe('stopped');
  });
});

/** A call's watch on a clock of its own. */
class Watched {
  readonly events: CallEventBody[] = [];
  now = 0;
  last = 0;
  listens = true;
  sends = true;
  readonly watch = new OneWayWatch({
    startedAt: 0,
    emit: (event) => this.events.push(event),
    diagnose: (direction, before) => ({
      expected: direction,
      kind: before ? 'stopped' : 'firewall',
      hint: '',
    }),
  });

  /** Time goes on; `packets`: they come meanwhile. */
  go(ms: number, packets = false): string[] {
    const from = this.events.length;
    for (const until = this.now + ms; this.now < until;) {
      this.now += 5;
      if (packets) this.last = this.now;
      this.watch.tick(this.now, this.last, this.listens, this.sends);
    }
    return this.told(from);
  }

  report(highest: number | null): string[] {
    const from = this.events.length;
    this.watch.reported(this.now, highest);
    return this.told(from);
  }

  told(from = 0): string[] {
    return this.events
      .slice(from)
      .map((event) =>
        event.type === 'rtp.one_way' ? `${event.type} ${event.direction} ${event.kind}` : event.type,
      );
  }
}

describe('OneWayWatch', () => {
  it('says once that nothing comes, after 2 s, warns at 30 s, and says that it comes again', () => {
    const call = new Watched();
    expect(call.go(1990)).toEqual([]);
    expect(call.go(100)).toEqual(['rtp.one_way in firewall']);
    expect(call.go(27_000)).toEqual([]);
    expect(call.go(100_000)).toEqual(['call.warning']);
    expect(call.go(20, true)).toEqual(['rtp.resumed']);
    expect(call.go(60_000, true)).toEqual([]);
    expect(call.go(2100)).toEqual(['rtp.one_way in stopped']);
    expect(call.events[0]).toMatchObject({ silent_ms: 2000, expected: 'in' });
  });

  it('says nothing while the call is held, and begins anew afterwards', () => {
    const call = new Watched();
    call.go(1000, true);
    call.listens = false;
    call.sends = false;
    expect(call.go(60_000)).toEqual([]);
    expect(call.report(null)).toEqual([]);
    call.listens = true;
    expect(call.go(1990)).toEqual([]);
    expect(call.go(20)).toEqual(['rtp.one_way in firewall']);
    call.watch.renegotiated(call.now);
    expect(call.go(1990)).toEqual([]);
    expect(call.go(20)).toEqual(['rtp.one_way in firewall']);
  });

  it("reads in the far end's reports that nothing of ours arrives", () => {
    const call = new Watched();
    expect(call.go(4000, true)).toEqual([]);
    expect(call.report(null)).toEqual([]);
    call.go(3000, true);
    expect(call.report(null)).toEqual(['rtp.one_way out firewall']);
    call.go(5000, true);
    expect(call.report(null)).toEqual([]);
    call.go(5000, true);
    expect(call.report(400)).toEqual(['rtp.resumed']);
    expect(call.events.at(-1)).toMatchObject({ direction: 'out' });
    call.go(5500, true);
    // It has seen nothing new since.
    expect(call.report(400)).toEqual(['rtp.one_way out stopped']);
    call.go(5500, true);
    expect(call.report(700)).toEqual(['rtp.resumed']);
    call.go(4000, true);
    expect(call.report(900)).toEqual([]);
  });

  it('knows nothing of what arrives where no reports come', () => {
    const call = new Watched();
    expect(call.go(60_000, true)).toEqual([]);
  });
});
