import {
  ChevronFirst,
  ChevronLast,
  Headphones,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  TextSelect,
  Volume2,
  VolumeX,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { clock, moment } from '../call/figures.ts';
import type { Stretch } from '../lanes/data.ts';
import { IconButton } from '../ui/button.tsx';
import { Select } from '../ui/field.tsx';
import { JUMP_MS, RATES, type Side } from './playback.ts';
import type { SideNames } from '../lanes/text.ts';
import type { TracePlayer } from './player.ts';
import { tracesText } from './text.ts';
import { toTurn } from './viewer-commands.ts';

interface TransportProps {
  readonly player: TracePlayer;
  readonly turns: readonly number[];
  readonly sides: SideNames;
  readonly selection: Stretch | null;
  /** There is nothing to be heard. */
  readonly silent: boolean;
}

const SPEEDS = RATES.map((rate) => ({ value: String(rate), label: `${rate}×` }));

/** Hearing the call: where, how fast, which side. */
export function Transport({ player, turns, sides, selection, silent }: TransportProps): ReactNode {
  const t = useTexts(tracesText);
  const { playing, rate, stereo } = player.state();
  const speed = (chosen: string): void => {
    const wanted = RATES.find((each) => String(each) === chosen);
    if (wanted !== undefined) player.setRate(wanted);
  };
  return (
    <div className="traces-transport" role="toolbar" aria-label={t.transport}>
      <IconButton
        icon={ChevronFirst}
        label={t.previousTurn}
        kbd="p"
        onClick={() => toTurn(player, turns, -1)}
      />
      <IconButton icon={RotateCcw} label={t.back5} kbd="j" onClick={() => player.jump(-JUMP_MS)} />
      <IconButton
        icon={playing ? Pause : Play}
        label={silent ? t.noSound : playing ? t.pause : t.play}
        kbd="space"
        variant="plain"
        disabled={silent}
        onClick={player.toggle}
      />
      <IconButton icon={RotateCw} label={t.on5} kbd="l" onClick={() => player.jump(JUMP_MS)} />
      <IconButton icon={ChevronLast} label={t.nextTurn} kbd="o" onClick={() => toTurn(player, turns, 1)} />
      <IconButton
        icon={TextSelect}
        label={t.playSelection}
        kbd="s"
        disabled={silent || selection === null}
        onClick={() => selection && player.playStretch(selection.from, selection.to)}
      />
      <Position player={player} />
      <span className="traces-speed">
        <Select value={String(rate)} onChange={speed} options={SPEEDS} ariaLabel={t.speed} />
      </span>
      <span className="traces-sides" role="group" aria-label={t.sides}>
        <SideTools player={player} side="caller" name={sides.caller} />
        <SideTools player={player} side="bot" name={sides.bot} />
        <IconButton
          icon={Headphones}
          label={t.stereo}
          pressed={stereo}
          onClick={() => player.setStereo(!stereo)}
        />
      </span>
    </div>
  );
}

function Position({ player }: { readonly player: TracePlayer }): ReactNode {
  const t = useTexts(tracesText);
  const atMs = player.state((playback) => playback.atMs);
  return (
    <span className="traces-position mono" title={t.position}>
      {moment(atMs)}
      <span className="traces-faint"> / {clock(player.durationMs)}</span>
    </span>
  );
}

interface SideToolsProps {
  readonly player: TracePlayer;
  readonly side: Side;
  readonly name: string;
}

function SideTools({ player, side, name }: SideToolsProps): ReactNode {
  const t = useTexts(tracesText);
  const { muted, solo } = player.state(({ sides }) => sides[side]);
  return (
    <span className={`traces-side-tools traces-side-${side}`}>
      <button
        type="button"
        className="ui-button ui-quiet traces-solo"
        aria-pressed={solo}
        title={`${t.solo(name)} (${side === 'caller' ? 'C' : 'B'})`}
        aria-label={t.solo(name)}
        onClick={() => player.setSide(side, { solo: !solo })}
      >
        {name}
      </button>
      <IconButton
        icon={muted ? VolumeX : Volume2}
        label={t.mute(name)}
        pressed={muted}
        onClick={() => player.setSide(side, { muted: !muted })}
      />
    </span>
  );
}
