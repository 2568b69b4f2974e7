import type { ReactNode } from 'react';
import type { AppSettings } from '../../backend/contract/app-settings.ts';
import { runCommand } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { saveSettings } from '../state/actions.ts';
import { Button } from '../ui/button.tsx';
import { Field, Select } from '../ui/field.tsx';
import { settingsText } from './text.ts';

interface GeneralSectionProps {
  readonly settings: AppSettings;
  readonly version: string;
}

export function GeneralSection({ settings, version }: GeneralSectionProps): ReactNode {
  const t = useTexts(settingsText);
  return (
    <>
      <div className="settings-group settings-narrow">
        <Field label={t.language}>
          <Select<AppSettings['language']>
            value={settings.language}
            onChange={(language) => void saveSettings({ language })}
            options={[
              { value: 'auto', label: t.languageAuto },
              // In their own names, for who cannot read the other.
              { value: 'en', label: 'English' },
              { value: 'ru', label: 'Русский' },
            ]}
          />
        </Field>
        <Field label={t.theme}>
          <Select<AppSettings['theme']>
            value={settings.theme}
            onChange={(theme) => void saveSettings({ theme })}
            options={[
              { value: 'auto', label: t.themeAuto },
              { value: 'light', label: t.themeLight },
              { value: 'dark', label: t.themeDark },
            ]}
          />
        </Field>
      </div>
      <div className="settings-group">
        <h2>{t.tour}</h2>
        <p className="settings-note">{t.tourText}</p>
        <div>
          <Button onClick={() => runCommand('tour')}>{t.tourAgain}</Button>
        </div>
      </div>
      <p className="settings-note">{t.version(version)}</p>
    </>
  );
}
