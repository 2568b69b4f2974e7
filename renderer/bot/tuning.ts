import {
  llmSettings,
  turnSettings,
  voiceSettings,
  type BotSettings,
  type TurnSettings,
} from '../../backend/contract/settings.ts';
import type { BotChange } from '../state/bot.ts';

/** The settings that sliders move and switches turn, and the changes of bot.yaml that moving a slider makes. */

export type TuningName =
  | 'min_silence_ms'
  | 'max_silence_ms'
  | 'interrupt_min_ms'
  | 'idle_ms'
  | 'idle_prompts'
  | 'max_call_ms'
  | 'speed'
  | 'temperature';

export interface Tuning {
  readonly name: TuningName;
  readonly path: readonly string[];
  readonly unit: 'ms' | 's' | 'min' | 'times' | 'plain';
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly usual: number;
  readonly read: (settings: BotSettings) => number;
}

const usualTurn = turnSettings.parse({});

function turn(
  name: Extract<TuningName, keyof TurnSettings>,
  unit: Tuning['unit'],
  [min, max, step]: readonly [number, number, number],
): Tuning {
  return {
    name,
    unit,
    min,
    max,
    step,
    path: ['turn', name],
    usual: usualTurn[name],
    read: (settings) => settings.turn[name],
  };
}

/** Ranges are those worth trying; the file may go beyond them. */
export const tunings: readonly Tuning[] = [
  turn('min_silence_ms', 'ms', [50, 2000, 50]),
  turn('max_silence_ms', 'ms', [100, 4000, 100]),
  turn('interrupt_min_ms', 'ms', [0, 2000, 50]),
  turn('idle_ms', 's', [1000, 60_000, 1000]),
  turn('idle_prompts', 'plain', [0, 10, 1]),
  turn('max_call_ms', 'min', [60_000, 7_200_000, 60_000]),
  {
    name: 'speed',
    path: ['voice', 'speed'],
    unit: 'times',
    min: 0.5,
    max: 2,
    step: 0.05,
    usual: voiceSettings.parse({}).speed,
    read: (settings) => settings.voice.speed,
  },
  {
    name: 'temperature',
    path: ['llm', 'temperature'],
    unit: 'plain',
    min: 0,
    max: 2,
    step: 0.05,
    usual: llmSettings.parse({}).temperature,
    read: (settings) => settings.llm.temperature,
  },
];

type TurnSwitchName = 'completeness' | 'speculate';
type RecordingSwitchName = 'keep' | 'tone' | 'mask_dtmf';

export interface TuningSwitch {
  readonly name: TurnSwitchName | RecordingSwitchName;
  readonly path: readonly string[];
  /** Its values. */
  readonly on: string | boolean;
  readonly off: string | boolean;
  readonly read: (settings: BotSettings) => string | boolean;
}

export const turnSwitches: readonly TuningSwitch[] = [
  {
    name: 'completeness',
    path: ['turn', 'completeness'],
    on: 'auto',
    off: 'off',
    read: ({ turn }) => turn.completeness,
  },
  {
    name: 'speculate',
    path: ['turn', 'speculate'],
    on: true,
    off: false,
    read: ({ turn }) => turn.speculate,
  },
];

function recording(name: RecordingSwitchName): TuningSwitch {
  const read = ({ recording }: BotSettings): boolean => recording[name];
  return { name, path: ['recording', name], on: true, off: false, read };
}

export const recordingSwitches = [recording('keep'), recording('tone'), recording('mask_dtmf')];

/**
 * What to write for `value` (null: back to the usual one), in order. The shorter silence may not exceed the longer
 * one: each takes the other along, and the other goes first, so that the file can be used at every moment.
 */
export function changesFor(
  { name, path, usual }: Tuning,
  value: number | null,
  now: TurnSettings,
): BotChange[] {
  const target = value ?? usual;
  const change: BotChange = { path: [...path], value };
  if (name === 'min_silence_ms' && target > now.max_silence_ms)
    return [{ path: ['turn', 'max_silence_ms'], value: target }, change];
  if (name === 'max_silence_ms' && target < now.min_silence_ms)
    return [{ path: ['turn', 'min_silence_ms'], value: target }, change];
  return [change];
}
