import { describe, expect, it } from 'vitest';
import { commandFor, type WindowCommand } from './commands.ts';
import { isPressed, showKeys, type KeyPress } from './keys.ts';

const none: KeyPress = { key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const ctrlK: KeyPress = { ...none, key: 'k', code: 'KeyK', ctrlKey: true };
const commandK: KeyPress = { ...none, key: 'k', code: 'KeyK', metaKey: true };
const space: KeyPress = { ...none, key: ' ', code: 'Space' };
const letterM: KeyPress = { ...none, key: 'm', code: 'KeyM' };

const command = (id: string, keys?: string): WindowCommand => ({ id, title: id, keys, run: () => undefined });

describe('a shortcut', () => {
  it('means Command on a Mac and Control elsewhere by mod', () => {
    expect(isPressed('mod+k', ctrlK, false)).toBe(true);
    expect(isPressed('mod+k', commandK, true)).toBe(true);
    expect(isPressed('mod+k', commandK, false)).toBe(false);
    expect(isPressed('mod+k', ctrlK, true)).toBe(false);
  });

  it('wants all its modifiers and no other', () => {
    expect(isPressed('k', ctrlK, false)).toBe(false);
    expect(isPressed('mod+k', { ...ctrlK, shiftKey: true }, false)).toBe(false);
    expect(isPressed('mod+shift+k', { ...ctrlK, key: 'K', shiftKey: true }, false)).toBe(true);
    expect(isPressed('mod+k', { ...ctrlK, altKey: true }, false)).toBe(false);
  });

  it('goes by the place of a letter where the layout is not Latin', () => {
    expect(isPressed('mod+k', { ...ctrlK, key: 'л' }, false)).toBe(true);
    // Dvorak: the letter counts, wherever it is.
    expect(isPressed('mod+k', { ...ctrlK, code: 'KeyV' }, false)).toBe(true);
    expect(isPressed('mod+v', { ...ctrlK, code: 'KeyV' }, false)).toBe(false);
  });

  it('takes a sign as the layout makes it, with Shift or without', () => {
    expect(isPressed('?', { ...none, key: '?', code: 'Slash', shiftKey: true }, false)).toBe(true);
    expect(isPressed('?', { ...none, key: '?', code: 'Minus' }, false)).toBe(true);
    expect(isPressed('mod+,', { ...none, key: ',', code: 'Comma', ctrlKey: true }, false)).toBe(true);
  });

  it('is shown in the keys of the machine', () => {
    expect(showKeys('mod+shift+k', false)).toBe('Ctrl+Shift+K');
    expect(showKeys('mod+shift+k', true)).toBe('⌘⇧K');
    expect(showKeys('arrowleft', false)).toBe('←');
    expect(showKeys('?', false)).toBe('?');
  });
});

describe('a key press', () => {
  const commands = [
    command('palette', 'mod+k'),
    command('pause', 'space'),
    command('mute', 'm'),
    command('plain'),
  ];
  const idFor = (press: KeyPress, focus: Parameters<typeof commandFor>[1]): string | null =>
    commandFor(press, focus, commands, false)?.id ?? null;

  it('runs the command whose shortcut it is', () => {
    expect(idFor(ctrlK, 'elsewhere')).toBe('palette');
    expect(idFor(space, 'elsewhere')).toBe('pause');
    expect(idFor(none, 'elsewhere')).toBeNull();
  });

  it('stays with a text field unless Control is held', () => {
    expect(idFor(letterM, 'text')).toBeNull();
    expect(idFor(space, 'text')).toBeNull();
    expect(idFor(ctrlK, 'text')).toBe('palette');
  });

  it('stays with a focused control when it works that control', () => {
    expect(idFor(space, 'control')).toBeNull();
    expect(idFor(letterM, 'control')).toBe('mute');
  });

  it('goes to the command registered last where two have one shortcut', () => {
    const twice = [...commands, command('inner', 'm')];
    expect(commandFor(letterM, 'elsewhere', twice, false)?.id).toBe('inner');
  });
});
