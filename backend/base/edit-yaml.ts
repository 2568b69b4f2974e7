import { isMap, isScalar, parseDocument, type Document, type ToStringOptions } from 'yaml';
import { SidetoneError } from './errors.ts';

/** What one key of a YAML file is to be; `value` undefined: the key is to go. */
export type YamlEdit =
  | { readonly path: readonly string[]; readonly value: unknown }
  /** The key gets another name and keeps its place. */
  | { readonly path: readonly string[]; readonly rename: string };

/**
 * The text of a YAML file with some keys changed. Comments, order and the way it is written stay.
 * @throws SidetoneError 'usage' where a key has no place
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const source = text.replaceAll('\r\n', '\n');
  const document = parseDocument(source);
  const style = styleOf(document, source);
  let changed = false;
  for (const edit of edits) {
    const before = document.toString(style);
    if ('rename' in edit) rename(document, edit.path, edit.rename);
    else if (edit.value === undefined) remove(document, edit.path);
    else put(document, edit.path, edit.value);
    changed ||= document.toString(style) !== before;
  }
  return changed ? document.toString(style).replaceAll('\n', lineEnd) : text;
}

/** A value as it stands in a YAML text, whatever else may be wrong there. */
export function yamlValue(text: string, path: readonly string[]): unknown {
  const document = parseDocument(text);
  try {
    const value: unknown = document.getIn(path);
    return value;
  } catch {
    return undefined;
  }
}

function put(document: Document, path: readonly string[], value: unknown): void {
  const parent = path.slice(0, -1);
  // `voice:` with nothing after it is no place to put a key in.
  if (parent.length > 0 && isEmptyScalar(document.getIn(parent, true))) document.deleteIn(parent);
  try {
    document.setIn(path, value);
  } catch (cause) {
    throw new SidetoneError('usage', `there is no place for ${path.join('.')} in the file as it is written`, {
      hint: 'change it in the file itself',
      cause,
    });
  }
}

function rename(document: Document, path: readonly string[], to: string): void {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (!isMap(parent)) return;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  if (isScalar(pair?.key)) pair.key.value = to;
}

/** A mapping that has lost its last key goes too. */
function remove(document: Document, path: readonly string[]): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  const parent = path.slice(0, -1);
  const left = parent.length > 0 ? document.getIn(parent, true) : null;
  if (isMap(left) && left.items.length === 0) remove(document, parent);
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null;
}

/** The style that leaves most lines of a text as a person wrote them. */
function styleOf(document: Document, text: string): ToStringOptions {
  const lines = new Set(text.split('\n'));
  let best: { style: ToStringOptions; kept: number } = { style: { lineWidth: 0 }, kept: -1 };
  for (const indent of [2, 4, 3, 8]) {
    for (const indentSeq of [true, false]) {
      for (const flowCollectionPadding of [true, false]) {
        const style = { lineWidth: 0, indent, indentSeq, flowCollectionPadding };
        const kept = document
          .toString(style)
          .split('\n')
          .filter((line) => lines.has(line)).length;
        if (kept > best.kept) best = { style, kept };
      }
    }
  }
  return best.style;
}
