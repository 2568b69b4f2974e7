import { IncomingResponseMessage } from 'sip.js/lib/core/index.js';
import { describe, expect, it } from 'vitest';
import { hangUpReason, reasonOf, retryAfterMs } from './ending.ts';

function response(
  code: number,
  phrase: string,
  headers: Readonly<Record<string, string>> = {},
): IncomingResponseMessage {
  const message = new IncomingResponseMessage();
  message.statusCode = code;
  message.reasonPhrase = phrase;
  for (const [name, value] of Object.entries(headers)) message.addHeader(name, value);
  return message;
}

describe('why something ended', () => {
  it.each([
    [486, 'Busy Here', {}, 'busy (486)'],
    [477, 'Send Failed', {}, 'send failed (477)'],
    [499, '', {}, 'refused (499)'],
    [488, '', { warning: '305 pbx "no \\"G.711\\" here"' }, 'not acceptable there (488): no "G.711" here'],
    [503, '', { warning: '399 sidetone "10.0.0.1:5060 refuses TCP"' }, '10.0.0.1:5060 refuses TCP'],
    [488, '', { warning: '399 sidetone "no audio"' }, 'not acceptable there (488): no audio'],
    [486, '', { warning: 'garbage' }, 'busy (486)'],
  ])('%i %s %j: %s', (code, phrase, headers, words) => {
    expect(reasonOf(response(code, phrase, headers))).toBe(words);
  });

  it('is said by a Reason header, where there is anything to say', () => {
    expect(hangUpReason(undefined)).toBe('hung up');
    expect(hangUpReason('Q.850;cause=16;text="Normal call clearing"')).toBe('hung up');
    expect(hangUpReason('SIP ; cause=600 ; text="All \\"busy\\""')).toBe('hung up: All "busy"');
  });

  it('may be over soon', () => {
    expect(retryAfterMs(response(500, '', { 'retry-after': '7 (in a meeting);duration=60' }))).toBe(7000);
    expect(retryAfterMs(response(500, '', { 'retry-after': 'soon' }))).toBeNull();
    expect(retryAfterMs(response(500, ''))).toBeNull();
  });
});
