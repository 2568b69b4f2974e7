import { FolderOpen, FolderSearch } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AppSettings } from '../../backend/contract/app-settings.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { saveSettings, showRecordings } from '../state/actions.ts';
import { attempt } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/field.tsx';
import { settingsText } from './text.ts';
import { parseHttpUrl, parseNumber, parseWhole, typedOrNothing } from './typed.ts';
import { TypedField } from './typed-field.tsx';

interface RecordingsSectionProps {
  readonly settings: AppSettings;
  /** Where records go unless settings name a folder; null: not known. */
  readonly ownFolder: string | null;
}

export function RecordingsSection({
  settings: { recordings, otlp_endpoint },
  ownFolder,
}: RecordingsSectionProps): ReactNode {
  const t = useTexts(settingsText);
  const choose = async (): Promise<void> => {
    const dir = await attempt(t.notSaved, () => ask('folder.choose', { what: 'recordings' }));
    if (dir !== null) await saveSettings({ recordings: { dir } });
  };
  return (
    <>
      <div className="settings-group">
        <Switch
          label={t.record}
          checked={recordings.on}
          onChange={(on) => void saveSettings({ recordings: { on } })}
        />
        <p className="settings-note">{recordings.on ? t.recordText : t.recordOff}</p>
      </div>
      <div className="settings-group">
        <h2>{t.recordFolder}</h2>
        <p className="mono settings-path" data-selectable>
          {recordings.dir ?? ownFolder ?? t.ownFolder}
        </p>
        <div className="settings-buttons">
          <Button icon={FolderSearch} onClick={() => void choose()}>
            {t.choose}
          </Button>
          <Button icon={FolderOpen} onClick={() => void showRecordings()}>
            {t.show}
          </Button>
          {recordings.dir !== null && (
            <Button variant="quiet" onClick={() => void saveSettings({ recordings: { dir: null } })}>
              {t.useOwnFolder}
            </Button>
          )}
        </div>
      </div>
      <div className="settings-group settings-pair">
        <TypedField
          label={t.keepDays}
          hint={t.keepDaysHint}
          value={recordings.keep_days === null ? '' : String(recordings.keep_days)}
          parse={(text) => typedOrNothing(text, parseWhole(text, 1, 3650))}
          wrong={t.keepDaysWrong}
          onCommit={(keep_days) => void saveSettings({ recordings: { keep_days } })}
        />
        <TypedField
          label={t.maxGb}
          hint={t.maxGbHint}
          value={recordings.max_gb === null ? '' : String(recordings.max_gb)}
          parse={(text) => typedOrNothing(text, parseNumber(text, 0.01, 100_000))}
          wrong={t.maxGbWrong}
          onCommit={(max_gb) => void saveSettings({ recordings: { max_gb } })}
        />
      </div>
      <div className="settings-group">
        <h2>OpenTelemetry</h2>
        <TypedField
          label={t.otlp}
          hint={t.otlpHint}
          value={otlp_endpoint ?? ''}
          placeholder="http://localhost:4318"
          parse={(text) => typedOrNothing(text, parseHttpUrl(text))}
          wrong={t.wrongUrl}
          onCommit={(endpoint) => void saveSettings({ otlp_endpoint: endpoint })}
          mono
        />
      </div>
    </>
  );
}
