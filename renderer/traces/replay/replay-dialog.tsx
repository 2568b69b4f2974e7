import { useState, type ReactNode } from 'react';
import type { FrozenStage, ReplayResult } from '../../../backend/contract/traces.ts';
import { useTexts } from '../../base/text.ts';
import { ask } from '../../bridge/bridge.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Select, Slider, Switch } from '../../ui/field.tsx';
import './replay.css';
import { ReplayResults } from './replay-results.tsx';
import { replayText } from './text.ts';
import { useReplay } from './use-replay.ts';

interface ReplayDialogProps {
  /** Id of the trace; null: closed. */
  readonly trace: string | null;
  readonly onClose: () => void;
  /** Puts the original and one of its replays side by side. */
  readonly onCompare: (original: string, replay: string) => void;
}

type Pace = 'original' | 'conversation';
const STAGES: readonly FrozenStage[] = ['stt', 'llm', 'tts'];
const MOST_REPEATS = 50;

/** What to freeze, at which pace and how often; then what came of it. */
export function ReplayDialog({ trace, onClose, onCompare }: ReplayDialogProps): ReactNode {
  const t = useTexts(replayText);
  return (
    <Dialog open={trace !== null} onClose={onClose} title={t.title}>
      {trace !== null && <Body trace={trace} onClose={onClose} onCompare={onCompare} />}
    </Dialog>
  );
}

function Body({
  trace,
  onClose,
  onCompare,
}: Omit<ReplayDialogProps, 'trace'> & { readonly trace: string }): ReactNode {
  const t = useTexts(replayText);
  const [freeze, setFreeze] = useState<readonly FrozenStage[]>([]);
  const [pace, setPace] = useState<Pace>('original');
  const [repeat, setRepeat] = useState(1);
  const [result, setResult] = useState<ReplayResult | null>(null);
  const { progress, run } = useReplay();

  if (result !== null) {
    return (
      <ReplayResults
        result={result}
        onCompare={(replay) => {
          onClose();
          onCompare(trace, replay);
        }}
      />
    );
  }
  const start = async (): Promise<void> => {
    const done = await run({ trace, freeze: [...freeze], repeat, pace });
    if (done !== null) setResult(done);
  };
  return (
    <div className="replay">
      <p>
        {t.about} {t.bot}
      </p>
      <fieldset className="replay-freeze" disabled={progress !== null}>
        <legend>{t.freeze}</legend>
        {STAGES.map((stage) => (
          <Switch
            key={stage}
            label={t[stage]}
            checked={freeze.includes(stage)}
            onChange={(on) => setFreeze(on ? [...freeze, stage] : freeze.filter((other) => other !== stage))}
          />
        ))}
        <p className="replay-hint">{t.freezeHint}</p>
      </fieldset>
      <Field label={t.pace} hint={t.paceHint}>
        <Select
          value={pace}
          onChange={setPace}
          options={[
            { value: 'original', label: t.original },
            { value: 'conversation', label: t.conversation },
          ]}
        />
      </Field>
      <Field label={t.repeat} hint={t.repeatHint}>
        <Slider
          value={repeat}
          min={1}
          max={MOST_REPEATS}
          step={1}
          label={t.repeat}
          format={String}
          onChange={setRepeat}
          onCommit={setRepeat}
        />
      </Field>
      <div className="replay-actions">
        {progress !== null && (
          <>
            <progress max={progress.of} value={progress.done} aria-label={t.title} />
            <span className="tabular">{t.running(progress.done, progress.of)}</span>
            <Button variant="plain" onClick={() => void ask('trace.stop_replay', null)}>
              {t.stop}
            </Button>
          </>
        )}
        <Button variant="primary" busy={progress !== null} onClick={() => void start()}>
          {t.start}
        </Button>
      </div>
    </div>
  );
}
