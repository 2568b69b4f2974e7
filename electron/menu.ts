import { Menu, app, type MenuItemConstructorOptions } from 'electron';
import type { MenuAction } from '../backend/contract/window.ts';
import type { Text } from './text.ts';

/** The application's menu. Its actions are carried out by the window, which has them as commands too. */
export function setMenu(text: Text, onAction: (action: MenuAction) => void, onRecordings: () => void): void {
  const action = (label: string, name: MenuAction, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    // The window dispatches the keys itself: here they are only shown.
    ...(accelerator ? { accelerator, registerAccelerator: false } : {}),
    click: () => onAction(name),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: text.file,
      submenu: [
        action(text.demo, 'call.demo'),
        action(text.talk, 'call.talk'),
        { type: 'separator' },
        { label: text.recordings, click: onRecordings },
        action(text.settings, 'view.settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        { label: text.quit, accelerator: 'CmdOrCtrl+Q', click: () => app.quit() },
      ],
    },
    { label: text.edit, role: 'editMenu' },
    {
      label: text.view,
      submenu: [
        action(text.call, 'view.call'),
        action(text.traces, 'view.traces'),
        action(text.palette, 'palette', 'CmdOrCtrl+K'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { type: 'separator' },
        { role: 'toggleDevTools' },
      ],
    },
    {
      label: text.help,
      submenu: [action(text.shortcuts, 'shortcuts'), action(text.tour, 'tour')],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
