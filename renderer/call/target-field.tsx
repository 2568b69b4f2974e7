import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { usePhone } from '../state/phone.ts';
import './call.css';
import { suggestions, type Suggestion } from './completion.ts';
import { Direction } from './direction.tsx';
import { lineText } from './line-text.ts';

interface TargetFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onSubmit: () => void;
  readonly label: string;
  readonly placeholder: string;
  readonly invalid: boolean;
  /** Goes up each time the field is to have the focus; 0: not at first. */
  readonly asked: number;
}

/**
 * A field for whom to call, completed from the history: arrows choose, Enter takes what is chosen and calls when
 * nothing is, Esc closes the list (WAI-ARIA combobox).
 */
export function TargetField(props: TargetFieldProps): ReactNode {
  const { value, onChange, onSubmit, label, placeholder, invalid, asked } = props;
  const t = useTexts(lineText);
  const id = useId();
  const history = usePhone((phone) => phone.history);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asked > 0) input.current?.focus();
  }, [asked]);

  const found = open ? suggestions(history, value) : [];
  const shut = (): void => {
    setOpen(false);
    setChosen(null);
  };
  const type = (text: string): void => {
    onChange(text);
    setOpen(true);
    setChosen(null);
  };
  const take = ({ target }: Suggestion): void => {
    onChange(target);
    shut();
  };
  const step = (by: 1 | -1): void => {
    const list = open ? found : suggestions(history, value);
    setOpen(true);
    if (list.length === 0) return;
    // One place more than there are: nothing chosen, as it was typed.
    const places = list.length + 1;
    const next = ((chosen ?? list.length) + by + places) % places;
    setChosen(next === list.length ? null : next);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    switch (event.key) {
      case 'ArrowDown':
        step(1);
        break;
      case 'ArrowUp':
        step(-1);
        break;
      case 'Enter': {
        const suggestion = chosen === null ? undefined : found[chosen];
        if (suggestion) take(suggestion);
        else {
          shut();
          onSubmit();
        }
        break;
      }
      case 'Escape':
        if (!open) return;
        shut();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const listed = open && found.length > 0;
  return (
    <div className="call-target">
      <input
        ref={input}
        className="ui-input mono"
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={listed}
        aria-controls={`${id}-list`}
        aria-activedescendant={listed && chosen !== null ? `${id}-${chosen}` : undefined}
        aria-invalid={invalid}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => type(event.target.value)}
        onKeyDown={press}
        onBlur={shut}
      />
      <ul
        id={`${id}-list`}
        className="call-suggestions"
        role="listbox"
        aria-label={t.suggestions}
        hidden={!listed}
      >
        {found.map((suggestion, index) => (
          <li
            key={suggestion.target}
            id={`${id}-${index}`}
            role="option"
            className="call-suggestion"
            aria-selected={index === chosen}
            // Before the field loses the focus.
            onPointerDown={(event) => {
              event.preventDefault();
              take(suggestion);
            }}
          >
            <Direction {...suggestion} />
            <span className="call-suggestion-name">{suggestion.name ?? suggestion.target}</span>
            {suggestion.name !== null && <span className="call-suggestion-uri">{suggestion.target}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
