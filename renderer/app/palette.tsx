import { Command } from 'cmdk';
import { useEffect, useRef, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { commandsNow, runCommand } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/panel.tsx';
import { openOver, useShell } from './shell-state.ts';
import { appText } from './text.ts';

/** Every command that can be run now, found by its name. */
export function Palette(): ReactNode {
  const t = useTexts(appText);
  const open = useShell((shell) => shell.open === 'palette');
  return (
    <Dialog open={open} onClose={() => openOver(null)} title={t.palette} bare>
      <CommandList />
    </Dialog>
  );
}

function CommandList(): ReactNode {
  const t = useTexts(appText);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const choose = (id: string): void => {
    // Closed first: a command may move the focus, which a closing dialog puts back.
    flushSync(() => openOver(null));
    runCommand(id);
  };
  // Not cmdk's own dialog: it adds style elements, which the content security policy forbids.
  return (
    <Command label={t.palette} loop vimBindings={false} className="app-palette">
      <Command.Input className="app-palette-input" placeholder={t.findCommand} ref={input} />
      <Command.List className="app-palette-list">
        <Command.Empty className="app-palette-empty">{t.noCommand}</Command.Empty>
        {commandsNow()
          .filter(({ id }) => id !== 'palette')
          .map(({ id, title, keys }) => (
            <Command.Item
              key={id}
              className="app-palette-item"
              value={id}
              keywords={[title]}
              onSelect={() => choose(id)}
            >
              <span>{title}</span>
              {keys !== undefined && <Kbd>{keys}</Kbd>}
            </Command.Item>
          ))}
      </Command.List>
    </Command>
  );
}
