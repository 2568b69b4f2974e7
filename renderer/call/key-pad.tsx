import { useRef, useState, type KeyboardEvent, type ReactNode, type ToggleEvent } from 'react';
import { useTexts } from '../base/text.ts';
import { soundKey } from '../person/phone-sounds.ts';
import './call.css';
import { KEY_PAD_ID, sendKeys } from './controls.ts';
import { callText } from './text.ts';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;
/** A to D are keys of the line too; no telephone has them, a keyboard does. */
const TYPED = /^[0-9*#A-D]$/;

/** Sends keys to the far end. It takes those of the keyboard while it is open; Esc and a click elsewhere close it. */
export function KeyPad({ call }: { readonly call: string }): ReactNode {
  const t = useTexts(callText);
  const [pressed, setPressed] = useState('');
  const pad = useRef<HTMLDivElement>(null);

  const toggled = (event: ToggleEvent): void => {
    if (event.newState === 'open') pad.current?.focus();
    else setPressed('');
  };

  const press = (digit: string): void => {
    setPressed((before) => (before + digit).slice(-16));
    soundKey(digit);
    void sendKeys(call, digit);
  };
  const type = (event: KeyboardEvent): void => {
    const digit = event.key.toUpperCase();
    if (event.ctrlKey || event.metaKey || event.altKey || !TYPED.test(digit)) return;
    event.preventDefault();
    if (!event.repeat) press(digit);
  };

  return (
    <div
      ref={pad}
      id={KEY_PAD_ID}
      className="call-pad"
      popover="auto"
      role="dialog"
      aria-label={t.keys}
      tabIndex={-1}
      onKeyDown={type}
      onToggle={toggled}
    >
      <output className="call-pad-sent" aria-label={t.keysSent}>
        {pressed}
      </output>
      <div className="call-pad-keys">
        {KEYS.map((digit) => (
          <button
            key={digit}
            type="button"
            className="call-pad-key"
            aria-label={t.key(digit)}
            onClick={() => press(digit)}
          >
            {digit}
          </button>
        ))}
      </div>
      <p className="call-faint">{t.keysHint}</p>
    </div>
  );
}
