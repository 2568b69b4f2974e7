import { Chunk } from '@codemirror/merge';
import { Text } from '@codemirror/state';
import type { BotView } from '../../backend/contract/window.ts';

/** What the person has typed and not applied, beside what the file holds and what calls use. */

type Prompt = BotView['prompt'];

export interface Draft {
  readonly text: string;
  /** The file's text when the draft was begun; null: there was no file. */
  readonly base: string | null;
}

/**
 * in_use: calls use what the file holds. taking_up: written, and about to be used. draft: typed, not applied.
 * overtaken: the file was changed elsewhere since the draft was begun. gone: there is no file. refused: the file
 * cannot be used, calls go on with what they have.
 */
export type PromptStatus = 'in_use' | 'taking_up' | 'draft' | 'overtaken' | 'gone' | 'refused';

/** What the editor shows. */
export function shownText(prompt: Prompt, draft: Draft | null): string {
  return draft?.text ?? prompt.onDisk ?? prompt.inUse;
}

/** After the person has typed. The editor knows only \n; a file that ends its lines as Windows does goes on so. */
export function edited(prompt: Prompt, draft: Draft | null, typed: string): Draft | null {
  const before = shownText(prompt, null);
  const text = before.includes('\r\n') ? typed.replaceAll('\n', '\r\n') : typed;
  if (text === before) return null;
  return { text, base: draft === null ? prompt.onDisk : draft.base };
}

/** After `saved` was written; typing may have gone on meanwhile. */
export function afterSave(draft: Draft | null, saved: string): Draft | null {
  return draft === null || draft.text === saved ? null : { text: draft.text, base: saved };
}

/** The draft is to replace what somebody else has written. */
export function keepMine(prompt: Prompt, draft: Draft): Draft {
  return { text: draft.text, base: prompt.onDisk };
}

export function statusOf(prompt: Prompt, draft: Draft | null, problem: string | null): PromptStatus {
  if (prompt.onDisk === null) return 'gone';
  if (draft !== null) {
    return prompt.onDisk === draft.base || prompt.onDisk === draft.text ? 'draft' : 'overtaken';
  }
  if (prompt.onDisk === prompt.inUse) return 'in_use';
  return problem === null ? 'taking_up' : 'refused';
}

/** Whether writing the shown text changes anything, and loses nothing. */
export function canApply(status: PromptStatus): boolean {
  return status === 'draft' || status === 'gone';
}

/** Lines that differ: of each stretch, as many as its longer side has. */
export function changedLines(before: string, after: string): number {
  const [a, b] = [toText(before), toText(after)];
  const count = (text: Text, from: number, to: number): number =>
    from > text.length || to <= from ? 0 : text.lineAt(to - 1).number - text.lineAt(from).number + 1;
  return Chunk.build(a, b).reduce(
    (sum, { fromA, toA, fromB, toB }) => sum + Math.max(count(a, fromA, toA), count(b, fromB, toB)),
    0,
  );
}

/** Each line with an end, so that one that follows the last does not change it. */
function toText(text: string): Text {
  return Text.of([...text.split(/\r\n?|\n/), '']);
}
