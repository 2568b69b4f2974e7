/** Text that is HTML already, made by `markup` alone. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Filling = string | number | null | Markup | readonly Markup[];

/** HTML in which whatever is filled in is text, however hostile, save what is markup itself; null is nothing. */
export function markup(parts: TemplateStringsArray, ...fillings: readonly Filling[]): Markup {
  const filled = fillings.map((filling, index) => asText(filling) + (parts[index + 1] ?? ''));
  return new Markup((parts[0] ?? '') + filled.join(''));
}

/** JSON that may stand within a script element. */
export function scriptJson(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replaceAll('<', '\\u003c'));
}

function asText(filling: Filling): string {
  if (filling === null) return '';
  if (filling instanceof Markup) return filling.text;
  if (typeof filling === 'object') return filling.map(({ text }) => text).join('');
  return String(filling).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
