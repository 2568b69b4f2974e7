import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editYaml, yamlValue } from './edit-yaml.ts';
import { SidetoneError } from './errors.ts';

const bots = path.join(import.meta.dirname, '../../bots');
const MIN_SILENCE = ['turn', 'min_silence_ms'];

const edit = (text: string, ...edits: (readonly [keys: string, value: unknown])[]): string =>
  editYaml(
    text,
    edits.map(([keys, value]) => ({ path: keys.split('.'), value })),
  );

describe('editYaml', () => {
  it.each(['demo', 'receptionist-ru'])('adds to bots/%s and takes away again, to the byte', (bot) => {
    const text = readFileSync(path.join(bots, bot, 'bot.yaml'), 'utf8');
    const added = edit(text, ['turn.min_silence_ms', 450]);
    expect(added).toBe(`${text}turn:\n  min_silence_ms: 450\n`);
    expect(edit(added, ['turn.min_silence_ms', undefined])).toBe(text);
  });

  it('changes one line and keeps its comment', () => {
    const text = readFileSync(path.join(bots, 'receptionist-ru/bot.yaml'), 'utf8');
    const changed = edit(text, ['voice.ref_audio', 'voices/anna.wav']).split('\n');
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.includes('ref_audio: null'));
    expect(changed[at]).toBe(lines[at]?.replace('null', 'voices/anna.wav'));
    expect(changed.toSpliced(at, 1)).toEqual(lines.toSpliced(at, 1));
  });

  it.each([
    ['four spaces', 'turn:\n    # why\n    min_silence_ms: 300\n    idle_ms: 5000\n'],
    ['a flow mapping', 'turn: { min_silence_ms: 300, idle_ms: 5000 } # one line\n'],
    ['a tight flow mapping', 'turn: {min_silence_ms: 300, idle_ms: 5000}\n'],
    ['lists at the margin', 'turn:\n  min_silence_ms: 300\n  backchannels:\n  - yes\n  - "no"\n'],
    ['blank lines and comments', '# top\n\nname: a\n\n# before\nturn:\n  min_silence_ms: 300\n\n# end\n'],
    ['Windows line ends', '# top\r\nname: "a"\r\nturn:\r\n  min_silence_ms: 300\r\n'],
    ['a long line', `greeting: ${'Hello there. '.repeat(20).trim()}\nturn: { min_silence_ms: 300 }\n`],
    ['a text of several lines', 'greeting: |\n  Hello.\n\n  Who is it?\nturn: { min_silence_ms: 300 }\n'],
  ])('leaves %s as written', (_, text) => {
    expect(edit(text, ['turn.min_silence_ms', 450])).toBe(text.replace('300', '450'));
    expect(edit(text, ['turn.min_silence_ms', 300])).toBe(text);
    expect(edit(text, ['turn.max_call_ms', undefined])).toBe(text);
  });

  it('begins an empty file, and one of comments only', () => {
    expect(edit('', ['name', 'a'])).toBe('name: a\n');
    const begun = edit('# mine\n', ['voice.speed', 1.2]);
    expect(begun).toContain('# mine\n');
    expect(yamlValue(begun, ['voice', 'speed'])).toBe(1.2);
  });

  it('puts keys under one that has nothing yet', () => {
    expect(edit('voice:\nname: a\n', ['voice.speed', 1.2])).toBe('name: a\nvoice:\n  speed: 1.2\n');
  });

  it.each([
    'a: b',
    '# no comment',
    '-',
    '"quoted" \'twice\'',
    'yes',
    '007',
    ' led ',
    'two\nlines',
    '*x',
    'ё🙂',
  ])('writes %j so that it is read as it was', (value) => {
    for (const text of ['', 'phrases: { idle: A? }\n', 'phrases:\n  idle: "A?"\n']) {
      expect(yamlValue(edit(text, ['phrases.idle', value]), ['phrases', 'idle'])).toBe(value);
    }
  });

  it('writes nothing, lists and mappings as values', () => {
    const text = edit('a: 1 # one\n', ['a', null], ['b', [1, 'x']], ['c.d', { e: true }]);
    expect(text).toBe('a: null # one\nb:\n  - 1\n  - x\nc:\n  d:\n    e: true\n');
  });

  it('gives a key another name in its place', () => {
    const text = '# all\naccounts:\n  # first\n  a:\n    aor: x\n  b: { aor: y }\n';
    expect(editYaml(text, [{ path: ['accounts', 'a'], rename: 'c' }])).toBe(text.replace('  a:', '  c:'));
    expect(editYaml(text, [{ path: ['accounts', 'z'], rename: 'c' }])).toBe(text);
  });

  it('refuses where a key has no place', () => {
    expect(() => edit('turn: fast\n', ['turn.min_silence_ms', 450])).toThrow(SidetoneError);
    expect(() => edit('- a\n', ['name', 'a'])).toThrow('no place for name');
  });
});

describe('yamlValue', () => {
  it('finds a value in a file that is otherwise broken', () => {
    expect(yamlValue('nam: a\nturn: { min_silence_ms: 300 }\nllm: {', MIN_SILENCE)).toBe(300);
    expect(yamlValue('turn: fast\n', MIN_SILENCE)).toBeUndefined();
    expect(yamlValue('', MIN_SILENCE)).toBeUndefined();
  });
});
