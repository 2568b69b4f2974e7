import {
  createContext,
  use,
  useEffect,
  useId,
  useRef,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import './ui.css';

/** What a control takes from the field round it. */
interface FieldLinks {
  readonly id?: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: true;
}

const FieldContext = createContext<FieldLinks>({});

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
  /** One control. */
  readonly children: ReactNode;
}

/** A control with its name, what it means and what is wrong with its value. */
export function Field({ label, hint, error, children }: FieldProps): ReactNode {
  const id = useId();
  const wrong = error !== undefined && error !== null && error !== '';
  const explained = wrong || (hint !== undefined && hint !== null && hint !== '');
  const links: FieldLinks = {
    id,
    ...(explained && { 'aria-describedby': `${id}-hint` }),
    ...(wrong && { 'aria-invalid': true }),
  };
  return (
    <div className="ui-field">
      <label className="ui-field-label" htmlFor={id}>
        {label}
      </label>
      <FieldContext value={links}>{children}</FieldContext>
      {explained && (
        <p
          className={wrong ? 'ui-field-error' : 'ui-field-hint'}
          id={`${id}-hint`}
          role={wrong ? 'alert' : undefined}
        >
          {wrong ? error : hint}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Enter was pressed (in a text area: with Control or Command). */
  readonly onSubmit?: (() => void) | undefined;
  readonly placeholder?: string | undefined;
  readonly invalid?: boolean | undefined;
  readonly mono?: boolean | undefined;
  readonly autoFocus?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** Where no Field names it. */
  readonly ariaLabel?: string | undefined;
}

interface TextInputProps extends TextProps {
  readonly type?: 'text' | 'password' | 'search' | 'number' | 'url' | undefined;
}

export function TextInput({ type = 'text', ...props }: TextInputProps): ReactNode {
  const { value, onChange, onSubmit, autoFocus = false } = props;
  const submit = (event: KeyboardEvent): void => {
    // Enter that ends a composition (of Chinese, say) is no wish to submit.
    if (event.key !== 'Enter' || event.nativeEvent.isComposing || onSubmit === undefined) return;
    event.preventDefault();
    onSubmit();
  };
  return (
    <input
      {...useTextAttributes(props)}
      ref={useFocusAtFirst<HTMLInputElement>(autoFocus)}
      type={type}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={submit}
    />
  );
}

function useTextAttributes({ placeholder, invalid = false, mono = false, disabled, ariaLabel }: TextProps) {
  const links = use(FieldContext);
  return {
    ...links,
    className: mono ? 'ui-input mono' : 'ui-input',
    placeholder,
    disabled,
    'aria-label': ariaLabel,
    'aria-invalid': invalid || links['aria-invalid'],
    spellCheck: !mono,
    autoComplete: 'off',
  };
}

/** Later than React's `autoFocus`, which comes before a dialog is open and so to nothing. */
function useFocusAtFirst<Element extends HTMLElement>(wanted: boolean): RefObject<Element | null> {
  const element = useRef<Element>(null);
  useEffect(() => {
    if (wanted) element.current?.focus();
  }, [wanted]);
  return element;
}

interface SelectProps<Value extends string> {
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly ariaLabel?: string | undefined;
  readonly disabled?: boolean | undefined;
}

export function Select<Value extends string>({
  value,
  onChange,
  options,
  ariaLabel,
  disabled,
}: SelectProps<Value>): ReactNode {
  const choose = (chosen: string): void => {
    const option = options.find((one) => one.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <select
      {...use(FieldContext)}
      className="ui-input ui-select"
      value={value}
      disabled={disabled}
      aria-label={ariaLabel}
      onChange={(event) => choose(event.target.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

interface SwitchProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly label: string;
  readonly disabled?: boolean | undefined;
}

export function Switch({ checked, onChange, label, disabled }: SwitchProps): ReactNode {
  return (
    <label className="ui-switch">
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

interface SliderProps {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** At every movement. */
  readonly onChange: (value: number) => void;
  /** Once it is let go, or a key has moved it. */
  readonly onCommit?: ((value: number) => void) | undefined;
  readonly label: string;
  readonly format?: ((value: number) => string) | undefined;
  readonly disabled?: boolean | undefined;
}

export function Slider({
  value,
  min,
  max,
  step,
  onChange,
  onCommit,
  label,
  format = String,
  disabled,
}: SliderProps): ReactNode {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  // React's onChange is the DOM's `input`; the DOM's `change` is what says that it was let go.
  useEffect(() => {
    const element = input.current;
    const commit = (): void => onCommit?.(Number(element?.value));
    element?.addEventListener('change', commit);
    return () => element?.removeEventListener('change', commit);
  }, [onCommit]);
  return (
    <div className="ui-slider">
      <label htmlFor={id}>{label}</label>
      <output className="tabular" htmlFor={id}>
        {format(value)}
      </output>
      <input
        {...{ id, min, max, step, value, disabled }}
        ref={input}
        type="range"
        aria-valuetext={format(value)}
        onChange={(event) => onChange(Number(event.target.value))}
      />
    </div>
  );
}
