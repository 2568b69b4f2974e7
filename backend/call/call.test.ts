import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type { LineWish } from '../contract/host.ts';
import type { CallControl, HeardFrame, Party, PartyOrder, SpokenTag } from '../contract/party.ts';
import { recordingSettings } from '../contract/settings.ts';
import type { NegotiatedMedia, SipMessageView } from '../contract/sip.ts';
import { Pacer } from '../rtp/pacer.ts';
import { loadSrtp } from '../rtp/srtp.ts';
import { Call, type RawLink } from './call.ts';
import { PortPair } from './port-pair.ts';
import type { SipLink } from './sip-line.ts';

const LINE = {
  account: 'office',
  direction: 'in',
  remote: 'sip:bob@example.com',
  name: null,
  dialled: 'sip:100@example.com',
} as const;

const MEDIA: NegotiatedMedia = {
  remote: { address: '127.0.0.1', port: 9 },
  reports: null,
  codec: 'PCMU',
  ptimeMs: 20,
  eventPayload: null,
  sends: true,
  receives: true,
  srtp: null,
};

const INFO: SipMessageView = {
  call: 'c',
  account: 'office',
  direction: 'in',
  transport: 'udp',
  local: '127.0.0.1:5060',
  remote: '127.0.0.1:5070',
  at: 0,
  repeated: false,
  text: 'INFO sip:100@a SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160',
};

/** Speaks always, and notes what it is told. */
class Talker implements Party {
  readonly heard: { kind: HeardFrame['kind']; position: number; loudest: number }[] = [];
  readonly keys: string[] = [];
  readonly orders: PartyOrder[] = [];
  control: CallControl | null = null;

  hear({ kind, position, pcm }: HeardFrame): void {
    this.heard.push({ kind, position, loudest: Math.max(...pcm) });
  }

  speak(out: Int16Array): SpokenTag {
    out.fill(1000);
    return { generation: 1, from: 0, to: 1 };
  }

  dtmf(digit: string): void {
    this.keys.push(digit);
  }

  tick(): void {
    // No time.
  }

  order(order: PartyOrder): void {
    this.orders.push(order);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

let scope: Scope;
let folder: string;
beforeEach(async () => {
  scope = new Scope();
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-call-'));
});
afterEach(async () => {
  await scope.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(more: { isBot?: boolean; recording?: object; raw?: boolean } = {}) {
  const clock = new ManualClock(1000);
  const party = new Talker();
  const events: CallEvent[] = [];
  const wishes: LineWish[] = [];
  const over = Promise.withResolvers<void>();
  const nothing = (): void => undefined;
  const raw: RawLink = {
    kind: 'raw',
    local: { address: '127.0.0.1', port: 0 },
    shared: false,
    remote: MEDIA.remote,
    codec: 'PCMU',
    ptimeMs: 20,
    onStray: nothing,
  };
  const sip: SipLink = {
    kind: 'sip',
    ports: await PortPair.open('ipv4', scope),
    address: '127.0.0.1',
    media: MEDIA,
    line: LINE,
    makeSrtp: await loadSrtp(),
    onWish: (wish) => wishes.push(wish),
  };
  const call = new Call({
    id: 'c',
    link: more.raw ? raw : sip,
    startedAt: 1000,
    partyName: 'talker',
    maxMs: null,
    recordsDir: folder,
    recording: recordingSettings.parse(more.recording ?? {}),
    version: 'test',
    bot: null,
    replayOf: null,
    clock,
    pacer: new Pacer(scope, clock, nothing),
    makeParty: ({ control }) => {
      party.control = control;
      return party;
    },
    makeStandIn: more.isBot
      ? () => {
          throw new Error('nobody stands in');
        }
      : null,
    onEvent: (event) => events.push(event),
    onAudio: nothing,
    onDropped: nothing,
    onOver: () => over.resolve(),
  });
  const end = async (): Promise<void> => {
    call.end('done');
    await over.promise;
  };
  return { call, party, events, wishes, clock, over: over.promise, end };
}

const loud = (position: number): HeardFrame => ({
  pcm: new Int16Array(160).fill(5000),
  position,
  endsAt: 1000 + (position + 160) / 8,
  kind: 'packet',
});

const out = new Int16Array(160);

describe('a call on hold', () => {
  it.each(['us', 'them'] as const)('neither hears nor speaks (by %s), and then goes on', async (by) => {
    const { call, party, end } = await open();
    call.heard(loud(0));
    expect(call.speak(out, 0, 1000)).not.toBeNull();
    call.signalled({ type: 'held', by, on: true });
    call.signalled({ type: 'held', by, on: true });
    call.heard(loud(160));
    expect(call.speak(out, 160, 1020)).toBeNull();
    call.signalled({ type: 'held', by, on: false });
    call.heard(loud(320));
    expect(call.speak(out, 320, 1040)).not.toBeNull();
    // The track has no holes.
    expect(party.heard).toEqual([
      { kind: 'packet', position: 0, loudest: 5000 },
      { kind: 'absent', position: 160, loudest: 0 },
      { kind: 'packet', position: 320, loudest: 5000 },
    ]);
    await end();
  });

  it('holds a bot until both ends have let go', async () => {
    const { call, party, events, end } = await open({ isBot: true });
    call.signalled({ type: 'held', by: 'them', on: true });
    call.signalled({ type: 'held', by: 'us', on: true });
    call.signalled({ type: 'held', by: 'them', on: false });
    expect(call.speak(out, 0, 1000)).toBeNull();
    expect(party.orders).toEqual([{ type: 'hold', on: true }]);
    // A person's wish outlasts the line's.
    call.act({ type: 'hold', on: true });
    call.signalled({ type: 'held', by: 'us', on: false });
    expect(party.orders).toHaveLength(1);
    call.act({ type: 'hold', on: false });
    expect(party.orders.at(-1)).toEqual({ type: 'hold', on: false });
    expect(events.filter(({ type }) => type === 'call.held')).toHaveLength(4);
    await end();
  });

  it('does not take what comes where nothing was to come', async () => {
    const { call, party, end } = await open();
    call.signalled({ type: 'media', media: { ...MEDIA, receives: false } });
    call.heard(loud(0));
    expect(party.heard[0]?.loudest).toBe(0);
    await end();
  });
});

describe('the end of a call over SIP', () => {
  const ended = (events: CallEvent[]) => events.filter(({ type }) => type === 'call.ended');

  it('waits for the goodbye, so that the trace has it', async () => {
    const { call, wishes, events, over } = await open();
    call.hangUp('enough');
    call.hangUp('again');
    expect(wishes).toEqual([{ type: 'hang_up', reason: 'enough' }]);
    call.signalled({ type: 'sip', messages: [INFO] });
    expect(ended(events)).toEqual([]);
    call.end('they say so');
    await over;
    expect(events.some(({ type }) => type === 'sip.message')).toBe(true);
    expect(ended(events)).toMatchObject([{ reason: 'enough' }]);
  });

  it('does not wait for long', async () => {
    const { call, clock, events, over } = await open();
    call.hangUp('enough');
    clock.advance(1900);
    call.tick(clock.now());
    expect(ended(events)).toEqual([]);
    clock.advance(200);
    call.tick(clock.now());
    await over;
    expect(ended(events)).toMatchObject([{ reason: 'enough' }]);
  });
});

describe('what a party wants of signalling', () => {
  it('goes there: transfers, and keys where no events were agreed on', async () => {
    const { call, party, wishes, events, end } = await open();
    party.control?.transfer('sip:carol@example.com');
    party.control?.sendDtmf('1a');
    expect(wishes).toEqual([
      { type: 'transfer', target: 'sip:carol@example.com' },
      { type: 'keys', digits: '1A' },
    ]);
    expect(() => party.control?.sendDtmf('1x')).toThrow("'X' is not a DTMF digit");
    call.signalled({ type: 'transfer', target: 'sip:carol@example.com', state: 'trying', message: 'trying' });
    call.signalled({ type: 'key', digit: '#', durationMs: 160 });
    expect(party.keys).toEqual(['#']);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['call.transfer', 'dtmf.sent', 'dtmf.received']),
    );
    await end();
  });

  it('cannot be had of raw RTP', async () => {
    const { party, call, events, end } = await open({ raw: true });
    expect(() => party.control?.transfer('+49')).toThrow('raw RTP has no signalling');
    call.signalled({ type: 'held', by: 'us', on: true });
    expect(call.speak(out, 0, 0)).not.toBeNull();
    expect(events.some(({ type }) => type === 'call.held')).toBe(false);
    await end();
  });
});

describe('the record of a call over SIP', () => {
  const written = async (file: string): Promise<string> =>
    (await readFile(path.join(folder, 'c', file))).toString('latin1');

  it('has its messages in log and capture, also those from before it', async () => {
    const { call, events, end } = await open();
    call.signalled({ type: 'sip', messages: [{ ...INFO, at: Date.now() - 5000 }] });
    await end();
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(['call.started', 'call.line', 'call.media']);
    const message = events.find((event) => event.type === 'sip.message');
    expect(message).toMatchObject({ text: INFO.text, local: INFO.local, direction: 'in' });
    expect(await written('events.ndjson')).toContain('Signal=5');
    expect(await written('wire.pcap')).toContain('Signal=5');
  });

  it('keeps no pressed key where keys are masked, and nothing where nothing is to be kept', async () => {
    const masked = await open({ recording: { mask_dtmf: true } });
    masked.call.signalled({ type: 'sip', messages: [INFO] });
    masked.call.signalled({ type: 'key', digit: '5', durationMs: 160 });
    await masked.end();
    expect(masked.party.keys).toEqual(['5']);
    expect(await written('events.ndjson')).not.toContain('Signal=5');
    expect(await written('events.ndjson')).toContain('"digit":"x"');
    expect(await written('wire.pcap')).toContain('Signal=x');
    expect(await written('wire.pcap')).not.toContain('Signal=5');
    await rm(path.join(folder, 'c'), { recursive: true });

    const unkept = await open({ recording: { keep: false } });
    unkept.call.signalled({ type: 'sip', messages: [INFO] });
    await unkept.end();
    await expect(stat(path.join(folder, 'c'))).rejects.toThrow('ENOENT');
  });

  it('says once that audio goes one way, with what to look at, and does not end the call', async () => {
    const { call, events, clock, end } = await open();
    call.signalled({ type: 'sip', messages: [{ ...INFO, remote: '203.0.113.9:5060' }] });
    for (let ms = 0; ms < 40_000; ms += 5) {
      clock.advance(5);
      call.tick(clock.now());
    }
    const told = events.filter((event) => event.type === 'rtp.one_way');
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ direction: 'in', expected: '127.0.0.1:9', kind: 'our_nat' });
    expect(events.filter((event) => event.type === 'call.warning').map(({ code }) => code)).toEqual([
      'rtp_timeout',
    ]);
    expect(events.some(({ type }) => type === 'call.ended' || type === 'rtp.quiet')).toBe(false);
    await end();
  });

  it('ends raw RTP that stays quiet, as before', async () => {
    const { call, events, clock, over } = await open({ raw: true });
    for (let ms = 0; ms < 31_000; ms += 5) {
      clock.advance(5);
      call.tick(clock.now());
    }
    await over;
    expect(events.some(({ type }) => type === 'rtp.quiet')).toBe(true);
    expect(() => call.act({ type: 'mute', on: true })).toThrow('the call is over');
  });
});
