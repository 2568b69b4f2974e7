import type { ReactNode } from 'react';
import { commandsNow } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/panel.tsx';
import { openOver, useShell } from './shell-state.ts';
import { appText } from './text.ts';

/** The shortcuts that work here and now. */
export function ShortcutsDialog(): ReactNode {
  const t = useTexts(appText);
  const open = useShell((shell) => shell.open === 'shortcuts');
  return (
    <Dialog open={open} onClose={() => openOver(null)} title={t.shortcuts} width="narrow">
      <ShortcutList />
    </Dialog>
  );
}

function ShortcutList(): ReactNode {
  return (
    <dl className="app-shortcuts">
      {commandsNow().flatMap(({ id, title, keys }) =>
        keys === undefined
          ? []
          : [
              <div key={id} className="app-shortcut">
                <dt>{title}</dt>
                <dd>
                  <Kbd>{keys}</Kbd>
                </dd>
              </div>,
            ],
      )}
    </dl>
  );
}
