import { create } from 'zustand';

/** The languages of the window. Every text a person sees stands in a feature's own `text.ts`, made by `texts`. */
export type Language = 'en' | 'ru';

type Entry = string | ((...values: never[]) => string);
/** Another language must have the same keys, functions with the same parameters. */
type Same<English> = {
  readonly [Key in keyof English]: English[Key] extends (...values: infer Values) => string
    ? (...values: Values) => string
    : string;
};

export interface Texts<English> {
  readonly en: Same<English>;
  readonly ru: Same<English>;
}

export function texts<English extends Readonly<Record<string, Entry>>>(
  en: English & Same<English>,
  ru: Same<English>,
): Texts<English> {
  return { en, ru };
}

export const useLanguage = create<{ language: Language }>(() => ({ language: 'en' }));

export function setLanguage(language: Language): void {
  useLanguage.setState({ language });
  document.documentElement.lang = language;
}

/** A feature's texts in the person's language. */
export function useTexts<English>(all: Texts<English>): Same<English> {
  return useLanguage(({ language }) => (language === 'ru' ? all.ru : all.en));
}

/** Outside React: for what is said once, as a toast. */
export function textsNow<English>(all: Texts<English>): Same<English> {
  return useLanguage.getState().language === 'ru' ? all.ru : all.en;
}
