import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import { diagnose } from './diagnosis.ts';
import { log, SPOTLESS, story } from './fixtures/logs.ts';

function stats(received: number, sent: number): CallEventBody {
  return { type: 'rtp.stats', stats: { ...SPOTLESS, received, sent } };
}

const BOT: CallEventBody = {
  type: 'config.used',
  hashes: { settings: '', prompt: '', ref_audio: null },
  settings: {},
  prompt: '',
};
const SPEECH: CallEventBody = { type: 'speech.started', turn: 1, from: 0 };
const HEARD: CallEventBody = { type: 'stt.final', turn: 1, request: 1, text: 'Hello?', took_ms: 1 };
const SPOKE: CallEventBody = { type: 'bot.speaking', turn: 1, generation: 1, at_sample: 0 };

function of(acknowledged: number | null, ...bodies: CallEventBody[]) {
  const found = diagnose(story(...bodies.map((body, index) => [index, body] as const)), acknowledged);
  return (what: string) => found.find((one) => one.what === what);
}

describe('diagnose', () => {
  it('finds nothing wrong with a good call', () => {
    const found = diagnose(log('demo', 'harbor-dental'), 1_000_000);
    expect(found.map(({ what, verdict }) => [what, verdict])).toEqual([
      ['audio in', 'ok'],
      ['transcripts', 'ok'],
      ['audio out', 'ok'],
    ]);
  });

  it('tells of a bot that is not heard: packets sent and acknowledged, and the ports to open', () => {
    const out = of(0, BOT, SPEECH, HEARD, SPOKE, stats(500, 480))('audio out');
    expect(out).toMatchObject({ verdict: 'fail' });
    expect(out?.message).toMatch(/480 packets sent, 0 acknowledged.*open UDP.*10000-10001/);
  });

  it('does not take silence of the far end about our packets for loss', () => {
    const out = of(null, BOT, SPEECH, HEARD, SPOKE, stats(500, 480))('audio out');
    expect(out).toMatchObject({ verdict: 'warn' });
    expect(out?.message).toMatch(/480 packets sent.*no RTCP.*open UDP/);
  });

  it('does not mind the packets after the last report', () => {
    expect(of(470, BOT, SPEECH, HEARD, SPOKE, stats(500, 480))('audio out')).toEqual({
      what: 'audio out',
      verdict: 'ok',
      message: '480 packets sent, 470 acknowledged',
    });
  });

  it('names the payload type of a codec that is not understood', () => {
    const hint = 'payload type 9 (G722) cannot be understood. Offer PCMU or PCMA.';
    const found = of(null, BOT, { type: 'rtp.unknown_payload', payload_type: 9, hint }, stats(500, 480));
    expect(found('audio in')).toEqual({
      what: 'audio in',
      verdict: 'fail',
      message: `${hint} 500 packets came in all.`,
    });
  });

  it('tells silence, no packets and words that were not understood apart', () => {
    expect(of(null, BOT, stats(500, 480))('audio in')?.message).toMatch(/no speech is in them/);
    expect(of(null, BOT, stats(0, 480))('audio in')?.message).toMatch(/no packet came: open UDP/);
    const wordless: CallEventBody = { ...HEARD, text: '' };
    expect(of(null, BOT, SPEECH, wordless, stats(500, 480))('transcripts')).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/spoke once.*language.*stt\.model/),
    });
  });

  it('says what a model failed with and, where its words tell, what to do', () => {
    const failed: CallEventBody = {
      type: 'provider.failed',
      stage: 'tts',
      provider: 'f5-tts',
      kind: 'refused',
      message: 'TTS answered 500: Input type (CPUComplexFloatType) and weight type should be the same',
      retrying: false,
    };
    const found = of(null, BOT, SPEECH, HEARD, failed, stats(500, 480));
    expect(found('voice')).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/Input type.*complex position table/),
    });
    expect(found('audio out')).toMatchObject({ verdict: 'warn', message: 'the bot said nothing' });
    // What a second attempt has mended is no failure.
    const mended = of(1, BOT, SPEECH, HEARD, { ...failed, retrying: true }, SPOKE, stats(1, 1));
    expect(mended('voice')).toBeUndefined();
  });
});
