import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The editor in the window's own colours and sizes. */

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: 'var(--t-body)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--mono)',
    fontSize: '0.94em',
    lineHeight: '1.55',
    scrollbarWidth: 'thin',
    scrollbarColor: 'var(--border-strong) transparent',
  },
  '.cm-content': { padding: 'var(--s2) 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 var(--s3) 0 var(--s2)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { color: 'var(--text-faint)', backgroundColor: 'transparent', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 var(--s1) 0 var(--s2)', minWidth: 'var(--s5)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 28%, transparent)',
  },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'var(--ok-soft)' },
  '&.cm-merge-b .cm-changedText': { background: 'color-mix(in srgb, var(--ok) 24%, transparent)' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft)', paddingLeft: 'var(--s2)' },
  '&.cm-merge-b .cm-deletedChunk .cm-deletedText': {
    background: 'color-mix(in srgb, var(--danger) 24%, transparent)',
  },
  '.cm-deletedLine, .cm-deletedLine del': { textDecoration: 'none' },
  '.cm-insertedLine': { textDecoration: 'none' },
  '&.cm-merge-b .cm-changedLineGutter': { background: 'var(--ok)' },
  '& .cm-deletedLineGutter': { background: 'var(--danger)' },
});

const highlight = HighlightStyle.define([
  { tag: tags.heading, fontWeight: '600' },
  { tag: tags.strong, fontWeight: '600' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: [tags.monospace, tags.labelName], color: 'var(--text-dim)' },
  { tag: [tags.link, tags.url], color: 'var(--accent)' },
  { tag: [tags.processingInstruction, tags.contentSeparator], color: 'var(--text-faint)' },
  { tag: tags.quote, color: 'var(--text-dim)' },
]);

export const editorTheme: Extension = [look, syntaxHighlighting(highlight)];
