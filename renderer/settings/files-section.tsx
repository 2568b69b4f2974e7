import { FolderOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AppSettings } from '../../backend/contract/app-settings.ts';
import type { Request, Snapshot } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { settingsText } from './text.ts';

interface FilesSectionProps {
  readonly settings: AppSettings;
  readonly snapshot: Snapshot;
}

/** Where everything lies. */
export function FilesSection({ settings, snapshot }: FilesSectionProps): ReactNode {
  const t = useTexts(settingsText);
  const bot = useApp((app) => app.bot);
  const secrets = useApp((app) => app.secrets);
  const { paths, secretsEncrypted } = snapshot;
  return (
    <>
      <p className="settings-note">{t.filesText}</p>
      <ul className="settings-files">
        <Place name={t.settingsFile} path={paths.settings} what="settings" />
        {bot !== null && <Place name={t.botFolder} path={bot.dir} what="bot" />}
        <Place name={t.recordsFolder} path={settings.recordings.dir ?? paths.recordings} what="recordings" />
        <Place name={t.modelsFolder} path={paths.models} what={null} />
      </ul>
      <div className="settings-group">
        <p>{t.secrets}</p>
        <p className={secretsEncrypted ? 'settings-note' : 'settings-warning'}>
          {secretsEncrypted ? t.encrypted : t.notEncrypted}
        </p>
        <p className="settings-buttons">
          <span className="settings-dim">{t.stored}:</span>
          {secrets.length === 0 && t.noSecrets}
          {secrets.map((name) => (
            <Badge key={name} tone="dim">
              {name}
            </Badge>
          ))}
        </p>
      </div>
    </>
  );
}

interface PlaceProps {
  readonly name: string;
  readonly path: string;
  /** null: cannot be shown. */
  readonly what: Request<'folder.show'>['what'] | null;
}

function Place({ name, path, what }: PlaceProps): ReactNode {
  const t = useTexts(settingsText);
  const show = (shown: NonNullable<typeof what>): void =>
    void attempt(t.notShown, () => ask('folder.show', { what: shown, call: null }));
  return (
    <li className="settings-file">
      <div>
        <p>{name}</p>
        <p className="mono settings-path" data-selectable>
          {path}
        </p>
      </div>
      {what !== null && (
        <Button icon={FolderOpen} aria-label={`${t.show}: ${name}`} onClick={() => show(what)}>
          {t.show}
        </Button>
      )}
    </li>
  );
}
