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
import type { FrozenAnswers } from '../contract/frozen.ts';
import type { BotFolder, PartySpec } from '../contract/host.ts';
import { LINE_RATE } from '../contract/party.ts';
import { recordingSettings } from '../contract/settings.ts';
import type { InferenceClient } from '../providers/embedded/client.ts';
import { freeze } from '../providers/frozen.ts';
import { scopeSleep } from '../providers/scripted.ts';
import type { ProviderFactory } from '../providers/types.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { botUsed } from './bot-used.ts';
import { providerFactory } from './provider-factory.ts';

const SCRIPT_STT = 'moonshine-tiny-en';
/** Of a call that no bot is on. */
const USUAL_RECORDING = recordingSettings.parse({});

/** Whoever sits on a worker's calls, and what they need for it: bots by their folders, scripts, the person. */
export class Seats {
  readonly #modelsDir: string;
  readonly #silero: () => SileroBatch;
  readonly #inference: InferenceClient;
  readonly #scope: Scope;
  readonly #bots = new Map<string, BotMeans>();
  readonly #frozen = new Map<string, FrozenAnswers>();

  /** `silero`: the worker's one, which is loaded by the time somebody is put on a call. */
  constructor(modelsDir: string, silero: () => SileroBatch, inference: InferenceClient, scope: Scope) {
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

  /** From now on the bot's stages answer from a trace, as far as they are frozen. */
  freeze(dir: string, frozen: FrozenAnswers): void {
    const live = providerFactory(this.#inference, this.#modelsDir, this.#scope);
    const time = { clock: systemClock, sleep: scopeSleep(this.#scope) };
    const factory: ProviderFactory = (bot, onRetry, onMissed) =>
      freeze(live(bot, onRetry), frozen, time, onMissed ?? (() => undefined));
    this.#bots.set(dir, new BotMeans(this.#bot(dir).folder, factory, this.#scope));
    this.#frozen.set(dir, frozen);
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
  ): Pick<CallOptions, 'partyName' | 'bot' | 'recording' | 'makeParty' | 'makeStandIn'> {
    switch (party.kind) {
      case 'bot': {
        const means = this.#bot(party.dir);
        return {
          partyName: means.folder.settings.name,
          bot: botUsed(means.folder, means.voice.reference?.text ?? null, this.#frozen.get(party.dir)),
          recording: means.folder.settings.recording,
          makeParty: (seat) => new Bot({ means, silero: this.#silero(), clock: systemClock, ...seat }),
          makeStandIn: (seat) => this.#standIn(means, seat),
        };
      }
      case 'script':
        return {
          partyName: 'script',
          bot: null,
          recording: USUAL_RECORDING,
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
          bot: null,
          recording: USUAL_RECORDING,
          makeParty: (seat) => new PersonParty({ silero: this.#silero(), startedAt, ...seat }),
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
    return new StandIn({ silero: this.#silero(), stt, language, prompt: settings.prompt ?? null, ...seat });
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
