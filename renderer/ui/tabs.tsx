import type { LucideIcon } from 'lucide-react';
import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import './ui.css';

interface TabsProps<Value extends string> {
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly items: readonly {
    readonly value: Value;
    readonly label: string;
    readonly icon?: LucideIcon | undefined;
  }[];
  readonly label: string;
}

/** A row of tabs; arrows, Home and End move between them. */
export function Tabs<Value extends string>({ value, onChange, items, label }: TabsProps<Value>): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const to = target(
      event.key,
      items.findIndex((item) => item.value === value),
      items.length,
    );
    const item = to === null ? undefined : items[to];
    if (to === null || item === undefined) return;
    event.preventDefault();
    onChange(item.value);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };
  return (
    <div ref={list} className="ui-tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {items.map(({ value: own, label: name, icon: Icon }) => (
        <button
          key={own}
          type="button"
          role="tab"
          className="ui-tab"
          aria-selected={own === value}
          tabIndex={own === value ? 0 : -1}
          onClick={() => onChange(own)}
        >
          {Icon && <Icon className="ui-icon" aria-hidden />}
          {name}
        </button>
      ))}
    </div>
  );
}

function target(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
