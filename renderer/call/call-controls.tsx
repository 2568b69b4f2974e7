import { Send } from 'lucide-react';
import { useState, type KeyboardEvent, type ReactNode } from 'react';
import type { LineView } from '../../backend/contract/sip.ts';
import { useCommands } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { usePerson } from '../person/store.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextInput } from '../ui/field.tsx';
import './call.css';
import {
  KEY_PAD_ID,
  commandsOf,
  controlViews,
  lineControlViews,
  openTool,
  say,
  useTool,
  whisper,
  type ControlView,
} from './controls.ts';
import { KeyPad } from './key-pad.tsx';
import { reach } from './legs.ts';
import { lineText } from './line-text.ts';
import type { CallFacts } from './shown.ts';
import { callText } from './text.ts';
import { TransferForm } from './transfer-form.tsx';

interface CallControlsProps {
  readonly shown: CallFacts;
  readonly other: CallFacts | null;
  /** Its signalling; null: raw RTP. */
  readonly line: LineView | null;
}

/** What can be done to a call going on. */
export function CallControls({ shown, other, line }: CallControlsProps): ReactNode {
  const t = useTexts(callText);
  const tool = useTool((state) => state.tool);
  const listened = usePerson((person) => person.listened.has(shown.id));
  const lines = useTexts(lineText);
  const ofCall = controlViews(shown, other, tool, listened, t);
  const ofLine = line === null ? [] : lineControlViews(line, tool, lines);
  // To hang up stays the last one.
  const views = [...ofCall.slice(0, -1), ...ofLine, ...ofCall.slice(-1)];
  useCommands(commandsOf(views));
  const keysLeg = reach('keys', shown, other).call;
  const shut = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || tool === null) return;
    event.stopPropagation();
    openTool(null);
  };
  return (
    <div className="call-controls" onKeyDown={shut}>
      <div className="call-buttons" role="group" aria-label={t.controls}>
        {views.map((view) => (
          <ControlButton key={view.control} view={view} because={t.because} />
        ))}
      </div>
      {keysLeg !== null && <KeyPad key={keysLeg} call={keysLeg} />}
      {tool === 'transfer' && line && <TransferForm line={line} />}
      {(tool === 'say' || tool === 'whisper') && <WordsForm key={tool} call={shown.id} tool={tool} />}
    </div>
  );
}

interface ControlButtonProps {
  readonly view: ControlView;
  readonly because: (control: string, reason: string) => string;
}

/** What cannot act keeps its place and says why, to the keyboard too. */
function ControlButton({ view, because }: ControlButtonProps): ReactNode {
  const { control, label, icon, keys, pressed, reason, run } = view;
  return (
    <IconButton
      icon={icon}
      label={reason === null ? label : because(label, reason)}
      pressed={pressed}
      kbd={keys}
      variant={control === 'hang_up' ? 'danger' : 'quiet'}
      aria-disabled={reason !== null}
      {...(control === 'keys' ? { popoverTarget: KEY_PAD_ID } : { onClick: run })}
    />
  );
}

interface WordsFormProps {
  readonly call: string;
  readonly tool: 'say' | 'whisper';
}

/** Words for the bot to say, or to mind. */
function WordsForm({ call, tool }: WordsFormProps): ReactNode {
  const t = useTexts(callText);
  const [words, setWords] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    const text = words.trim();
    if (text === '' || busy) return;
    setBusy(true);
    const taken = await (tool === 'say' ? say(call, text) : whisper(call, text));
    setBusy(false);
    if (taken) openTool(null);
  };
  return (
    <div className="call-words" role="group" aria-label={t[tool]}>
      <TextInput
        value={words}
        onChange={setWords}
        onSubmit={() => void submit()}
        placeholder={tool === 'say' ? t.sayPlaceholder : t.whisperPlaceholder}
        ariaLabel={t[tool]}
        autoFocus
      />
      <Button
        variant="primary"
        icon={Send}
        busy={busy}
        disabled={words.trim() === ''}
        onClick={() => void submit()}
      >
        {tool === 'say' ? t.sayIt : t.whisperIt}
      </Button>
      <Button variant="quiet" onClick={() => openTool(null)}>
        {t.cancel}
      </Button>
    </div>
  );
}
