import { SidetoneError } from '../base/errors.ts';
import type { CallEventBody } from '../contract/events.ts';
import type { HeardFrame, Party, SpokenTag } from '../contract/party.ts';
import { VoiceDetector } from '../vad/detector.ts';
import type { OnProbability, SileroBatch } from '../vad/silero.ts';
import type { Microphone } from './microphone.ts';

export interface PersonOptions {
  readonly microphone: Microphone;
  readonly silero: SileroBatch;
  readonly startedAt: number;
  readonly emit: (event: CallEventBody) => void;
  readonly probability: OnProbability;
}

/** Whoever sits at the window: speaks by their microphone; what they hear, the call sends to their speaker. */
export class PersonParty implements Party {
  readonly #microphone: Microphone;
  readonly #detector: VoiceDetector;
  /** Times the far end has begun to speak. */
  #turn = 0;

  constructor({ microphone, silero, startedAt, emit, probability }: PersonOptions) {
    this.#microphone = microphone;
    this.#detector = new VoiceDetector(
      silero,
      (change) => {
        if (change.type === 'silence') {
          emit({ type: 'speech.ended', turn: this.#turn, to: change.lastVoiced });
          return;
        }
        this.#turn += 1;
        emit({ type: 'speech.started', turn: this.#turn, from: change.from });
      },
      probability,
    );
    microphone.open(startedAt);
  }

  hear(frame: HeardFrame): void {
    this.#detector.hear(frame);
  }

  speak(out: Int16Array, _position: number, at: number): SpokenTag | null {
    return this.#microphone.speak(out, at);
  }

  dtmf(): void {
    // The person sees the digit in the log.
  }

  tick(): void {
    // The call itself watches the microphone.
  }

  order(): void {
    throw new SidetoneError('usage', 'only a bot takes this, and a person is on the call');
  }

  close(): Promise<void> {
    this.#microphone.close();
    this.#detector.close();
    return Promise.resolve();
  }
}
