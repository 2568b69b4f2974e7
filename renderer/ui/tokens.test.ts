import { describe, expect, it } from 'vitest';
import css from './tokens.css?raw';

type Colours = ReadonlyMap<string, string>;

/** The six-digit colours of the block that `selector` opens. */
function coloursOf(selector: string): Colours {
  const from = css.indexOf(selector);
  expect(from, `${selector} is in tokens.css`).toBeGreaterThanOrEqual(0);
  const block = css.slice(from, css.indexOf('}', from));
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
  );
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const meanings = ['caller', 'bot', 'system', 'warning', 'danger', 'ok'];
const grounds = ['bg', 'surface', 'surface-2'];

/** Foreground on background, as they occur in the window. */
const texts: readonly (readonly [string, string])[] = [
  ...['text', 'text-dim', 'text-faint'].flatMap((text) =>
    [...grounds, ...meanings.map((meaning) => `${meaning}-soft`)].map((ground) => [text, ground] as const),
  ),
  ...[...meanings, 'accent'].flatMap((meaning) => grounds.map((ground) => [meaning, ground] as const)),
  ...meanings.map((meaning) => [meaning, `${meaning}-soft`] as const),
  ['accent-text', 'accent'],
];
const edges = ['focus', 'border-strong'].flatMap((edge) => grounds.map((ground) => [edge, ground] as const));

it('knows black on white', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

describe.each(['light', 'dark'])('%s theme', (theme) => {
  const colours = coloursOf(`[data-theme='${theme}'] {`);
  const ratio = (front: string, back: string): number =>
    contrast(colours.get(front) ?? 'missing', colours.get(back) ?? 'missing');

  it.each(texts)('%s is readable on %s', (front, back) => {
    expect(ratio(front, back)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(edges)('%s is visible on %s', (front, back) => {
    expect(ratio(front, back)).toBeGreaterThanOrEqual(3);
  });
});

it('has the same colours in both themes', () => {
  const names = (theme: string): string[] => [...coloursOf(`[data-theme='${theme}'] {`).keys()];
  expect(names('dark')).toEqual(names('light'));
});
