import { useCommands } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { SECTIONS, showSettings } from './section.ts';
import { settingsText } from './text.ts';

/** Offers each part of the settings; used by the application's root, so that they can be reached from anywhere. */
export function useSettingsCommands(): void {
  const t = useTexts(settingsText);
  useCommands(
    SECTIONS.map((section) => ({
      id: `settings.${section}`,
      title: t.goTo(t[section]),
      run: () => showSettings(section),
    })),
  );
}
