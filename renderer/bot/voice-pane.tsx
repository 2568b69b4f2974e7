import { Cpu } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import type { BotView } from '../../backend/contract/window.ts';
import { stopPlaying } from '../base/player.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { changeBot } from '../state/bot.ts';
import { botText } from './text.ts';
import { VoiceCard } from './voice-card.tsx';
import { VoiceDrop } from './voice-drop.tsx';

/** The voices that the bot can have. */
export function VoicePane({ bot }: { readonly bot: BotView }): ReactNode {
  const t = useTexts(botText);
  const { dir, settings, voices, embeddedVoices } = bot;
  const embedded = settings.tts.provider === 'embedded';
  useEffect(() => stopPlaying, []);
  return (
    <div className="bot-scroll">
      {embedded && (
        <section className="bot-section">
          <h3 className="bot-heading">{t.embedded}</h3>
          <ul className="bot-cards">
            {embeddedVoices.map((voice) => (
              <EmbeddedVoice key={voice} dir={dir} voice={voice} inUse={voice === settings.tts.model} />
            ))}
          </ul>
        </section>
      )}
      <section className="bot-section">
        <h3 className="bot-heading">{t.voiceSamples}</h3>
        {embedded && <p className="bot-note">{t.noClone}</p>}
        <ul className="bot-cards">
          {voices.map((voice) => (
            <VoiceCard key={voice.file} dir={dir} voice={voice} />
          ))}
        </ul>
        <VoiceDrop dir={dir} />
        <p className="bot-note">{t.consent}</p>
      </section>
    </div>
  );
}

interface EmbeddedVoiceProps {
  /** Folder of the bot. */
  readonly dir: string;
  readonly voice: string;
  readonly inUse: boolean;
}

function EmbeddedVoice({ dir, voice, inUse }: EmbeddedVoiceProps): ReactNode {
  const t = useTexts(botText);
  const [switching, setSwitching] = useState(false);
  const about = useApp(({ models }) => models.find(({ name }) => name === voice)?.about);
  const use = async (): Promise<void> => {
    setSwitching(true);
    await changeBot(t.notUsed, () => ask('bot.set', { bot: dir, path: ['tts', 'model'], value: voice }));
    setSwitching(false);
  };
  return (
    <li className="bot-card bot-card-row" data-in-use={inUse}>
      <Cpu className="ui-icon" aria-hidden />
      <span className="bot-card-name">{voice}</span>
      <span className="bot-card-facts">{about}</span>
      {inUse ? (
        <Badge tone="bot">{t.inUse}</Badge>
      ) : (
        <Button busy={switching} onClick={() => void use()}>
          {t.use}
        </Button>
      )}
    </li>
  );
}
