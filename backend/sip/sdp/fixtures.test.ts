import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { NegotiatedMedia } from '../../contract/sip.ts';
import type { SrtpPolicy } from './choose.ts';
import { MediaDescription, SdpRefusal } from './session.ts';

/** Offers as the telephones and switches of this world write them, and what two readers of the RFCs would make of them. */

const IPV4 = { address: '192.0.2.1', port: 4000 };
const IPV6 = { address: '2001:db8::1', port: 4000 };

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.sdp`, import.meta.url), 'utf8').replaceAll('\n', '\r\n');
}

function answered(name: string, srtp: SrtpPolicy = 'if_asked') {
  const ours = new MediaDescription({ codecs: ['PCMA', 'PCMU'], ptimeMs: 20, srtp });
  return ours.answer(fixture(name), name === 'ipv6' ? IPV6 : IPV4, false);
}

function refused(name: string, srtp: SrtpPolicy = 'if_asked'): string {
  try {
    answered(name, srtp);
  } catch (error) {
    if (error instanceof SdpRefusal) return `${error.code} ${error.warning}`;
    throw error;
  }
  return 'was taken';
}

const plain = { ptimeMs: 20, sends: true, receives: true, srtp: null };
const at = (address: string, port: number, reports: number) => ({
  remote: { address, port },
  reports: { address, port: reports },
});

test.each<[string, NegotiatedMedia]>([
  [
    'asterisk-pjsip',
    { ...plain, ...at('203.0.113.5', 14652, 14653), codec: 'PCMU', eventPayload: { out: 101, in: 101 } },
  ],
  [
    'freeswitch',
    { ...plain, ...at('198.51.100.7', 27714, 27715), codec: 'PCMU', eventPayload: { out: 101, in: 101 } },
  ],
  [
    'linphone',
    { ...plain, ...at('192.0.2.14', 7078, 56424), codec: 'PCMU', eventPayload: { out: 100, in: 100 } },
  ],
  [
    'baresip',
    { ...plain, ...at('127.0.0.1', 10012, 10013), codec: 'PCMA', eventPayload: { out: 101, in: 101 } },
  ],
  ['sipp', { ...plain, ...at('127.0.1.1', 6000, 6001), codec: 'PCMU', eventPayload: null }],
  [
    'rtpengine',
    {
      ...plain,
      ...at('198.51.100.80', 30038, 0),
      reports: null,
      codec: 'PCMA',
      eventPayload: { out: 111, in: 111 },
    },
  ],
  [
    'cisco-cucm',
    { ...plain, ...at('192.0.2.41', 24580, 24581), codec: 'PCMU', eventPayload: { out: 101, in: 101 } },
  ],
  [
    'twilio',
    { ...plain, ...at('168.86.150.21', 14246, 14247), codec: 'PCMU', eventPayload: { out: 101, in: 101 } },
  ],
  [
    'hold-2543',
    {
      ...plain,
      ...at('0.0.0.0', 8000, 8001),
      codec: 'PCMA',
      eventPayload: { out: 101, in: 101 },
      sends: false,
    },
  ],
  [
    'fax-after-voice',
    {
      ...plain,
      ...at('198.51.100.44', 18822, 18823),
      codec: 'PCMA',
      eventPayload: null,
      ptimeMs: 30,
      sends: false,
    },
  ],
  [
    'ipv6',
    {
      ...plain,
      remote: { address: '2001:db8::7', port: 42000 },
      reports: { address: '2001:db8::8', port: 42010 },
      codec: 'PCMU',
      eventPayload: { out: 96, in: 96 },
      ptimeMs: 30,
    },
  ],
  [
    'dynamic-g711',
    {
      ...plain,
      ...at('192.0.2.33', 5004, 5005),
      codec: 'PCMA',
      dynamicPayload: 97,
      eventPayload: { out: 98, in: 98 },
    },
  ],
])('what %s offers', (name, media) => {
  expect(answered(name).media).toEqual(media);
});

test.each([
  ['asterisk-sdes', 'AES_CM_128_HMAC_SHA1_80', 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz', 1],
  // Two suites stronger than ours come first, and are passed over.
  ['freeswitch-sdes', 'AES_CM_128_HMAC_SHA1_80', '6D8sDZtWlVrhlNQa7hbN91JRlzK4W/RrtFMHHvdD', 3],
  ['twilio-secure', 'AES_CM_128_HMAC_SHA1_80', 'GGMwNmRjNjlkMDA0MmM5NGZlNTYzZGI0MzEzMDcz', 1],
  // Its second line has a master key identifier; both m= lines would do, and the encrypted one is better.
  ['cisco-best-effort', 'AES_CM_128_HMAC_SHA1_32', 'NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj', 1],
  // A key over RTP/AVP (RFC 8643).
  ['snom-opportunistic', 'AES_CM_128_HMAC_SHA1_32', 'aXhkZWJqZGZoZ2JqdGtyd2h0dmtqZ2hkamdrZGpn', 1],
])('%s encrypts', (name, suite, key, tag) => {
  for (const policy of ['if_asked', 'required'] as const) {
    const { sdp, media } = answered(name, policy);
    expect(media.srtp?.suite).toBe(suite);
    expect(Buffer.from(media.srtp?.in ?? []).toString('base64')).toBe(key);
    const own = Buffer.from(media.srtp?.out ?? []).toString('base64');
    expect(sdp).toContain(`\r\na=crypto:${tag} ${suite} inline:${own}\r\n`);
    expect(own).not.toBe(key);
  }
});

test('an account that never encrypts takes the plain line of two, and no key over RTP/AVP', () => {
  const two = answered('cisco-best-effort', 'never');
  expect(two.media).toMatchObject({ srtp: null, remote: { address: '192.0.2.50', port: 21114 } });
  expect(two.sdp).toContain('\r\nm=audio 0 RTP/SAVP 0 8 101\r\n');
  expect(two.sdp).toContain('\r\nm=audio 4000 RTP/AVP 0 101\r\n');
  const one = answered('snom-opportunistic', 'never');
  expect(one.media.srtp).toBeNull();
  expect(one.sdp).not.toContain('crypto');
});

test.each<[string, SrtpPolicy, string]>([
  [
    'g729-only',
    'if_asked',
    '488 305 sidetone "Incompatible media format: offered G729, G723, we have PCMA, PCMU"',
  ],
  [
    'asterisk-sdes',
    'never',
    '488 302 sidetone "Incompatible transport protocol: RTP/SAVP, this account never encrypts"',
  ],
  [
    'asterisk-pjsip',
    'required',
    '488 302 sidetone "Incompatible transport protocol: RTP/AVP, this account needs encryption (RTP/SAVP with a=crypto)"',
  ],
  [
    'webrtc',
    'if_asked',
    '488 302 sidetone "Incompatible transport protocol: offered UDP/TLS/RTP/SAVPF, we have RTP/AVP and RTP/SAVP"',
  ],
])('%s is refused where srtp is %s', (name, policy, reason) => {
  expect(refused(name, policy)).toBe(reason);
});

test('other media are refused in their place, the order stays (RFC 3264 section 6)', () => {
  expect(lines(answered('linphone').sdp)).toEqual(['m=audio 4000 RTP/AVPF 0 100', 'm=video 0 RTP/AVPF 96']);
  expect(lines(answered('fax-after-voice').sdp)).toEqual([
    'm=image 0 udptl t38',
    'm=audio 4000 RTP/AVP 8 13',
  ]);
});

function lines(sdp: string): string[] {
  return sdp.split('\r\n').filter((line) => line.startsWith('m='));
}
