import { describe, expect, test } from 'vitest';
import type { SrtpPolicy } from './choose.ts';
import { MediaDescription, SdpRefusal, type MediaOptions } from './session.ts';

const HERE = { address: '10.0.0.1', port: 4000 };
const THERE = { address: '10.0.0.2', port: 5000 };

function side(options: Partial<MediaOptions> = {}): MediaDescription {
  return new MediaDescription({ codecs: ['PCMA', 'PCMU'], ptimeMs: 20, srtp: 'if_asked', ...options });
}

/** The value of `o=`'s session version. */
function version(sdp: string): number {
  return Number(/^o=- \d+ (\d+) IN IP4 10\.0\.0\.[12]$/m.exec(sdp)?.[1]);
}

function direction(sdp: string): string | undefined {
  return /^a=(sendrecv|sendonly|recvonly|inactive)$/m.exec(sdp)?.[1];
}

function talk(srtp: SrtpPolicy = 'if_asked') {
  const a = side({ srtp });
  const b = side();
  const offer = a.offer(HERE, false);
  const { sdp, media } = b.answer(offer, THERE, false);
  return { a, b, offer, answer: sdp, atA: a.accept(sdp), atB: media };
}

test('an offer and its answer', () => {
  const { atA, atB } = talk();
  expect(atA).toEqual({
    remote: THERE,
    reports: null,
    codec: 'PCMA',
    ptimeMs: 20,
    eventPayload: { out: 101, in: 101 },
    sends: true,
    receives: true,
    srtp: null,
  });
  expect(atB).toEqual({ ...atA, remote: HERE });
});

test('codecs: offered in the order of the account, answered in that of the offer', () => {
  const offer = side({ codecs: ['PCMU', 'PCMA'] }).offer(HERE, false);
  expect(offer).toContain('m=audio 4000 RTP/AVP 0 8 101\r\n');
  const { sdp, media } = side({ codecs: ['PCMA', 'PCMU'] }).answer(offer, THERE, false);
  expect(media.codec).toBe('PCMU');
  expect(sdp).toContain('m=audio 5000 RTP/AVP 0 101\r\n');
  expect(side({ codecs: ['PCMA'] }).answer(offer, THERE, false).media.codec).toBe('PCMA');
  expect(() => side({ codecs: ['PCMA'] }).accept(sdp)).toThrow(SdpRefusal);
});

describe('hold', () => {
  test('by us: we go on sending, and listen no more', () => {
    const { a, b } = talk();
    const offer = a.offer(HERE, true);
    expect(direction(offer)).toBe('sendonly');
    const { sdp, media } = b.answer(offer, THERE, false);
    expect(direction(sdp)).toBe('recvonly');
    expect(media).toMatchObject({ sends: false, receives: true });
    expect(a.accept(sdp)).toMatchObject({ sends: true, receives: false });

    const resume = a.offer(HERE, false);
    expect(direction(resume)).toBe('sendrecv');
    const back = b.answer(resume, THERE, false);
    expect(back.media).toMatchObject({ sends: true, receives: true });
    expect(a.accept(back.sdp)).toMatchObject({ sends: true, receives: true });
  });

  test('by both: inactive, and whoever resumes first is still held', () => {
    const { a, b } = talk();
    a.accept(b.answer(a.offer(HERE, true), THERE, false).sdp);
    const second = b.offer(THERE, true);
    expect(direction(second)).toBe('inactive');
    const both = a.answer(second, HERE, true);
    expect(both.media).toMatchObject({ sends: false, receives: false });
    expect(direction(both.sdp)).toBe('inactive');
    expect(b.accept(both.sdp)).toMatchObject({ sends: false, receives: false });

    const resumed = a.answer(b.offer(THERE, false), HERE, true);
    expect(direction(resumed.sdp)).toBe('sendonly');
    expect(b.accept(resumed.sdp)).toMatchObject({ sends: false, receives: true });
  });

  test('by the address 0.0.0.0: the address of before stays', () => {
    const { a, b } = talk();
    const offer = b.offer(THERE, false).replace('c=IN IP4 10.0.0.2', 'c=IN IP4 0.0.0.0');
    const { sdp, media } = a.answer(offer, HERE, false);
    expect(media).toMatchObject({ sends: false, receives: true, remote: THERE });
    expect(direction(sdp)).toBe('recvonly');
  });

  test('a direction for the whole session counts where the stream has none', () => {
    const offer =
      'v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\na=inactive\nm=audio 5000 RTP/AVP 8\n';
    expect(side().answer(offer, HERE, false).media).toMatchObject({ sends: false, receives: false });
    expect(side().answer(`${offer}a=sendrecv\n`, HERE, false).media).toMatchObject({ sends: true });
  });
});

describe('o= (RFC 3264 section 8)', () => {
  test('the same session, a higher version when something changed and only then', () => {
    const { a, offer } = talk();
    const again = a.offer(HERE, false);
    const hold = a.offer(HERE, true);
    const elsewhere = a.offer({ address: '10.0.0.9', port: 4002 }, true);
    expect(again).toBe(offer);
    expect([offer, hold, elsewhere].map(version)).toEqual([1, 2, 3]);
    const ids = [offer, hold, elsewhere].map((sdp) => /^o=- (\d+)/m.exec(sdp)?.[1]);
    expect(new Set(ids).size).toBe(1);
    expect(elsewhere).toContain('\r\nc=IN IP4 10.0.0.9\r\n');
  });

  test('a later offer keeps the lines of the session and the codec in use', () => {
    const b = side();
    const offer =
      'v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n' +
      'm=video 6000 RTP/AVP 96\r\nm=audio 5000 RTP/AVP 0 8 97\r\na=rtpmap:97 telephone-event/8000\r\n';
    b.answer(offer, THERE, false);
    const lines = b
      .offer(THERE, false)
      .split('\r\n')
      .filter((line) => line.startsWith('m='));
    expect(lines).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 5000 RTP/AVP 0 8 97']);
  });

  test('an offer that was refused leaves what was agreed on', () => {
    const { a, b } = talk();
    a.offer(HERE, true);
    a.rollback();
    const { media } = b.answer(a.offer(HERE, false), THERE, false);
    expect(media).toMatchObject({ sends: true, receives: true });
    b.rollback();
    expect(a.answer(b.offer(THERE, false), HERE, false).media.codec).toBe('PCMA');
  });
});

describe('SRTP', () => {
  test('required: offers RTP/SAVP with a key of each suite, and the answer takes one', () => {
    const { offer, answer, atA, atB } = talk('required');
    expect(offer).toContain('RTP/SAVP');
    expect(offer.match(/^a=crypto:\d/gm)).toEqual(['a=crypto:1', 'a=crypto:2']);
    expect(answer.match(/^a=crypto:\d/gm)).toEqual(['a=crypto:1']);
    expect(atA.srtp?.out).toEqual(atB.srtp?.in);
    expect(atA.srtp?.in).toEqual(atB.srtp?.out);
    expect(atA.srtp?.suite).toBe('AES_CM_128_HMAC_SHA1_80');
  });

  test('keys stay over holds, from either side', () => {
    const { a, b, atA } = talk('required');
    const first = a.accept(b.answer(a.offer(HERE, true), THERE, false).sdp);
    expect(first.srtp).toEqual(atA.srtp);
    const second = a.answer(b.offer(THERE, false), HERE, false);
    expect(second.media.srtp).toEqual(atA.srtp);
    expect(b.accept(second.sdp).srtp?.in).toEqual(atA.srtp?.out);
  });

  test('a new key of theirs is answered by a new one of ours', () => {
    const { a, b, atA } = talk('required');
    const fresh = Buffer.alloc(30, 7).toString('base64');
    const offer = b.offer(THERE, false).replaceAll(/inline:\S+/g, `inline:${fresh}`);
    const { srtp } = a.answer(offer, HERE, false).media;
    expect(Buffer.from(srtp?.in ?? []).toString('base64')).toBe(fresh);
    expect(srtp?.out).not.toEqual(atA.srtp?.out);
  });

  test.each([
    [
      'plain RTP in the answer',
      (sdp: string) => sdp.replace('RTP/SAVP', 'RTP/AVP').replaceAll(/a=crypto.*\r\n/g, ''),
    ],
    ['a tag that was not offered', (sdp: string) => sdp.replace('a=crypto:1', 'a=crypto:7')],
    ['the other suite under the tag of the first', (sdp: string) => sdp.replace('SHA1_80', 'SHA1_32')],
    ['no key', (sdp: string) => sdp.replaceAll(/a=crypto.*\r\n/g, '')],
    [
      'a key of 29 bytes',
      (sdp: string) => sdp.replace(/inline:\S+/, `inline:${Buffer.alloc(29).toString('base64')}`),
    ],
    ['a master key identifier', (sdp: string) => sdp.replace(/(inline:\S+)/, '$1|2^31|1:4')],
    ['unencrypted packets', (sdp: string) => sdp.replace(/(inline:\S+)/, '$1 UNENCRYPTED_SRTP')],
    [
      'unencrypted packets, said second',
      (sdp: string) => sdp.replace(/(inline:\S+)/, '$1 WSH=64 UNENCRYPTED_SRTP'),
    ],
  ])('an account that requires it refuses %s', (_, change) => {
    const a = side({ srtp: 'required' });
    const { sdp } = side().answer(a.offer(HERE, false), THERE, false);
    expect(() => a.accept(change(sdp))).toThrow(SdpRefusal);
    expect(a.accept(sdp).srtp).not.toBeNull();
  });

  test.each(['|2^31', '|1048576', ' WSH=64', ' -KDR=3'])('a lifetime or a hint is taken: %s', (suffix) => {
    const offer = side({ srtp: 'required' })
      .offer(HERE, false)
      .replaceAll(/(inline:\S+)/g, `$1${suffix}`);
    expect(side().answer(offer, THERE, false).media.srtp).not.toBeNull();
  });
});

test('forked: each place that answers the same offer is a session of its own', () => {
  const a = side({ srtp: 'required' });
  const offer = a.offer(HERE, false);
  const other = a.fork();
  const first = a.accept(side().answer(offer, THERE, false).sdp);
  const second = other.accept(side().answer(offer, { address: '10.0.0.3', port: 6000 }, false).sdp);
  expect(first.srtp?.out).toEqual(second.srtp?.out);
  expect(second.remote).toEqual({ address: '10.0.0.3', port: 6000 });
  expect(direction(other.offer(HERE, true))).toBe('sendonly');
  expect(a.offer(HERE, false)).toBe(offer);
});

test.each([
  ['a=ptime:30\n', 30],
  ['a=ptime:50\n', 40],
  ['a=ptime:5\n', 10],
  ['a=ptime:200\n', 60],
  ['a=maxptime:10\n', 10],
  ['a=ptime:60\na=maxptime:40\n', 40],
  ['a=ptime:0\n', 20],
  ['a=ptime:20.0\n', 20],
  ['', 20],
])('packets as long as they want where we can: %j', (lines, ptimeMs) => {
  const offer = `v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 5000 RTP/AVP 8\n${lines}`;
  expect(side().answer(offer, HERE, false).media.ptimeMs).toBe(ptimeMs);
});

const AUDIO = 'm=audio 5000 RTP/AVP 8';
const SESSION = 'v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\n';
test.each([
  ['', '400 399'],
  ['hello', '400 399'],
  ['v=1\n', '400 399'],
  ['v=0\n', '400 399'],
  [SESSION, '400 399'],
  [`${SESSION}m=audio\n`, '400 399'],
  [`${SESSION}m=audio 70000 RTP/AVP 8\n`, '400 399'],
  [`${SESSION}${`${AUDIO}\n`.repeat(33)}`, '400 399'],
  [`${SESSION}${AUDIO}${' 8'.repeat(1000)}\n`, '400 399'],
  [`${SESSION}${AUDIO}\n${'a=x\n'.repeat(20_000)}`, '400 399'],
  [`${SESSION}m=video 5000 RTP/AVP 96\n`, '488 304'],
  [`${SESSION}m=audio 0 RTP/AVP 8\n`, '488 304'],
  [`${SESSION}m=audio 5000 RTP/AVP\n`, '488 305'],
  [`${SESSION}m=audio 5000 TCP/RTP/AVP 8\n`, '488 302'],
  [`v=0\n${AUDIO}\n`, '488 301'],
  [`v=0\nc=IN IP4 host.example\n${AUDIO}\n`, '488 301'],
  [`v=0\nc=IN IP4 239.1.2.3/127\n${AUDIO}\n`, '488 330'],
  [`v=0\nc=IN IP6 2001:db8::1\n${AUDIO}\n`, '488 301'],
])('refused: %j', (offer, reason) => {
  try {
    side().answer(offer, HERE, false);
    expect.unreachable('was taken');
  } catch (error) {
    expect(error).toBeInstanceOf(SdpRefusal);
    if (error instanceof SdpRefusal)
      expect(`${error.code} ${error.warning}`).toMatch(new RegExp(`^${reason} `));
  }
});

test('what the other side writes cannot break out of the warning', () => {
  const offer = `${SESSION}m=audio 5000 RTP/AVP 99\na=rtpmap:99 e"x\\y/8000\n`;
  expect(() => side().answer(offer, HERE, false)).toThrow(SdpRefusal);
  const refusal = new SdpRefusal(488, 305, 'a"b\\c\r\nVia: x\u2026');
  expect(refusal.warning).toBe(`305 sidetone "a'b'c??Via: x?"`);
});

test('an answer without audio, and one that nobody asked for', () => {
  const a = side();
  expect(() => a.accept(`${SESSION}${AUDIO}\n`)).toThrow(SdpRefusal);
  a.offer(HERE, false);
  expect(() => a.accept(`${SESSION}m=audio 0 RTP/AVP 8\n`)).toThrow(/refused our audio/);
  expect(() => a.accept(`${SESSION}m=audio 5000 RTP/SAVP 8\n`)).toThrow(SdpRefusal);
  expect(a.accept(`${SESSION}${AUDIO}\n`).eventPayload).toBeNull();
});
