import { RotateCcw } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { unreachable } from '../../backend/base/errors.ts';
import type { BotView } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { setBotKeys } from '../state/bot.ts';
import { Slider, Switch } from '../ui/field.tsx';
import { IconButton } from '../ui/button.tsx';
import { botText } from './text.ts';
import {
  changesFor,
  recordingSwitches,
  tunings,
  turnSwitches,
  type Tuning,
  type TuningSwitch,
} from './tuning.ts';

/** When the bot speaks, waits and stops, and what its calls leave behind. */
export function TuningPane({ bot }: { readonly bot: BotView }): ReactNode {
  const t = useTexts(botText);
  return (
    <div className="bot-scroll">
      <p className="bot-note">{t.fromNextAnswer}</p>
      {turnSwitches.map((one) => (
        <SettingSwitch key={one.name} bot={bot} setting={one} />
      ))}
      {tunings.map((tuning) => (
        <TuningSlider key={tuning.name} bot={bot} tuning={tuning} />
      ))}
      <h3 className="bot-heading">{t.recording}</h3>
      <p className="bot-note">{t.fromNextCall}</p>
      {recordingSwitches.map((one) => (
        <SettingSwitch key={one.name} bot={bot} setting={one} />
      ))}
    </div>
  );
}

interface SettingSwitchProps {
  readonly bot: BotView;
  readonly setting: TuningSwitch;
}

function SettingSwitch({ bot: { dir, settings }, setting }: SettingSwitchProps): ReactNode {
  const { name, path, on, off, read } = setting;
  const t = useTexts(botText);
  const [shown, setShown] = usePending<string | boolean>(read(settings));
  const change = async (value: string | boolean): Promise<void> => {
    setShown(value);
    if (!(await setBotKeys(t.notChanged, dir, [{ path: [...path], value }]))) setShown(null);
  };
  return (
    <div className="bot-switch">
      <Switch
        label={t[name]}
        checked={shown === on}
        onChange={(checked) => void change(checked ? on : off)}
      />
      <p>{t[`${name}_means`]}</p>
    </div>
  );
}

/** `value`, or what the person has set until the bot has it too; null gives that up. */
function usePending<Value>(value: Value): [Value, (value: Value | null) => void] {
  const [pending, setPending] = useState<Value | null>(null);
  useEffect(() => setPending(null), [value]);
  return [pending ?? value, setPending];
}

interface TuningSliderProps {
  readonly bot: BotView;
  readonly tuning: Tuning;
}

function TuningSlider({ bot: { dir, settings }, tuning }: TuningSliderProps): ReactNode {
  const t = useTexts(botText);
  const value = tuning.read(settings);
  const [shown, setShown] = usePending(value);
  const format = useFormat(tuning.unit);

  const change = async (to: number | null): Promise<void> => {
    setShown(to ?? tuning.usual);
    if (!(await setBotKeys(t.notChanged, dir, changesFor(tuning, to, settings.turn)))) setShown(null);
  };

  return (
    <div className="bot-tuning">
      <Slider
        label={t[tuning.name]}
        value={shown}
        min={Math.min(tuning.min, value)}
        max={Math.max(tuning.max, value)}
        step={tuning.step}
        format={format}
        onChange={setShown}
        onCommit={(to) => void change(to)}
      />
      <div className="bot-tuning-means">
        <p>{t[`${tuning.name}_means`]}</p>
        {shown !== tuning.usual && (
          <IconButton
            icon={RotateCcw}
            label={t.backTo(format(tuning.usual))}
            onClick={() => void change(null)}
          />
        )}
      </div>
    </div>
  );
}

function useFormat(unit: Tuning['unit']): (value: number) => string {
  const t = useTexts(botText);
  return (value) => {
    switch (unit) {
      case 'ms':
        return t.ms(value);
      case 's':
        return t.s(value / 1000);
      case 'min':
        return t.min(Math.round(value / 6000) / 10);
      case 'times':
        return t.times(value.toFixed(2));
      case 'plain':
        return String(value);
      default:
        return unreachable(unit);
    }
  };
}
