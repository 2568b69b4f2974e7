import { Download, Trash2, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ModelView } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from '../state/app.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { size } from '../base/size.ts';
import { settingsText } from './text.ts';

const PURPOSES: readonly ModelView['purpose'][] = ['stt', 'llm', 'tts', 'vad', 'turn'];

/** The models of this machine, by what they are for. */
export function ModelsSection(): ReactNode {
  const t = useTexts(settingsText);
  const models = useApp((app) => app.models);
  const used = useApp(({ bot }) => bot?.settings ?? null);
  const inUse = ({ name, purpose }: ModelView): boolean =>
    used !== null &&
    (purpose === 'stt' || purpose === 'llm' || purpose === 'tts') &&
    used[purpose].provider === 'embedded' &&
    used[purpose].model === name;
  return (
    <>
      <p className="settings-note">{t.modelsText}</p>
      {PURPOSES.map((purpose) => {
        const own = models.filter((model) => model.purpose === purpose);
        if (own.length === 0) return null;
        return (
          <div key={purpose} className="settings-group">
            <h2>{t[purpose]}</h2>
            <ul className="settings-models">
              {own.map((model) => (
                <ModelRow key={model.name} model={model} inUse={inUse(model)} />
              ))}
            </ul>
          </div>
        );
      })}
    </>
  );
}

function ModelRow({ model, inUse }: { readonly model: ModelView; readonly inUse: boolean }): ReactNode {
  const t = useTexts(settingsText);
  const { name, languages, licence, about, bytes, state, receivedBytes, problem } = model;
  const show = (count: number): string => size(count, [t.kb, t.mb, t.gb]);
  return (
    <li className="settings-model">
      <div className="settings-model-what">
        <p>
          <strong className="mono">{name}</strong> <span className="settings-dim">{about}</span>
        </p>
        <p className="settings-note">
          {languages.length === 0 ? t.anyLanguage : languages.join(', ')} · {licence} ·{' '}
          <span className="tabular">{show(bytes)}</span>
        </p>
        {state === 'fetching' && (
          <div className="settings-progress">
            <progress aria-label={name} value={receivedBytes} max={bytes} />
            <span className="tabular">{t.fetched(show(receivedBytes), show(bytes))}</span>
          </div>
        )}
        {problem !== null && (
          <p className="settings-model-problem" role="alert" data-selectable>
            {problem}
          </p>
        )}
      </div>
      <div className="settings-model-state">
        {state === 'installed' && <Badge tone="ok">{t.installed}</Badge>}
        <ModelAction model={model} inUse={inUse} />
      </div>
    </li>
  );
}

function ModelAction({ model, inUse }: { readonly model: ModelView; readonly inUse: boolean }): ReactNode {
  const t = useTexts(settingsText);
  const { name, state } = model;
  switch (state) {
    case 'installed':
      return (
        <IconButton
          icon={Trash2}
          label={inUse ? t.modelInUse : t.removeOf(name)}
          disabled={inUse}
          onClick={() => void attempt(t.notRemoved, () => ask('model.remove', { model: name }))}
        />
      );
    case 'fetching':
      return (
        <Button
          icon={X}
          aria-label={t.cancelOf(name)}
          onClick={() => void attempt(t.notPulled, () => ask('model.cancel', { model: name }))}
        >
          {t.cancel}
        </Button>
      );
    case 'absent':
    case 'failed':
      return (
        <Button
          icon={Download}
          aria-label={t.pullOf(name)}
          onClick={() => void attempt(t.notPulled, () => ask('model.pull', { model: name }))}
        >
          {t.pull}
        </Button>
      );
  }
}
