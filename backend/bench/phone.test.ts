import { describe, expect, it } from 'vitest';
import { encodeMulaw, MULAW_SILENCE, PACKET_SAMPLES } from './mulaw.ts';
import { Phone, type PhoneScript } from './phone.ts';
import { packetise } from './utterance.ts';

const loud = (samples: number) =>
  Uint8Array.from({ length: samples }, (_, i) => encodeMulaw(i % 2 ? 8000 : -8000));
const silence = new Uint8Array(PACKET_SAMPLES).fill(MULAW_SILENCE);

const script: PhoneScript = {
  utterances: [packetise(loud(400), 40)],
  turns: 1,
  firstTurnAfterMs: 0,
  greeted: false,
  pauseMs: 500,
  answerWithinMs: 5000,
  bargeInAfterMs: null,
};

/** The phone sends every 20 ms and hears, 1 ms later, what `far` says at that time. */
function run(phone: Phone, untilMs: number, far: (now: number) => Uint8Array): number[] {
  const spokeAt: number[] = [];
  for (let now = 0; now < untilMs && !phone.over; now += 20) {
    if (phone.speak(now)) spokeAt.push(now);
    const heard = far(now + 1);
    phone.hear(heard, 0, heard.length, now + 1);
  }
  return spokeAt;
}

describe('packetise', () => {
  it('places speech to the sample and fills up with silence', () => {
    const { payloads, voicedFrom, voicedTo } = packetise(loud(400), 40);
    expect(payloads.map((payload) => payload.length)).toEqual([160, 160, 160]);
    expect([voicedFrom, voicedTo]).toEqual([40, 440]);
  });
});

describe('Phone', () => {
  it('measures from the last voiced sample sent to the first one heard', () => {
    const phone = new Phone(script, 0);
    const answer = new Uint8Array(PACKET_SAMPLES).fill(MULAW_SILENCE);
    answer.set(loud(80), 80);
    const spokeAt = run(phone, 10_000, (now) => (now > 1000 && now < 1200 ? answer : silence));
    expect(spokeAt).toEqual([500, 520, 540]);
    // The third packet ends 40 samples (5 ms) after the last voiced one; the answer begins 80 samples into its packet.
    expect(phone.log.latencies).toEqual([1001 + 10 - (540 - 5)]);
    expect(phone.over).toBe(true);
  });

  it('says its next turn when the answer is over, and goes on without one', () => {
    const phone = new Phone({ ...script, turns: 3, answerWithinMs: 1000 }, 0);
    const spokeAt = run(phone, 10_000, (now) => (now > 1000 && now < 2000 ? loud(160) : silence));
    expect(spokeAt.filter((_, index) => index % 3 === 0)).toEqual([500, 2520, 3560]);
    expect(phone.log).toMatchObject({ missed: 2, overlapped: 0 });
    expect(phone.log.latencies).toHaveLength(1);
  });

  it('measures how long an interrupted far end goes on', () => {
    const phone = new Phone(
      { ...script, utterances: [packetise(loud(8000), 0)], turns: 2, bargeInAfterMs: 600 },
      0,
    );
    // Answers at 2001, is interrupted 600 ms later at 2620 (first voiced sample: 2600) and falls silent after 2981.
    run(phone, 6000, (now) => (now > 2000 && now < 3000 ? loud(160) : silence));
    expect(phone.log.stops).toEqual([2981 + 20 - 2600]);
    expect(phone.log.unstopped).toBe(0);
  });

  it('says so when the far end does not stop, or speaks into a turn', () => {
    const deaf = new Phone(
      { ...script, utterances: [packetise(loud(8000), 0)], turns: 2, bargeInAfterMs: 600 },
      0,
    );
    run(deaf, 6000, (now) => (now > 2000 ? loud(160) : silence));
    expect(deaf.log).toMatchObject({ unstopped: 1, stops: [] });

    const rude = new Phone({ ...script, utterances: [packetise(loud(8000), 0)] }, 0);
    run(rude, 6000, (now) => (now > 700 && now < 900 ? loud(160) : silence));
    expect(rude.log).toMatchObject({ overlapped: 1 });
  });

  it('waits for a greeting to end', () => {
    const phone = new Phone({ ...script, greeted: true }, 0);
    const [first] = run(phone, 6000, (now) => (now > 2000 && now < 3000 ? loud(160) : silence));
    expect(first).toBe(3520);
  });

  it('says its first turn in its time', () => {
    const phone = new Phone({ ...script, firstTurnAfterMs: 3000 }, 0);
    expect(run(phone, 4000, () => silence)[0]).toBe(3000);
  });

  it('never speaks without turns', () => {
    const phone = new Phone({ ...script, turns: 0 }, 0);
    expect(run(phone, 60_000, () => silence)).toEqual([]);
    expect(phone.over).toBe(false);
  });
});
