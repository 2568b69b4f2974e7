import { AudioWaveform } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { useApp } from '../state/app.ts';
import { Empty } from '../ui/panel.tsx';
import { EndpointCard } from './endpoint-card.tsx';
import { settingsText } from './text.ts';

/** What the bot that answers hears, thinks and speaks with. */
export function EndpointsSection(): ReactNode {
  const t = useTexts(settingsText);
  const bot = useApp((app) => app.bot);
  if (bot === null) return <Empty icon={AudioWaveform} title={t.noBot} text={t.noBotText} />;
  return (
    <>
      <p className="settings-note">{t.endpointsText(bot.settings.name)}</p>
      <EndpointCard key={`stt ${bot.dir}`} stage="stt" bot={bot} />
      <EndpointCard key={`llm ${bot.dir}`} stage="llm" bot={bot} />
      <EndpointCard key={`tts ${bot.dir}`} stage="tts" bot={bot} />
    </>
  );
}
