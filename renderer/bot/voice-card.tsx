import { CircleCheck, Play, Square, Trash2, TriangleAlert } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { VoiceCard as Voice, VoiceFinding } from '../../backend/contract/window.ts';
import { playWav, stopPlaying, usePlayer } from '../base/player.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from '../state/app.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { changeBot } from '../state/bot.ts';
import { Shape } from './shape.tsx';
import { botText } from './text.ts';

interface VoiceCardProps {
  /** Folder of the bot. */
  readonly dir: string;
  readonly voice: Voice;
}

/** A recording to clone from. */
export function VoiceCard({ dir, voice }: VoiceCardProps): ReactNode {
  const t = useTexts(botText);
  const [switching, setSwitching] = useState(false);
  const { file, name, inUse, durationMs, sampleRate, findings, shape } = voice;

  const use = async (value: string | null): Promise<void> => {
    setSwitching(true);
    await changeBot(t.notUsed, () => ask('bot.set', { bot: dir, path: ['voice', 'ref_audio'], value }));
    setSwitching(false);
  };

  return (
    <li className="bot-card" data-in-use={inUse}>
      <div className="bot-card-head">
        <span className="bot-card-name" title={file}>
          {name}
        </span>
        {inUse && <Badge tone="bot">{t.inUse}</Badge>}
        <span className="bot-card-facts tabular">
          {t.seconds((durationMs / 1000).toFixed(1))} · {t.rate(String(sampleRate / 1000))}
        </span>
      </div>
      <Shape shape={shape} />
      <ul className="bot-findings">
        {findings.map((finding) => (
          <Finding key={finding.check} finding={finding} />
        ))}
      </ul>
      <div className="bot-card-actions">
        <PlayButton dir={dir} file={file} />
        {inUse ? (
          <Button busy={switching} variant="quiet" onClick={() => void use(null)}>
            {t.stopUsing}
          </Button>
        ) : (
          <Button busy={switching} onClick={() => void use(file)}>
            {t.use}
          </Button>
        )}
        <IconButton
          icon={Trash2}
          label={inUse ? t.removeInUse : `${t.remove}: ${name}`}
          disabled={inUse}
          onClick={() => void changeBot(t.notRemoved, () => ask('voice.remove', { bot: dir, voice: file }))}
        />
      </div>
    </li>
  );
}

function Finding({ finding: { check, verdict, message } }: { readonly finding: VoiceFinding }): ReactNode {
  const t = useTexts(botText);
  const Icon = verdict === 'ok' ? CircleCheck : TriangleAlert;
  return (
    <li className={`bot-finding bot-finding-${verdict}`}>
      <Icon className="ui-icon" aria-label={verdict === 'ok' ? t.fine : t.attention} />
      <span className="bot-finding-check">{t[`check_${check}`]}</span>
      <span>{message}</span>
    </li>
  );
}

function PlayButton({ dir, file }: { readonly dir: string; readonly file: string }): ReactNode {
  const t = useTexts(botText);
  const speaker = useApp(({ settings }) => settings?.devices.speaker?.id ?? null);
  const [loading, setLoading] = useState(false);
  const key = `${dir}/${file}`;
  const playing = usePlayer((player) => player.playing === key);
  const play = async (): Promise<void> => {
    setLoading(true);
    await attempt(t.notPlayed, async () => {
      await playWav(key, await ask('voice.preview', { bot: dir, voice: file }), speaker);
    });
    setLoading(false);
  };
  return playing ? (
    <Button icon={Square} onClick={stopPlaying}>
      {t.stop}
    </Button>
  ) : (
    <Button icon={Play} title={t.playTitle} busy={loading} onClick={() => void play()}>
      {t.play}
    </Button>
  );
}
