import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { markdown } from '@codemirror/lang-markdown';
import { getChunks, unifiedMergeView } from '@codemirror/merge';
import { Annotation, Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, drawSelection, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef, type ReactNode } from 'react';
import { editorTheme } from './editor-theme.ts';

interface EditorProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** Control or Command with S. */
  readonly onSave: () => void;
  /** What the changes are shown against; null: they are not shown. */
  readonly original: string | null;
  readonly label: string;
}

/** Set from outside, not typed. */
const outside = Annotation.define<true>();

/**
 * A Markdown editor. It lives in a shadow tree: there CodeMirror adopts style sheets, which the content security
 * policy allows; in the page it would insert a <style>, which it forbids.
 */
export function Editor(props: EditorProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const varying = useRef(new Compartment());
  const latest = useRef(props);
  latest.current = props;
  const { value, original, label } = props;

  useEffect(() => {
    const place = host.current;
    if (place === null) return undefined;
    const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          fixed,
          varying.current.of(variable(latest.current)),
          keymap.of([
            {
              key: 'Mod-s',
              run: () => {
                latest.current.onSave();
                return true;
              },
            },
          ]),
          EditorView.updateListener.of(({ docChanged, transactions, state }) => {
            if (!docChanged || transactions.some((one) => one.annotation(outside) === true)) return;
            latest.current.onChange(state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = null;
      editor.destroy();
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: varying.current.reconfigure(variable({ original, label })) });
  }, [original, label]);

  const compared = original !== null;
  useEffect(() => {
    const editor = view.current;
    const first = editor && getChunks(editor.state)?.chunks[0];
    if (!compared || !first) return;
    editor.dispatch({ effects: EditorView.scrollIntoView(first.fromB, { y: 'center' }) });
  }, [compared]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value.replaceAll('\r\n', '\n')) return;
    const changes = { from: 0, to: editor.state.doc.length, insert: value };
    editor.dispatch({ changes, annotations: outside.of(true) });
  }, [value]);

  return <div ref={host} className="bot-editor" data-takes-files="text/" />;
}

const fixed: Extension = [
  lineNumbers(),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  EditorView.lineWrapping,
  markdown(),
  editorTheme,
  keymap.of([...defaultKeymap, ...historyKeymap]),
];

function variable({ original, label }: Pick<EditorProps, 'original' | 'label'>): Extension {
  return [
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'true', tabindex: '0' }),
    // Nothing is collapsed: what is typed into a collapsed stretch would get lost.
    original === null ? [] : unifiedMergeView({ original, mergeControls: false }),
  ];
}
