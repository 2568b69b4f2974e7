import { KeyRound } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Badge } from '../ui/panel.tsx';
import { settingsText } from './text.ts';

interface ApiKeyProps {
  /** Of the environment variable; '': none. */
  readonly name: string;
  readonly suggestion: string;
  readonly error: string | null;
  readonly onName: (name: string) => void;
}

/** The name of an API key, and a way to store the key itself, which is never shown again. */
export function ApiKey({ name, suggestion, error, onName }: ApiKeyProps): ReactNode {
  const t = useTexts(settingsText);
  const stored = useApp(({ secrets }) => secrets.includes(name));
  const [value, setValue] = useState('');
  const [storing, setStoring] = useState(false);
  const store = async (secret: string | null): Promise<void> => {
    setStoring(true);
    const secrets = await attempt(t.keyNotStored, () => ask('secret.set', { name, value: secret }));
    setStoring(false);
    if (secrets === null) return;
    useApp.setState({ secrets });
    setValue('');
  };
  const usable = name !== '' && error === null;
  return (
    <div className="settings-pair">
      <Field label={t.apiKey} hint={t.apiKeyHint} error={error}>
        <TextInput mono value={name} onChange={onName} placeholder={suggestion} />
      </Field>
      {usable && (
        <div className="settings-key">
          <div className="settings-with-button">
            <Field label={t.keyValue}>
              <TextInput
                type="password"
                value={value}
                onChange={setValue}
                onSubmit={() => value !== '' && void store(value)}
              />
            </Field>
            <Button icon={KeyRound} busy={storing} disabled={value === ''} onClick={() => void store(value)}>
              {t.storeKey}
            </Button>
          </div>
          <div className="settings-buttons">
            <Badge tone={stored ? 'ok' : 'dim'}>{stored ? t.keyStored : t.keyMissing}</Badge>
            {stored && (
              <Button variant="quiet" disabled={storing} onClick={() => void store(null)}>
                {t.forgetKey}
              </Button>
            )}
          </div>
        </div>
      )}
    </div>
  );
}
