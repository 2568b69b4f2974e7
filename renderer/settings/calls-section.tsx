import { FolderSearch } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import type { AppSettings } from '../../backend/contract/app-settings.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { saveSettings } from '../state/actions.ts';
import { attempt, useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Field, Select } from '../ui/field.tsx';
import { settingsText } from './text.ts';
import { parseNetworks, parseWhole, typed } from './typed.ts';
import { TypedField } from './typed-field.tsx';

export function CallsSection({ settings }: { readonly settings: AppSettings }): ReactNode {
  const t = useTexts(settingsText);
  const { listen } = settings;
  return (
    <>
      <div className="settings-group">
        <h2>{t.botTitle}</h2>
        <BotChoice chosen={settings.bot} />
      </div>
      <div className="settings-group">
        <h2>{t.listening}</h2>
        <div className="settings-pair">
          <TypedField
            mono
            label={t.host}
            hint={t.hostHint}
            value={listen.host}
            parse={(text) => (text.trim() === '' ? null : { value: text.trim() })}
            wrong={t.hostWrong}
            onCommit={(host) => void saveSettings({ listen: { host } })}
          />
          <TypedField
            mono
            label={t.port}
            hint={t.portHint}
            value={String(listen.port)}
            parse={(text) => typed(parseWhole(text, 0, 65_535))}
            wrong={t.portWrong}
            onCommit={(port) => void saveSettings({ listen: { port } })}
          />
        </div>
        <TypedField
          mono
          label={t.allow}
          hint={t.allowHint}
          value={listen.allow.join(', ')}
          parse={(text) => typed(parseNetworks(text))}
          wrong={t.allowWrong}
          onCommit={(allow) => void saveSettings({ listen: { allow } })}
        />
        <p className="settings-note">{t.changesKeepCalls}</p>
      </div>
    </>
  );
}

function BotChoice({ chosen }: { readonly chosen: string | null }): ReactNode {
  const t = useTexts(settingsText);
  const bots = useApp((app) => app.bots);
  const answering = useApp(({ bot }) => bot?.dir ?? null);
  useEffect(() => void refreshBots(), []);
  const dir = chosen ?? answering ?? '';
  const known = bots.some((bot) => bot.dir === dir);
  const choose = async (): Promise<void> => {
    const folder = await attempt(t.notChosen, () => ask('folder.choose', { what: 'bot' }));
    if (folder === null) return;
    await refreshBots();
    await saveSettings({ bot: folder });
  };
  return (
    <div className="settings-with-button">
      <Field label={t.bot} hint={dir === '' ? t.botHint : <span className="mono">{dir}</span>}>
        <Select
          value={dir}
          onChange={(bot) => void saveSettings({ bot })}
          options={[
            ...(known ? [] : [{ value: dir, label: dir === '' ? t.demoBot : dir }]),
            ...bots.map((bot) => ({ value: bot.dir, label: bot.name })),
          ]}
        />
      </Field>
      <Button icon={FolderSearch} onClick={() => void choose()}>
        {t.chooseFolder}
      </Button>
    </div>
  );
}

/** Folders come and go while the window is open. */
async function refreshBots(): Promise<void> {
  const bots = await ask('bot.list', null).catch(() => null);
  if (bots) useApp.setState({ bots });
}
