import { CircleCheck, CircleX, Play, Square } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import type { EndpointReport } from '../../backend/contract/window.ts';
import { playWav, stopPlaying, usePlayer } from '../base/player.ts';
import { useTexts } from '../base/text.ts';
import { attempt, useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import type { Stage } from './endpoint.ts';
import { settingsText } from './text.ts';

interface EndpointResultProps {
  readonly stage: Stage;
  readonly report: EndpointReport;
}

/** What a Test found: what answered, how fast, with what. */
export function EndpointResult({ stage, report }: EndpointResultProps): ReactNode {
  const t = useTexts(settingsText);
  const { ok, message, firstMs, tookMs, text, wav } = report;
  const Icon = ok ? CircleCheck : CircleX;
  const words = { stt: t.heard, llm: t.said, tts: t.spoke }[stage];
  return (
    <div className={`settings-result settings-result-${ok ? 'ok' : 'failed'}`}>
      <Icon className="ui-icon" aria-hidden />
      <div className="settings-result-body" data-selectable>
        <p>{message}</p>
        <dl className="settings-figures">
          {firstMs !== null && (
            <div>
              <dt>{t.first}</dt>
              <dd className="tabular">{t.ms(firstMs.toFixed(0))}</dd>
            </div>
          )}
          <div>
            <dt>{t.total}</dt>
            <dd className="tabular">{t.ms(tookMs.toFixed(0))}</dd>
          </div>
        </dl>
        {text !== null && (
          <p>
            {words}: <q>{text}</q>
          </p>
        )}
      </div>
      {wav !== null && <PlayResult name={stage} wav={wav} />}
    </div>
  );
}

function PlayResult({ name, wav }: { readonly name: string; readonly wav: Uint8Array }): ReactNode {
  const t = useTexts(settingsText);
  const speaker = useApp(({ settings }) => settings?.devices.speaker?.id ?? null);
  const key = `test ${name}`;
  const playing = usePlayer((player) => player.playing === key);
  useEffect(() => stopPlaying, []);
  return playing ? (
    <Button icon={Square} onClick={stopPlaying}>
      {t.stop}
    </Button>
  ) : (
    <Button icon={Play} onClick={() => void attempt(t.notPlayed, () => playWav(key, wav, speaker))}>
      {t.play}
    </Button>
  );
}
