import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { allowed, jsonSchemaOf, schemaAt, type JsonSchema } from './allowed.ts';
import { editDistance } from './edit-distance.ts';
import { SidetoneError } from './errors.ts';

/** Something wrong in a file a person wrote. Line and column count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A YAML text whose values know where they stand. `firstLine`: line of the text's first within its file. */
export class CheckedYaml {
  readonly file: string;
  readonly #problems: Problem[] = [];
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #firstLine: number;

  constructor(file: string, text: string, firstLine = 1) {
    this.file = file;
    this.#firstLine = firstLine;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#problems.push({ ...this.#position(pos[0]), message: `not valid YAML: ${message}` });
    }
  }

  /** Says that something is wrong with the value at `path`, or with its nearest parent that is written down. */
  complain(path: readonly PropertyKey[], message: string): void {
    this.#problems.push({ ...this.#positionOf(path), message });
  }

  /** The content by `schema`, an empty file as an empty mapping; null after complaining of all that is wrong. */
  read<Schema extends z.ZodType>(schema: Schema): z.output<Schema> | null {
    if (this.#problems.length > 0) return null;
    const value: unknown = this.#document.toJS() ?? {};
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const json = jsonSchemaOf(schema);
    for (const issue of result.error.issues) this.#report(issue, value, json);
    return null;
  }

  /** Throws all complaints at once, in the order of the file. */
  throwIfWrong(): void {
    if (this.#problems.length === 0) return;
    const lines = this.#problems
      .toSorted((a, b) => a.line - b.line || a.column - b.column)
      .map((problem) => `${this.file}:${problem.line}:${problem.column}: ${problem.message}`);
    throw new SidetoneError('usage', lines.join('\n'));
  }

  #report(issue: z.core.$ZodIssue, root: unknown, json: JsonSchema): void {
    const { path } = issue;
    const place = schemaAt(json, path);
    const name = path.length > 0 ? `${path.map(String).join('.')}: ` : '';
    if (issue.code === 'unrecognized_keys') {
      const keys = Object.keys(place?.properties ?? {});
      for (const key of issue.keys) {
        const near = nearest(key, keys);
        const guess = near === null ? '' : `, did you mean \`${near}\`?`;
        this.complain(
          [...path, key],
          `${name}unknown key \`${key}\`${guess} Allowed here: ${keys.join(', ')}`,
        );
      }
    } else if (issue.code === 'custom') {
      this.complain(path, name + issue.message);
    } else {
      const found = valueAt(root, path);
      const what = found === undefined ? 'missing' : `found ${shown(found)}`;
      this.complain(path, `${name}${what}, allowed: ${place ? allowed(place) : issue.message}`);
    }
  }

  #positionOf(path: readonly PropertyKey[]): { line: number; column: number } {
    for (let length = path.length; length > 0; length -= 1) {
      const parent: unknown =
        length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      const node: unknown = pair?.key ?? this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#position(node.range[0]);
    }
    return { line: this.#firstLine, column: 1 };
  }

  #position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: line + this.#firstLine - 1, column: col };
  }
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function nearest(word: string, candidates: readonly string[]): string | null {
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? null;
}
