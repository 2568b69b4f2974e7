import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { resample } from '../audio/resample.ts';
import { readWav } from '../audio/wav.ts';
import { systemClock } from '../base/clock.ts';
import { SidetoneError, unreachable } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { Bot } from '../bot/bot.ts';
import { BotMeans } from '../bot/means.ts';
import type { CallOptions, StandInSeat } from '../call/call.ts';
import { PersonParty } from '../call/person-party.ts';
import { ScriptParty } from '../call/script-party.ts';
import { StandIn } from '../call/stand-in.ts';
import type { BotFolder, PartySpec } from '../contract/host.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { InferenceClient } from '../providers/embedded/client.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { providerFactory } from './provider-factory.ts';

const SCRIPT_STT = 'moonshine-tiny-en';

/** Whoever sits on a worker's calls, and what they need for it: bots by their folders, scripts, the person. */
export class Seats {
  readonly #modelsDir: string;
  readonly #silero: SileroBatch;
  readonly #inference: InferenceClient;
  readonly #scope: Scope;
  readonly #bots = new Map<string, BotMeans>();

  constructor(modelsDir: string, silero: SileroBatch, inference: InferenceClient, scope: Scope) {
    this.#modelsDir = modelsDir;
    this.#silero = silero;
    this.#inference = inference;
    this.#scope = scope;
  }

  /** A bot's folder, new or changed. */
  async takeBot(folder: BotFolder): Promise<void> {
    const known = this.#bots.get(folder.dir);
    if (known) {
      await known.change(folder);
      return;
    }
    const factory = providerFactory(this.#inference, this.#modelsDir, this.#scope);
    this.#bots.set(folder.dir, new BotMeans(folder, factory, this.#scope));
  }

  rejectBot(dir: string, message: string): void {
    this.#bots.get(dir)?.reject(message);
  }

  async warm(dir: string): Promise<void> {
    await this.#bot(dir).warm();
  }

  /** Who is put on a call. `turns`: a script's audio, 8 kHz. */
  of(
    party: PartySpec,
    startedAt: number,
    turns: readonly Int16Array[] = [],
  ): Pick<CallOptions, 'partyName' | 'makeParty' | 'makeStandIn'> {
    switch (party.kind) {
      case 'bot': {
        const means = this.#bot(party.dir);
        return {
          partyName: means.folder.settings.name,
          makeParty: (seat) => new Bot({ means, silero: this.#silero, clock: systemClock, ...seat }),
          makeStandIn: (seat) => this.#standIn(means, seat),
        };
      }
      case 'script':
        return {
          partyName: 'script',
          makeParty: (seat) =>
            new ScriptParty({
              turns,
              bargeInMs: party.barge_in_ms,
              language: 'en',
              stt: party.listen ? this.#inference.stt(SCRIPT_STT) : null,
              clock: systemClock,
              ...seat,
            }),
          makeStandIn: null,
        };
      case 'person':
        return {
          partyName: 'person',
          makeParty: (seat) => new PersonParty({ silero: this.#silero, startedAt, ...seat }),
          makeStandIn: null,
        };
      default:
        return unreachable(party);
    }
  }

  /** Writes down what a person says in the bot's place, with the ears the bot has at that moment. */
  #standIn(means: BotMeans, seat: StandInSeat): StandIn {
    const { language, stt: settings } = means.folder.settings;
    const { stt } = means.makeProviders(() => undefined);
    return new StandIn({ silero: this.#silero, stt, language, prompt: settings.prompt ?? null, ...seat });
  }

  #bot(dir: string): BotMeans {
    const means = this.#bots.get(dir);
    if (!means) throw new SidetoneError('internal', `the bot in ${dir} was not opened`);
    return means;
  }
}

/** @throws SidetoneError 'usage' naming the file when it cannot be read as speech. */
export async function readTurn(file: string): Promise<Int16Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new SidetoneError('usage', `cannot read ${file}`, { hint: 'name WAV files with --audio', cause });
  }
  try {
    const { pcm, sampleRate } = readWav(bytes);
    return sampleRate === LINE_RATE ? pcm : resample(pcm, sampleRate, LINE_RATE);
  } catch (error) {
    if (!(error instanceof SidetoneError)) throw error;
    throw new SidetoneError('usage', `${path.basename(file)}: ${error.message}`, {
      ...(error.hint === null ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
