import { AudioLines, X } from 'lucide-react';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import { MAX_VOICE_BYTES } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { ProblemError, ask } from '../bridge/bridge.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { takeBot } from '../state/bot.ts';
import { botText } from './text.ts';

const MB = 2 ** 20;

interface Refusal {
  readonly file: string;
  readonly message: string;
  readonly hint: string | null;
}

/** Where recordings are dropped or chosen. What is wrong with one is said right here. */
export function VoiceDrop({ dir }: { readonly dir: string }): ReactNode {
  const t = useTexts(botText);
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [checking, setChecking] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);

  const refuse = (file: string, message: string, hint: string | null): void =>
    setRefusals((before) => [...before, { file, message, hint }]);

  const add = async (file: File): Promise<void> => {
    if (file.size > MAX_VOICE_BYTES) {
      refuse(file.name, t.tooLarge(Math.ceil(file.size / MB), MAX_VOICE_BYTES / MB), t.tooLargeHint);
      return;
    }
    setChecking(file.name);
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      takeBot(await ask('voice.add', { bot: dir, name: file.name.slice(0, 120), bytes }));
    } catch (error) {
      if (error instanceof ProblemError) refuse(file.name, error.problem.message, error.problem.hint);
      // A folder, or a file that went away meanwhile.
      else refuse(file.name, t.unreadable, null);
    }
    setChecking(null);
  };

  const addAll = async (files: Iterable<File>): Promise<void> => {
    setRefusals([]);
    for (const file of files) await add(file);
  };

  const drag = (event: DragEvent, inside: boolean): void => {
    event.preventDefault();
    setOver(inside);
  };

  return (
    <div className="bot-drop-area">
      <div
        className="bot-drop"
        data-over={over}
        data-takes-files=""
        onDragOver={(event) => drag(event, true)}
        onDragLeave={(event) => drag(event, false)}
        onDrop={(event) => {
          drag(event, false);
          void addAll([...event.dataTransfer.files]);
        }}
      >
        <AudioLines className="ui-icon" aria-hidden />
        <span role="status">{checking === null ? t.drop : `${t.checking} ${checking}`}</span>
        <Button busy={checking !== null} onClick={() => input.current?.click()}>
          {t.choose}
        </Button>
        <input
          ref={input}
          hidden
          type="file"
          accept=".wav,audio/wav,audio/x-wav"
          multiple
          onChange={(event) => {
            void addAll([...(event.target.files ?? [])]);
            // The same file may be chosen again.
            event.target.value = '';
          }}
        />
      </div>
      {refusals.map((refusal) => (
        <div key={refusal.file} className="bot-refusal" role="alert">
          <div>
            <strong>{refusal.file}</strong>
            <p>{refusal.message}</p>
            {refusal.hint !== null && <p className="bot-refusal-hint">{refusal.hint}</p>}
          </div>
          <IconButton
            icon={X}
            label={t.dismiss}
            onClick={() => setRefusals((before) => before.filter((one) => one !== refusal))}
          />
        </div>
      ))}
    </div>
  );
}
