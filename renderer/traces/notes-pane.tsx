import { BookmarkPlus, Pencil, Trash2 } from 'lucide-react';
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { moment } from '../call/figures.ts';
import { lookAt } from '../call/look.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextInput } from '../ui/field.tsx';
import type { NotesEditing } from './notes.ts';
import { tracesText } from './text.ts';

/** What a person wrote down about the call, and where. */
export function NotesPane({ notes: editing }: { readonly notes: NotesEditing }): ReactNode {
  const t = useTexts(tracesText);
  const { notes, edited, add, edit, write, remove } = editing;
  return (
    <div className="traces-notes">
      <Button icon={BookmarkPlus} kbd="n" onClick={add}>
        {t.addNote}
      </Button>
      {notes.length === 0 && <p className="traces-none">{t.noNotes}</p>}
      <ol>
        {notes.map(({ id, at, text }) => (
          <li key={id} className="traces-note">
            <button type="button" className="traces-at mono" title={t.showPlace} onClick={() => lookAt(at)}>
              {moment(at)}
            </button>
            {edited === id ? (
              <NoteText text={text} onDone={(written) => write(id, written)} onCancel={() => edit(null)} />
            ) : (
              <>
                <p
                  className={text === '' ? 'traces-faint' : undefined}
                  data-selectable
                  onDoubleClick={() => edit(id)}
                >
                  {text === '' ? t.bookmark : text}
                </p>
                <span className="traces-note-tools">
                  <IconButton icon={Pencil} label={t.editNote} onClick={() => edit(id)} />
                  <IconButton icon={Trash2} label={t.deleteNote} onClick={() => remove(id)} />
                </span>
              </>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

interface NoteTextProps {
  readonly text: string;
  readonly onDone: (text: string) => void;
  readonly onCancel: () => void;
}

/** As the contract has it. */
const MOST_CHARACTERS = 4000;

/** Kept by Enter and when it is left. */
function NoteText({ text, onDone, onCancel }: NoteTextProps): ReactNode {
  const t = useTexts(tracesText);
  const [words, setWords] = useState(text);
  // Whatever takes the field away takes its focus too: that is no second wish.
  const over = useRef(false);
  const finish = (then: () => void): void => {
    if (over.current) return;
    over.current = true;
    then();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    finish(onCancel);
  };
  const keep = (): void => finish(() => onDone(words.trim()));
  return (
    <div className="traces-note-text" onKeyDown={press} onBlur={keep}>
      <TextInput
        value={words}
        onChange={(typed) => setWords(typed.slice(0, MOST_CHARACTERS))}
        onSubmit={keep}
        placeholder={t.notePlaceholder}
        ariaLabel={t.noteText}
        autoFocus
      />
    </div>
  );
}
