import { describe, expect, it } from 'vitest';
import { maskedInfo } from './masked-info.ts';

function info(type: string, body: string, name = 'Content-Type'): string {
  return `INFO sip:100@10.0.0.1 SIP/2.0\r\nCSeq: 5 INFO\r\n${name}: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

describe('maskedInfo', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160', 'Signal=x\r\nDuration=160'],
    ['application/dtmf-relay', 'Signal= #\r\nDuration= 250\r\n', 'Signal= x\r\nDuration= 250\r\n'],
    ['Application/DTMF-Relay;charset=x', 'signal=a', 'signal=x'],
    ['application/dtmf', '7', 'x'],
    ['application/dtmf', '*\r\n', 'x\r\n'],
    [
      'application/vnd.nortelnetworks.digits',
      'p=Digit-Collection\r\ny=Digits\r\nd=42',
      'p=Digit-Collection\r\ny=Digits\r\nd=xx',
    ],
    ['application/kpml-response+xml', '<kpml-response digits="12#"/>', '<kpml-response digits="xxx"/>'],
  ])('hides the key in %s: %j', (type, body, masked) => {
    expect(maskedInfo(info(type, body))).toBe(info(type, masked));
    expect(maskedInfo(info(type, body, 'c'))).toBe(info(type, masked, 'c'));
  });

  it('leaves other messages as they are', () => {
    for (const message of [
      info('application/sdp', 'v=0\r\nm=audio 4000 RTP/AVP 0'),
      info('application/dtmf-relay', ''),
      'BYE sip:100@10.0.0.1 SIP/2.0',
      '',
    ])
      expect(maskedInfo(message)).toBe(message);
  });
});
