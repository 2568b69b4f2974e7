import { useCallback, useMemo, useState } from 'react';
import type { TraceNotes } from '../../backend/contract/trace.ts';
import type { Mark } from '../../backend/fold/types.ts';
import { annotate } from '../state/traces.ts';

type Note = TraceNotes['notes'][number];

/** A trace's notes, and what can be done to them; every change is saved at once. */
export interface NotesEditing {
  /** In the order of their moments. */
  readonly notes: readonly Note[];
  /** The same, as the lanes show them. */
  readonly marks: readonly Mark[];
  /** Id of the one that is being written. */
  readonly edited: string | null;
  /** Where the recording is being heard; an empty one is a bookmark. */
  readonly add: () => void;
  readonly edit: (id: string | null) => void;
  readonly write: (id: string, text: string) => void;
  readonly remove: (id: string) => void;
}

export function useNotes(
  trace: string,
  saved: readonly Note[],
  atMs: () => number,
  onAdd: () => void,
): NotesEditing {
  const [edited, setEdited] = useState<string | null>(null);
  const notes = useMemo(() => saved.toSorted((one, other) => one.at - other.at), [saved]);
  const marks = useMemo(() => notes.map(({ at, text }) => ({ at, label: text })), [notes]);
  const add = (): void => {
    const id = crypto.randomUUID();
    onAdd();
    void annotate(trace, [...saved, { id, at: atMs(), text: '' }]).then((done) => done && setEdited(id));
  };
  const write = (id: string, text: string): void => {
    setEdited(null);
    const before = saved.find((note) => note.id === id);
    if (before === undefined || before.text === text) return;
    void annotate(
      trace,
      saved.map((note) => (note.id === id ? { ...note, text } : note)),
    );
  };
  const remove = (id: string): void => {
    void annotate(
      trace,
      saved.filter((note) => note.id !== id),
    );
  };
  const edit = useCallback((id: string | null) => setEdited(id), []);
  return { notes, marks, edited, add, edit, write, remove };
}
