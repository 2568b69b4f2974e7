import { AudioLines, Bot, FileText, FolderOpen, SlidersHorizontal, TriangleAlert, Undo2 } from 'lucide-react';
import { memo, type KeyboardEvent, type ReactNode } from 'react';
import type { BotView } from '../../backend/contract/window.ts';
import { runCommand, useCommands } from '../base/commands.ts';
import { isMac, isPressed } from '../base/keys.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, useApp } from '../state/app.ts';
import type { CallEntry } from '../state/calls.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty } from '../ui/panel.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { changeBot } from '../state/bot.ts';
import { useBotOf, useBotState, type BotPart } from './bot-store.ts';
import { withoutFolder } from './files.ts';
import { PromptPane } from './prompt-pane.tsx';
import { botText } from './text.ts';
import { TuningPane } from './tuning-pane.tsx';
import { VoicePane } from './voice-pane.tsx';
import './bot.css';

/** The bot of the selected call, or the one that answers: its prompt, voice and timing, changed in mid-call. */
export function BotPanel({ call }: { readonly call: CallEntry | null }): ReactNode {
  const t = useTexts(botText);
  const { view, opening } = useBotOf(call?.summary.party ?? null);
  if (view) return <OpenBot bot={view} />;
  return opening ? (
    <Empty icon={Bot} title={t.opening} text={t.openingText} />
  ) : (
    <Empty icon={Bot} title={t.none} text={t.noneText} />
  );
}

/** Not rendered anew with each event of the call. */
const OpenBot = memo(function OpenBot({ bot }: { readonly bot: BotView }): ReactNode {
  const t = useTexts(botText);
  const part = useBotState((state) => state.part);
  const answers = useApp((app) => app.bot?.dir === bot.dir);

  const undo = (): void => {
    if (bot.undo !== null) void changeBot(t.notUndone, () => ask('bot.undo', { bot: bot.dir }));
  };
  const showFolder = (): void =>
    void attempt(t.notShown, () => ask('folder.show', { what: 'bot', call: null }));
  const open = (to: BotPart): void => {
    useBotState.setState({ part: to });
    runCommand('call.bot');
  };
  useCommands([
    { id: 'bot.prompt', title: t.cmdPrompt, run: () => open('prompt') },
    { id: 'bot.voice', title: t.cmdVoice, run: () => open('voice') },
    { id: 'bot.tuning', title: t.cmdTuning, run: () => open('tuning') },
    { id: 'bot.undo', title: t.cmdUndo, run: undo, when: () => bot.undo !== null },
    { id: 'bot.folder', title: t.cmdFolder, run: showFolder, when: () => answers },
  ]);
  const undoByKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || isTextField(event) || !isPressed('mod+z', event.nativeEvent, isMac)) return;
    event.preventDefault();
    undo();
  };

  return (
    <section className="bot-panel" aria-label={t.panel} tabIndex={-1} onKeyDown={undoByKey}>
      <header className="bot-head">
        <h2 className="bot-name">{bot.settings.name}</h2>
        {bot.undo !== null && (
          <Button variant="quiet" icon={Undo2} title={t.undoOf(bot.undo)} onClick={undo}>
            {t.undoOf(bot.undo)}
          </Button>
        )}
        {answers && <IconButton icon={FolderOpen} label={t.openFolder} onClick={showFolder} />}
      </header>
      {bot.problem !== null && (
        <div className="bot-problem" role="alert">
          <TriangleAlert className="ui-icon" aria-hidden />
          <div>
            <strong>{t.problem}</strong>
            <p>{t.problemMeaning}</p>
            <pre data-selectable>{withoutFolder(bot.problem, bot.dir)}</pre>
          </div>
        </div>
      )}
      <Tabs
        label={t.parts}
        value={part}
        onChange={(to: BotPart) => useBotState.setState({ part: to })}
        items={[
          { value: 'prompt', label: t.prompt, icon: FileText },
          { value: 'voice', label: t.voice, icon: AudioLines },
          { value: 'tuning', label: t.tuning, icon: SlidersHorizontal },
        ]}
      />
      {part === 'prompt' && <PromptPane bot={bot} />}
      {part === 'voice' && <VoicePane bot={bot} />}
      {part === 'tuning' && <TuningPane bot={bot} />}
    </section>
  );
});

/** Text has an undo of its own. */
function isTextField({ nativeEvent }: KeyboardEvent): boolean {
  // The editor is in a shadow tree, from outside which it cannot be told from the tree's host.
  const [target] = nativeEvent.composedPath();
  if (target instanceof HTMLInputElement) return target.type !== 'range' && target.type !== 'checkbox';
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}
