import { useEffect, useRef } from 'react';
import { isMac, isPressed, parseKeys, type KeyPress } from './keys.ts';

/** What a person can ask for by the palette, by a shortcut or by the menu: one list, which every room adds to. */

export interface WindowCommand {
  /** As `call.mute`; an item of the application's menu runs the command of its name. */
  readonly id: string;
  /** In the person's language. */
  readonly title: string;
  /** Its shortcut, as `mod+k` or `space` (see keys.ts). */
  readonly keys?: string | undefined;
  readonly run: () => void;
  /** Asked whenever it is listed or run; left out: always. */
  readonly when?: (() => boolean) | undefined;
}

const registered = new Set<{ current: readonly WindowCommand[] }>();

/** Offers `commands` while the component is shown. Of two with one id the one registered last counts. */
export function useCommands(commands: readonly WindowCommand[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => {
    registered.add(latest);
    return () => void registered.delete(latest);
  }, []);
}

/** Those that can be run now. */
export function commandsNow(): readonly WindowCommand[] {
  const byId = new Map<string, WindowCommand>();
  for (const { current } of registered) for (const command of current) byId.set(command.id, command);
  return [...byId.values()].filter(({ when }) => when?.() ?? true);
}

/** Runs the command of this id, if it can be run now. */
export function runCommand(id: string): void {
  commandsNow()
    .find((command) => command.id === id)
    ?.run();
}

/** Where the focus is, as far as it says whose a key press is. */
export type Focus = 'text' | 'control' | 'elsewhere';

/**
 * The command whose shortcut `press` is. Text fields keep all that is typed into them, and a focused control keeps
 * the keys that work it; shortcuts with Control, Command or Alt work everywhere.
 */
export function commandFor(
  press: KeyPress,
  focus: Focus,
  commands: readonly WindowCommand[],
  mac: boolean,
): WindowCommand | null {
  const found = commands.findLast(({ keys }) => keys !== undefined && isPressed(keys, press, mac));
  if (found?.keys === undefined) return null;
  const { mod, alt, key } = parseKeys(found.keys);
  const free = mod || alt || focus === 'elsewhere' || (focus === 'control' && !WORKS_CONTROLS.has(key));
  return free ? found : null;
}

const WORKS_CONTROLS = new Set([
  'space',
  'enter',
  'escape',
  'home',
  'end',
  'pageup',
  'pagedown',
  'arrowup',
  'arrowdown',
  'arrowleft',
  'arrowright',
]);

/** Runs shortcuts. Used once, by the application's root. */
export function useShortcuts(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      // An open dialog keeps its keys; a repeated press would, say, place call after call.
      if (event.defaultPrevented || event.repeat || document.querySelector('dialog:modal')) return;
      // The path, since of a focus in a shadow tree `target` names only the host.
      const focus = focusOf(event.composedPath()[0] ?? null);
      const command = commandFor(event, focus, commandsNow(), isMac);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return 'elsewhere';
  const input =
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(target.type);
  if (input || target instanceof HTMLTextAreaElement || target.isContentEditable) return 'text';
  // A select takes letters to find an option by.
  if (target instanceof HTMLSelectElement) return 'text';
  return target.matches('button, a, input, summary, [role], [tabindex]') ? 'control' : 'elsewhere';
}
