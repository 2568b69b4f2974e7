import { useEffect, useState, type ReactNode } from 'react';
import { Field, TextInput } from '../ui/field.tsx';
import type { Typed } from './typed.ts';

interface TypedFieldProps<Value> {
  readonly label: string;
  readonly hint: string;
  /** As text. */
  readonly value: string;
  /** null: not a value. */
  readonly parse: (text: string) => Typed<Value>;
  /** Shown while the text is no value. */
  readonly wrong: string;
  /** Leaving the field or Enter, with a value that is new. */
  readonly onCommit: (value: Value) => void;
  readonly placeholder?: string | undefined;
  readonly mono?: boolean | undefined;
}

/** A text field whose value is taken once it is whole. */
export function TypedField<Value>({
  label,
  hint,
  value,
  parse,
  wrong,
  onCommit,
  placeholder,
  mono = false,
}: TypedFieldProps<Value>): ReactNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const parsed = parse(text);
  const commit = (): void => {
    if (parsed !== null && text !== value) onCommit(parsed.value);
  };
  return (
    <div onBlur={commit}>
      <Field label={label} hint={hint} error={parsed === null ? wrong : null}>
        <TextInput value={text} onChange={setText} onSubmit={commit} placeholder={placeholder} mono={mono} />
      </Field>
    </div>
  );
}
