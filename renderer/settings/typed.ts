import { z } from 'zod';

/** What is typed into a settings field, made into its value; null: it is none. */

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

/** Networks separated by commas or spaces. */
export function parseNetworks(text: string): string[] | null {
  const networks = text.split(/[\s,;]+/).filter((part) => part !== '');
  return networks.every((part) => network.safeParse(part).success) ? networks : null;
}

/** A decimal number within bounds; with a comma too. */
export function parseNumber(text: string, from: number, to: number): number | null {
  const trimmed = text.trim().replace(',', '.');
  if (!/^\d+(\.\d+)?$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return value >= from && value <= to ? value : null;
}

export function parseWhole(text: string, from: number, to: number): number | null {
  const value = parseNumber(text, from, to);
  return value !== null && Number.isInteger(value) ? value : null;
}

/** An address of the web; also one on this machine. */
export function parseHttpUrl(text: string): string | null {
  const trimmed = text.trim();
  return /^https?:\/\//.test(trimmed) && URL.canParse(trimmed) ? trimmed : null;
}

/** As TypedField takes it, which tells "no value" from the value null. */
export type Typed<Value> = { readonly value: Value } | null;

export function typed<Value>(value: Value | null): Typed<Value> {
  return value === null ? null : { value };
}

/** An empty field is the value null. */
export function typedOrNothing<Value>(text: string, value: Value | null): Typed<Value | null> {
  return text.trim() === '' ? { value: null } : typed(value);
}
