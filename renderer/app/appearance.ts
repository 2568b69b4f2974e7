import { useLayoutEffect } from 'react';
import { setLanguage, type Language } from '../base/text.ts';
import { useApp } from '../state/app.ts';

/** Keeps `data-theme` of the page as the settings have it; `auto` follows the system, also while it changes. */
export function useTheme(): void {
  const theme = useApp(({ settings }) => settings?.theme ?? 'auto');
  useLayoutEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const apply = (): void => {
      document.documentElement.dataset['theme'] =
        theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
    };
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme]);
}

/** Keeps the window's language as the settings have it; `auto` is the system's. */
export function useAppLanguage(): void {
  const language = useApp(({ settings, snapshot }) => {
    const chosen = settings?.language ?? 'auto';
    return chosen === 'auto' ? (snapshot?.systemLanguage ?? languageOfPage()) : chosen;
  });
  // Before other effects: what they say is in this language already.
  useLayoutEffect(() => setLanguage(language), [language]);
}

/** What the page itself knows of the system's language, until the main process has answered. */
function languageOfPage(): Language {
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}
