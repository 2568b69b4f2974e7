import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import { loadSilero, speech } from '../vad/fixtures/speech.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { Microphone } from './microphone.ts';
import { PersonParty } from './person-party.ts';

let silero: SileroBatch;
beforeAll(async () => {
  silero = await loadSilero();
});
afterAll(() => silero.release());

function person() {
  const events: CallEventBody[] = [];
  const probabilities: number[] = [];
  const emit = (event: CallEventBody): unknown => events.push(event);
  const microphone = new Microphone(emit);
  const party = new PersonParty({
    microphone,
    silero,
    startedAt: 0,
    emit,
    probability: (value) => probabilities.push(value),
  });
  return { events, probabilities, microphone, party };
}

describe('PersonParty', () => {
  it('says what the microphone gives', async () => {
    const { microphone, party } = person();
    const out = new Int16Array(160);
    expect(party.speak(out, 0, 10)).toBeNull();
    for (let now = 20; now < 200; now += 20) {
      microphone.write(new Int16Array(160).fill(500), now);
      party.speak(out, 0, now + 10);
    }
    microphone.write(new Int16Array(160).fill(500), 200);
    expect(party.speak(out, 0, 210)).toEqual({ generation: 0, from: 0, to: 0 });
    expect([...out].every((sample) => sample === 500)).toBe(true);
    await party.close();
    expect(microphone.isOpen).toBe(false);
  });

  it('shows when the far end speaks, turn by turn', async () => {
    const { events, probabilities, party } = person();
    const pcm = speech('digits');
    for (let position = 0; position + 160 <= pcm.length; position += 160) {
      const frame = pcm.subarray(position, position + 160);
      party.hear({ pcm: frame, position, endsAt: (position + 160) / 8, kind: 'packet' });
      await silero.flush();
    }
    await party.close();
    expect(probabilities.length).toBe(Math.floor(pcm.length / 256));
    const spoken = events.filter(({ type }) => type.startsWith('speech.'));
    expect(spoken.length).toBeGreaterThanOrEqual(6);
    let turn = 0;
    for (const event of spoken) {
      if (event.type === 'speech.started') turn += 1;
      expect(event).toMatchObject({ turn });
    }
  });

  it('takes no orders', () => {
    expect(() => person().party.order()).toThrow('only a bot takes this');
  });
});
