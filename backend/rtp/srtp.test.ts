import { readFileSync } from 'node:fs';
import { SrtpSession } from 'werift-rtp';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SrtpKeys } from '../contract/sip.ts';
import { writeRtpHeader } from './packet.ts';
import { loadSrtp, type Srtp } from './srtp.ts';

/** What libsrtp makes of packets: see fixtures/README.md. */
const pair = z.tuple([z.string(), z.string()]);
const { key, vectors } = z
  .object({ key: z.string(), vectors: z.record(z.string(), z.object({ rtp: z.array(pair), rtcp: pair })) })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/srtp.json', import.meta.url), 'utf8')));
const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const;
const ONE = Buffer.from(key, 'hex');
const OTHER = Buffer.from(ONE.toReversed());

let make: (keys: SrtpKeys) => Srtp;
beforeAll(async () => {
  make = await loadSrtp();
});

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const hex = (of: Uint8Array | string): string =>
  typeof of === 'string' ? of : Buffer.from(of).toString('hex');

function packet(sequence: number, ssrc = 7): Uint8Array {
  const datagram = new Uint8Array(172).fill(sequence & 0xff, 12);
  writeRtpHeader(datagram, 0, false, sequence & 0xffff, sequence * 160, ssrc);
  return datagram;
}

/** Two ends of a call. */
function ends(suite: SrtpKeys['suite'] = SUITES[0]): { near: Srtp; far: Srtp } {
  return { near: make({ suite, out: ONE, in: OTHER }), far: make({ suite, out: OTHER, in: ONE }) };
}

describe.each(SUITES)('%s', (suite) => {
  const { rtp, rtcp } = vectors[suite] ?? { rtp: [], rtcp: ['', ''] as const };

  it('protects as libsrtp does, over a wrap of the sequence number', () => {
    const { near } = ends(suite);
    expect(rtp).toHaveLength(6);
    for (const [plain, sent] of rtp) expect(hex(near.protect(bytes(plain)))).toBe(sent);
    expect(hex(near.protectReport(bytes(rtcp[0])))).toBe(rtcp[1]);
  });

  it('opens what libsrtp protects', () => {
    const { far } = ends(suite);
    for (const [plain, sent] of rtp) expect(hex(far.unprotect(bytes(sent)))).toBe(plain);
    expect(hex(far.unprotectReport(bytes(rtcp[1])))).toBe(rtcp[0]);
  });

  it('takes no packet twice, and none that was changed, cut short or made with another key', () => {
    const { far } = ends(suite);
    const [plain, sent] = rtp[0] ?? ['', ''];
    for (let bit = 0; bit < sent.length * 4; bit += 7) {
      const changed = bytes(sent);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(far.unprotect(changed)).toBe('srtp_auth');
    }
    for (let length = 0; length < sent.length / 2; length += 1)
      expect(far.unprotect(bytes(sent).subarray(0, length))).toBe('srtp_auth');
    expect(far.unprotect(bytes(plain))).toBe('srtp_auth');
    const stranger = make({ suite, out: ONE, in: Buffer.alloc(30, 9) });
    expect(stranger.unprotect(bytes(sent))).toBe('srtp_auth');

    expect(hex(far.unprotect(bytes(sent)))).toBe(plain);
    expect(far.unprotect(bytes(sent))).toBe('srtp_replay');
    expect(far.unprotectReport(bytes(rtcp[1]).fill(1, 20, 21))).toBe('srtp_auth');
    expect(hex(far.unprotectReport(bytes(rtcp[1])))).toBe(rtcp[0]);
    expect(far.unprotectReport(bytes(rtcp[1]))).toBe('srtp_replay');
    expect(far.unprotectReport(bytes('80c9'))).toBe('srtp_auth');
  });
});

describe('the rollover counter', () => {
  it('holds for three wraps', () => {
    const { near, far } = ends();
    for (let n = 65_000; n < 65_000 + 3 * 65_536; n += 97) {
      const plain = packet(n);
      const opened = far.unprotect(near.protect(plain));
      if (hex(opened) !== hex(plain)) expect.fail(`packet ${n}: ${hex(opened)}`);
    }
  });

  it('survives a long loss just where it wraps, and packets in disorder there', () => {
    const { near, far } = ends();
    const sent = Array.from({ length: 2000 }, (_, i) => near.protect(packet(64_000 + i)));
    const opened = (index: number): boolean =>
      typeof far.unprotect(sent[index] ?? new Uint8Array()) !== 'string';
    expect(opened(0)).toBe(true);
    // 64,001 to 65,700 are lost.
    expect(opened(1701)).toBe(true);
    expect([1720, 1705, 1719, 1702].map(opened)).toEqual([true, true, true, true]);
    const around = ends();
    const ten = Array.from({ length: 10 }, (_, i) => around.near.protect(packet(65_531 + i)));
    const order = [0, 6, 3, 9, 4, 5, 8, 1, 7, 2];
    expect(order.map((i) => typeof around.far.unprotect(ten[i] ?? new Uint8Array()))).toEqual(
      order.map(() => 'object'),
    );
  });

  it('is not moved by forged packets', () => {
    const { near, far } = ends();
    far.unprotect(near.protect(packet(100)));
    for (let sequence = 0; sequence < 65_536; sequence += 997) {
      const forged = new Uint8Array(182);
      forged.set(packet(sequence));
      expect(far.unprotect(forged)).toMatch(/^srtp_/);
    }
    expect(hex(far.unprotect(near.protect(packet(101))))).toBe(hex(packet(101)));
  });

  it('counts for each source', () => {
    const { near, far } = ends();
    for (const [sequence, ssrc] of [
      [65_535, 1],
      [65_536, 1],
      [10, 2],
      [65_537, 1],
      [11, 2],
    ] as const)
      expect(hex(far.unprotect(near.protect(packet(sequence, ssrc))))).toBe(hex(packet(sequence, ssrc)));
  });
});

describe("the library's keys", () => {
  it('are derived as RFC 3711 appendix B.3 has it', () => {
    const master = bytes('E1F97A0D3E018BE0D64FA32C06DE4139');
    const salt = bytes('0EC675AD498AFEEBB6960B3AABE6');
    const session = new SrtpSession({
      profile: 1,
      keys: {
        localMasterKey: master,
        localMasterSalt: salt,
        remoteMasterKey: master,
        remoteMasterSalt: salt,
      },
    });
    const { srtpSessionKey, srtpSessionSalt, srtpSessionAuthTag } = session.localContext;
    expect(hex(srtpSessionKey)).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(hex(srtpSessionSalt)).toBe('30cbbc08863d8c85d49db34a9ae1');
    // The appendix lists 94 bytes of it; HMAC-SHA1 takes 20.
    expect(hex(srtpSessionAuthTag)).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });
});
