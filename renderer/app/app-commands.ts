import type { AppSettings } from '../../backend/contract/app-settings.ts';
import { useCommands, type WindowCommand } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { placeDemo, placeTalk, usePlacing } from '../call/placing.ts';
import { saveSettings, showRecordings } from '../state/actions.ts';
import { show, useApp } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { importTrace } from '../state/traces.ts';
import { openOver, startTour } from './shell-state.ts';
import { appText } from './text.ts';

/** The commands that do not belong to one screen. Those of the menu bear the names of its items. */
export function useAppCommands(): void {
  const t = useTexts(appText);
  const settings = useApp((app) => app.settings);
  const theme = (value: AppSettings['theme'], title: string): WindowCommand => ({
    id: `theme.${value}`,
    title,
    run: () => void saveSettings({ theme: value }),
    when: () => settings !== null && settings.theme !== value,
  });
  const language = (value: AppSettings['language'], title: string): WindowCommand => ({
    id: `language.${value}`,
    title,
    run: () => void saveSettings({ language: value }),
    when: () => settings !== null && settings.language !== value,
  });
  const dnd = settings?.phone.do_not_disturb === true;
  const free = (): boolean => usePlacing.getState().placing === null;
  useCommands([
    { id: 'call.demo', title: t.demo, keys: 'mod+d', run: placeDemo, when: free },
    { id: 'call.talk', title: t.talk, keys: 'mod+t', run: placeTalk, when: free },
    { id: 'view.call', title: t.goToCall, keys: 'mod+1', run: () => show('call') },
    { id: 'view.traces', title: t.goToTraces, keys: 'mod+2', run: () => show('traces') },
    { id: 'trace.import', title: t.importTrace, keys: 'mod+o', run: () => void importTrace(null) },
    { id: 'view.settings', title: t.goToSettings, keys: 'mod+,', run: () => show('settings') },
    { id: 'palette', title: t.palette, keys: 'mod+k', run: () => openOver('palette') },
    { id: 'shortcuts', title: t.shortcuts, keys: '?', run: () => openOver('shortcuts') },
    { id: 'tour', title: t.tour, run: startTour },
    { id: 'recordings', title: t.recordings, run: () => void showRecordings() },
    {
      id: 'phone.dnd',
      title: dnd ? t.dndOff : t.dndOn,
      run: () => void saveSettings({ phone: { do_not_disturb: !dnd } }),
      when: () => usePhone.getState().accounts.length > 0,
    },
    theme('auto', t.themeAuto),
    theme('light', t.themeLight),
    theme('dark', t.themeDark),
    language('auto', t.languageAuto),
    language('en', t.languageEnglish),
    language('ru', t.languageRussian),
  ]);
}
