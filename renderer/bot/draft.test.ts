import { describe, expect, test } from 'vitest';
import { afterSave, canApply, changedLines, edited, keepMine, shownText, statusOf } from './draft.ts';

const file = 'prompt.md';
const settled = { file, inUse: 'one', onDisk: 'one' };

describe('a draft of the prompt', () => {
  test('begins with the first change and ends when the text is as before', () => {
    const draft = edited(settled, null, 'one two');
    expect(draft).toEqual({ text: 'one two', base: 'one' });
    expect(statusOf(settled, draft, null)).toBe('draft');
    expect(shownText(settled, draft)).toBe('one two');
    expect(edited(settled, draft, 'one')).toBeNull();
  });

  test('is overtaken when somebody else writes the file, and stays', () => {
    const draft = edited(settled, null, 'mine');
    const theirs = { file, inUse: 'theirs', onDisk: 'theirs' };
    expect(statusOf(theirs, draft, null)).toBe('overtaken');
    expect(shownText(theirs, draft)).toBe('mine');
    expect(canApply('overtaken')).toBe(false);
    // Typing on does not settle whose text it is to be.
    expect(statusOf(theirs, edited(theirs, draft, 'mine too'), null)).toBe('overtaken');
  });

  test('that is to win can be applied', () => {
    const theirs = { file, inUse: 'theirs', onDisk: 'theirs' };
    const kept = keepMine(theirs, { text: 'mine', base: 'one' });
    expect(statusOf(theirs, kept, null)).toBe('draft');
    expect(shownText(theirs, kept)).toBe('mine');
  });

  test('is not overtaken by a file that says the same', () => {
    const draft = edited(settled, null, 'same');
    expect(statusOf({ file, inUse: 'one', onDisk: 'same' }, draft, null)).toBe('draft');
  });

  test('ends with being saved, unless typing went on', () => {
    expect(afterSave({ text: 'new', base: 'one' }, 'new')).toBeNull();
    expect(afterSave({ text: 'newer', base: 'one' }, 'new')).toEqual({ text: 'newer', base: 'new' });
    expect(afterSave(null, 'new')).toBeNull();
  });

  test('can be begun where the file is gone, and put there', () => {
    const gone = { file, inUse: 'one', onDisk: null };
    expect(shownText(gone, null)).toBe('one');
    expect(statusOf(gone, null, 'there is no such file')).toBe('gone');
    expect(statusOf(gone, edited(gone, null, 'two'), 'there is no such file')).toBe('gone');
    expect(canApply('gone')).toBe(true);
  });
});

test('a file with the line ends of Windows keeps them', () => {
  const windows = { file, inUse: 'a\r\nb', onDisk: 'a\r\nb' };
  expect(edited(windows, null, 'a\nb')).toBeNull();
  expect(edited(windows, null, 'a\nb\nc')?.text).toBe('a\r\nb\r\nc');
});

describe('a file as it stands', () => {
  test('is in use, being taken up, or refused', () => {
    expect(statusOf(settled, null, null)).toBe('in_use');
    const written = { file, inUse: 'one', onDisk: 'two' };
    expect(statusOf(written, null, null)).toBe('taking_up');
    expect(statusOf(written, null, 'prompt.md:3: no such rule')).toBe('refused');
    expect(shownText(written, null)).toBe('two');
  });
});

describe('changed lines', () => {
  test.each([
    ['a\nb\nc', 'a\nb\nc', 0],
    ['a\nb\nc', 'a\nB\nc', 1],
    ['a\nb\nc', 'a\nb\nc\nd\ne', 2],
    ['a\nb\nc', 'c', 2],
    ['', 'a', 1],
    ['a\r\nb', 'a\nb', 0],
    ['a\nb\nc\nd\ne\nf', 'x\nb\nc\nd\ne\ny', 2],
  ])('%j to %j: %i', (before, after, lines) => {
    expect(changedLines(before, after)).toBe(lines);
  });
});
