/**
 * Shortcuts are written as `mod+k`, `shift+mod+h`, `space`, `?`: modifiers, then one key. `mod` is Command on a Mac
 * and Control elsewhere.
 */

export interface Shortcut {
  readonly mod: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  /** As `keyOf` names it. */
  readonly key: string;
}

export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

export const isMac = navigator.platform.startsWith('Mac');

export function parseKeys(keys: string): Shortcut {
  const parts = keys.toLowerCase().split('+');
  return {
    mod: parts.includes('mod'),
    alt: parts.includes('alt'),
    shift: parts.includes('shift'),
    key: parts.at(-1) ?? '',
  };
}

/** Whether `press` is the shortcut `keys`. */
export function isPressed(keys: string, press: KeyPress, mac: boolean): boolean {
  const shortcut = parseKeys(keys);
  const mod = mac ? press.metaKey : press.ctrlKey;
  const foreign = mac ? press.ctrlKey : press.metaKey;
  // Signs such as `?` need Shift on some keyboards and not on others.
  const shiftCounts = /^[a-z0-9]$|^.{2,}$/.test(shortcut.key);
  return (
    !foreign &&
    mod === shortcut.mod &&
    press.altKey === shortcut.alt &&
    (!shiftCounts || press.shiftKey === shortcut.shift) &&
    keyOf(press) === shortcut.key
  );
}

/** Letters by their place where the layout has no Latin ones, so that shortcuts work in Russian too. */
function keyOf({ key, code }: KeyPress): string {
  if (key === ' ') return 'space';
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  // eslint-disable-next-line no-control-regex -- ASCII is meant.
  const latin = /^[\x21-\x7e]$/.test(key);
  return (letter !== undefined && !latin ? letter : key).toLowerCase();
}

const NAMES: Readonly<Record<string, string>> = {
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
  escape: 'Esc',
  enter: 'Enter',
  space: 'Space',
  delete: 'Del',
};

/** As a person knows it: `⌘K` on a Mac, `Ctrl+K` elsewhere. */
export function showKeys(keys: string, mac: boolean): string {
  const { mod, alt, shift, key } = parseKeys(keys);
  const modifiers = [
    mod && (mac ? '⌘' : 'Ctrl'),
    alt && (mac ? '⌥' : 'Alt'),
    shift && (mac ? '⇧' : 'Shift'),
  ].filter((name) => name !== false);
  return [...modifiers, NAMES[key] ?? key.toUpperCase()].join(mac ? '' : '+');
}
