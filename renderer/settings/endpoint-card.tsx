import { Gauge } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { BotView, EndpointReport } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from '../state/app.ts';
import { setBotKeys } from '../state/bot.ts';
import { Button } from '../ui/button.tsx';
import { Field, Select, TextInput } from '../ui/field.tsx';
import { ApiKey } from './api-key.tsx';
import {
  changesOf,
  draftOf,
  embeddedModels,
  errorsIn,
  testRequest,
  withProvider,
  type EndpointDraft,
  type EndpointErrors,
  type Provider,
  type Stage,
} from './endpoint.ts';
import { EndpointResult } from './endpoint-result.tsx';
import { settingsText } from './text.ts';

interface EndpointCardProps {
  readonly stage: Stage;
  readonly bot: BotView;
}

/** One stage of the bot: changed, tried before it is saved, saved. */
export function EndpointCard({ stage, bot: { dir, settings } }: EndpointCardProps): ReactNode {
  const t = useTexts(settingsText);
  const all = useApp((app) => app.models);
  const [changed, setChanged] = useState<Partial<EndpointDraft>>({});
  const [doing, setDoing] = useState<'save' | 'test' | null>(null);
  const [report, setReport] = useState<EndpointReport | null>(null);

  const saved = draftOf(settings, stage);
  const draft: EndpointDraft = { ...saved, ...changed };
  const models = embeddedModels(stage, all, settings.language);
  const errors = errorsIn(draft);
  const faulty = Object.keys(errors).length > 0;
  const changes = faulty ? [] : changesOf(settings, stage, draft);
  const dirty = faulty || changes.length > 0;
  const set = (change: Partial<EndpointDraft>): void => setChanged((before) => ({ ...before, ...change }));

  const save = async (): Promise<void> => {
    if (changes.length === 0) return;
    setDoing('save');
    await setBotKeys(t.keysNotSaved, dir, changes);
    setDoing(null);
  };
  const test = async (): Promise<void> => {
    setDoing('test');
    setReport(null);
    setReport(
      await attempt(t.notTested, () => ask('endpoint.test', testRequest(dir, settings, stage, draft))),
    );
    setDoing(null);
  };

  return (
    <section className="settings-card" aria-label={t[stage]}>
      <h2>{t[stage]}</h2>
      <div className="settings-pair">
        <Field label={t.provider}>
          <Select<Provider>
            value={draft.provider}
            onChange={(provider) => set(withProvider(draft, provider, saved, models))}
            options={[
              { value: 'embedded', label: t.embedded },
              { value: 'openai', label: t.openai },
              ...(saved.provider === 'scripted' ? [{ value: 'scripted' as const, label: t.scripted }] : []),
            ]}
          />
        </Field>
        <Model {...{ draft, models }} error={errors.model} onChange={(model) => set({ model })} />
      </div>
      {draft.provider === 'openai' && (
        <Remote {...{ stage, draft, errors }} onChange={set} onSubmit={() => void save()} />
      )}
      <div className="settings-pair">
        <Field label={t.timeout} hint={t.timeoutHint} error={errors.timeout && t.wrongTimeout}>
          <TextInput
            value={draft.timeout}
            onChange={(timeout) => set({ timeout })}
            onSubmit={() => void save()}
          />
        </Field>
        {stage === 'tts' && draft.provider === 'openai' && (
          <Field label={t.voice} hint={t.voiceHint}>
            <TextInput
              value={draft.voice}
              onChange={(voice) => set({ voice })}
              onSubmit={() => void save()}
            />
          </Field>
        )}
      </div>
      <div className="settings-buttons">
        <Button
          variant={dirty ? 'primary' : 'plain'}
          busy={doing === 'save'}
          disabled={changes.length === 0}
          onClick={() => void save()}
        >
          {t.save}
        </Button>
        <Button icon={Gauge} busy={doing === 'test'} disabled={faulty} onClick={() => void test()}>
          {t.test}
        </Button>
        {dirty && (
          <Button variant="quiet" onClick={() => setChanged({})}>
            {t.reset}
          </Button>
        )}
      </div>
      <div role="status">
        {doing === 'test' && <p className="settings-note">{t.testing}</p>}
        {report !== null && <EndpointResult stage={stage} report={report} />}
      </div>
    </section>
  );
}

interface ModelProps {
  readonly draft: EndpointDraft;
  /** Embedded ones. */
  readonly models: readonly string[];
  readonly error: EndpointErrors['model'];
  readonly onChange: (model: string) => void;
}

function Model({ draft, models, error, onChange }: ModelProps): ReactNode {
  const t = useTexts(settingsText);
  const absent = useAbsent();
  if (draft.provider !== 'embedded') {
    return (
      <Field label={t.model} error={error && t.missing}>
        <TextInput mono value={draft.model} onChange={onChange} />
      </Field>
    );
  }
  const known = models.includes(draft.model) ? models : [draft.model, ...models];
  return (
    <Field label={t.model} hint={absent.has(draft.model) ? t.pullFirst : null}>
      <Select
        value={draft.model}
        onChange={onChange}
        options={known.map((name) => ({
          value: name,
          label: absent.has(name) ? `${name} (${t.notInstalled})` : name,
        }))}
      />
    </Field>
  );
}

function useAbsent(): ReadonlySet<string> {
  const models = useApp((app) => app.models);
  return new Set(models.filter(({ state }) => state !== 'installed').map(({ name }) => name));
}

interface RemoteProps {
  readonly stage: Stage;
  readonly draft: EndpointDraft;
  readonly errors: EndpointErrors;
  readonly onChange: (change: Partial<EndpointDraft>) => void;
  readonly onSubmit: () => void;
}

function Remote({ stage, draft, errors, onChange, onSubmit }: RemoteProps): ReactNode {
  const t = useTexts(settingsText);
  const urlError = errors.baseUrl === undefined ? null : errors.baseUrl === 'url' ? t.wrongUrl : t.missing;
  return (
    <>
      <Field label={t.baseUrl} hint={t.baseUrlHint} error={urlError}>
        <TextInput
          mono
          type="url"
          placeholder="http://localhost:8000/v1"
          value={draft.baseUrl}
          onChange={(baseUrl) => onChange({ baseUrl })}
          onSubmit={onSubmit}
        />
      </Field>
      <ApiKey
        suggestion={`${stage.toUpperCase()}_API_KEY`}
        name={draft.apiKeyEnv}
        error={errors.apiKeyEnv === undefined ? null : t.wrongEnv}
        onName={(apiKeyEnv) => onChange({ apiKeyEnv })}
      />
    </>
  );
}
