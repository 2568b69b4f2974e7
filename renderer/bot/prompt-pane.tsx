import { Check, CircleAlert, FileX, GitCompare, Pencil, type LucideIcon } from 'lucide-react';
import { useMemo, useState, type ReactNode, Suspense, lazy } from 'react';
import type { BotView } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { changeBot } from '../state/bot.ts';
import { setDraft, useBotState } from './bot-store.ts';
import {
  afterSave,
  canApply,
  changedLines,
  edited,
  keepMine,
  shownText,
  statusOf,
  type PromptStatus,
} from './draft.ts';
import { withoutFolder } from './files.ts';
import { botText } from './text.ts';

const ICONS: Readonly<Record<PromptStatus, LucideIcon>> = {
  in_use: Check,
  taking_up: Check,
  draft: Pencil,
  overtaken: CircleAlert,
  gone: FileX,
  refused: CircleAlert,
};

/** A fifth of the window's code, and not needed for its first picture. */
const Editor = lazy(async () => ({ default: (await import('./editor.tsx')).Editor }));

/** The prompt's text: as calls use it, as the file has it, as the person is writing it. */
export function PromptPane({ bot }: { readonly bot: BotView }): ReactNode {
  const t = useTexts(botText);
  const { dir, prompt } = bot;
  const problem = bot.problem === null ? null : withoutFolder(bot.problem, dir);
  const draft = useBotState(({ drafts }) => drafts[dir]) ?? null;
  const [showChanges, setShowChanges] = useState(false);
  const [saving, setSaving] = useState(false);
  const text = shownText(prompt, draft);
  const lines = useMemo(() => changedLines(prompt.inUse, text), [prompt.inUse, text]);
  const status = statusOf(prompt, draft, problem);

  const apply = async (): Promise<void> => {
    if (!canApply(status) || saving) return;
    setSaving(true);
    if (await changeBot(t.notSaved, () => ask('bot.save_prompt', { bot: dir, text }))) {
      setDraft(dir, afterSave(useBotState.getState().drafts[dir] ?? null, text));
    }
    setSaving(false);
  };

  return (
    <div className="bot-prompt">
      <div className={`bot-prompt-status bot-status-${status}`} role="status">
        <StatusText status={status} lines={lines} problem={problem} />
        <span className="bot-file mono">{prompt.file}</span>
        <IconButton
          icon={GitCompare}
          label={t.showChanges}
          pressed={showChanges}
          onClick={() => setShowChanges(!showChanges)}
        />
      </div>
      {status === 'overtaken' && draft !== null && (
        <div className="bot-overtaken">
          <Button onClick={() => setDraft(dir, null)}>{t.loadTheirs}</Button>
          <Button onClick={() => setDraft(dir, keepMine(prompt, draft))}>{t.keepMine}</Button>
        </div>
      )}
      <Suspense fallback={<div className="bot-editor" />}>
        <Editor
          key={dir}
          value={text}
          original={showChanges ? prompt.inUse : null}
          label={t.promptText}
          onChange={(typed) => {
            const before = useBotState.getState().drafts[dir] ?? null;
            setDraft(dir, edited(prompt, before, typed));
          }}
          onSave={() => void apply()}
        />
      </Suspense>
      <div className="bot-prompt-actions">
        <Button
          variant="primary"
          busy={saving}
          disabled={!canApply(status)}
          kbd="mod+s"
          onClick={() => void apply()}
        >
          {t.apply}
        </Button>
        <Button variant="quiet" disabled={draft === null} onClick={() => setDraft(dir, null)}>
          {t.discard}
        </Button>
      </div>
    </div>
  );
}

interface StatusTextProps {
  readonly status: PromptStatus;
  readonly lines: number;
  readonly problem: string | null;
}

function StatusText({ status, lines, problem }: StatusTextProps): ReactNode {
  const t = useTexts(botText);
  const Icon = ICONS[status];
  const said = {
    in_use: t.inUse,
    taking_up: t.takingUp,
    draft: t.changed(lines),
    overtaken: t.overtaken,
    gone: t.gone,
    refused: problem === null ? t.differs : t.refused(firstLine(problem)),
  }[status];
  return (
    <span className="bot-status-text">
      <Icon className="ui-icon" aria-hidden />
      <span>{said}</span>
    </span>
  );
}

/** The rest is in the panel's banner. */
function firstLine(problem: string): string {
  return problem.split('\n')[0] ?? '';
}
