import { SidetoneError } from '../base/errors.ts';
import type { CallEventBody } from '../contract/events.ts';
import type { Party, PartyOrder, SpokenTag } from '../contract/party.ts';
import type { Microphone } from './microphone.ts';
import type { StandIn } from './stand-in.ts';

export interface FloorOptions {
  readonly party: Party;
  readonly microphone: Microphone;
  /** null: the party is no bot. */
  readonly makeStandIn: ((spokenFor: (text: string) => void) => StandIn) | null;
  readonly emit: (event: CallEventBody) => void;
}

/** Who speaks on our side of a call: its party, a person in the bot's place, or nobody while it is muted. */
export class Floor {
  readonly #options: FloorOptions;
  #muted = false;
  #standIn: StandIn | null = null;
  /** Those that have given back, while the last they said is transcribed. */
  readonly #leaving = new Map<StandIn, Promise<void>>();
  /** Whether the person wants the bot held, and whether it is. */
  #holdWanted = false;
  #held = false;
  /** The call itself is on hold. */
  #lineHeld = false;
  #closed = false;

  constructor(options: FloorOptions) {
    this.#options = options;
  }

  /** Fills `out` with what leaves; null: silence. */
  speak(out: Int16Array, position: number, at: number): SpokenTag | null {
    const { party, microphone } = this.#options;
    const standIn = this.#standIn;
    const tag = standIn ? microphone.speak(out, at) : party.speak(out, position, at);
    const silent = tag === null || this.#muted;
    if (silent) out.fill(0);
    standIn?.hear(out, position, at);
    return silent ? null : tag;
  }

  mute(on: boolean): void {
    if (on === this.#muted) return;
    this.#muted = on;
    this.#options.emit({ type: 'call.muted', on });
  }

  /** @throws SidetoneError 'usage' when there is no bot to stand in for. */
  takeOver(on: boolean, now: number): void {
    if (on === (this.#standIn !== null)) return;
    if (on) this.#begin(now);
    else this.#giveBack();
    this.#settleHold();
  }

  /** @throws SidetoneError 'usage' when the party takes no orders. */
  order(order: PartyOrder): void {
    const { party, makeStandIn } = this.#options;
    if (order.type === 'hold' && makeStandIn) {
      this.#holdWanted = order.on;
      this.#settleHold();
      return;
    }
    if (order.type === 'say' && this.#standIn) {
      throw new SidetoneError('usage', 'the bot cannot say this while you speak in its place', {
        hint: 'give the call back to the bot first, or say it yourself',
      });
    }
    party.order(order);
  }

  /** The call is put on hold: a bot on it waits. */
  setLineHeld(on: boolean): void {
    if (!this.#options.makeStandIn) return;
    this.#lineHeld = on;
    this.#settleHold();
  }

  /** Resolves when what the person said last is transcribed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#giveBack();
    await Promise.all(this.#leaving.values());
  }

  #begin(now: number): void {
    const { makeStandIn, microphone, party, emit } = this.#options;
    if (!makeStandIn) {
      throw new SidetoneError('usage', 'only a bot can be taken over from, and none is on this call');
    }
    this.#standIn = makeStandIn((text) => party.order({ type: 'spoken_for', text }));
    emit({ type: 'person.took_over', on: true });
    microphone.open(now);
  }

  #giveBack(): void {
    const standIn = this.#standIn;
    if (!standIn) return;
    this.#standIn = null;
    this.#options.microphone.close();
    this.#options.emit({ type: 'person.took_over', on: false });
    this.#leaving.set(standIn, this.#leave(standIn));
  }

  async #leave(standIn: StandIn): Promise<void> {
    await standIn.end();
    this.#leaving.delete(standIn);
    this.#settleHold();
  }

  /** The bot waits until its context has all that was said in its place. */
  #settleHold(): void {
    const on = this.#holdWanted || this.#lineHeld || this.#standIn !== null || this.#leaving.size > 0;
    if (on === this.#held || this.#closed) return;
    this.#options.party.order({ type: 'hold', on });
    this.#held = on;
  }
}
