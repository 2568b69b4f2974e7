import {
  Bookmark,
  Ear,
  Grid3x3,
  Hand,
  MessageCircleMore,
  MessageSquareText,
  Mic,
  MicOff,
  Pause,
  PhoneForwarded,
  PhoneOff,
  Play,
  UserRoundCheck,
  type LucideIcon,
} from 'lucide-react';
import { create } from 'zustand';
import type { LineView } from '../../backend/contract/sip.ts';
import type { WindowCommand } from '../base/commands.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { listenIn } from '../person/store.ts';
import { attempt } from '../state/app.ts';
import { reach, type Control } from './legs.ts';
import { holdLine } from './line-actions.ts';
import type { LineTexts } from './line-text.ts';
import type { CallFacts } from './shown.ts';
import { callText } from './text.ts';

/** What signalling does to a call, of those over SIP. */
type LineControl = 'line_hold' | 'transfer';

/** A control that takes words first. */
export type Tool = Extract<Control, 'say' | 'whisper'> | 'transfer';

/** Of the keypad's popover. */
export const KEY_PAD_ID = 'call-key-pad';

/** The one that is open; null: none. */
export const useTool = create<{ readonly tool: Tool | null }>(() => ({ tool: null }));

export function openTool(tool: Tool | null): void {
  useTool.setState({ tool });
}

/** One control of the call on show, as a button and as a command. */
export interface ControlView {
  readonly control: Control | LineControl;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly keys: string;
  /** On or off; undefined where it is neither. */
  readonly pressed: boolean | undefined;
  /** Why it cannot act; null: it can. */
  readonly reason: string | null;
  readonly run: () => void;
}

/** All controls of a call going on, in their order. */
export function controlViews(
  shown: CallFacts,
  other: CallFacts | null,
  tool: Tool | null,
  listened: boolean,
  t: typeof callText.en,
): readonly ControlView[] {
  const view = (
    control: Control,
    icon: LucideIcon,
    keys: string,
    run: (call: string) => void,
    pressed?: boolean,
    label: string = t[control],
  ): ControlView => {
    const { call, reason } = reach(control, shown, other);
    return {
      control,
      label,
      icon,
      keys,
      pressed,
      reason: reason === null ? null : t[reason],
      run: () => {
        if (call !== null) run(call);
      },
    };
  };
  const open = (wanted: Tool) => () => openTool(tool === wanted ? null : wanted);
  const muted = (other?.id === reach('mute', shown, other).call ? other?.muted : shown.muted) ?? false;
  const { held, takenOver } = shown;
  return [
    view('mute', muted ? MicOff : Mic, 'u', (call) => mute(call, !muted), muted),
    view('keys', Grid3x3, 'k', toggleKeyPad),
    view('listen_in', Ear, 'l', (call) => void listenIn(call, !listened), listened),
    view('hold', Hand, 'h', (call) => hold(call, !held), held),
    view('say', MessageSquareText, 's', open('say'), tool === 'say'),
    view('whisper', MessageCircleMore, 'w', open('whisper'), tool === 'whisper'),
    view(
      'take_over',
      UserRoundCheck,
      't',
      (call) => takeOver(call, !takenOver),
      takenOver,
      takenOver ? t.giveBack : t.take_over,
    ),
    view('mark', Bookmark, 'm', mark),
    view('hang_up', PhoneOff, 'shift+mod+h', hangUp),
  ];
}

/** What a call over SIP has beside them. Its hold is the line's: who holds the bot stays on the line. */
export function lineControlViews(line: LineView, tool: Tool | null, t: LineTexts): readonly ControlView[] {
  const { state, heldByUs } = line;
  const reason = state === 'connected' ? null : t.not_answered;
  return [
    {
      control: 'line_hold',
      label: heldByUs ? t.line_resume : t.line_hold,
      icon: heldByUs ? Play : Pause,
      keys: 'o',
      pressed: heldByUs,
      reason,
      run: () => {
        if (reason === null) holdLine(line);
      },
    },
    {
      control: 'transfer',
      label: t.transfer,
      icon: PhoneForwarded,
      keys: 'x',
      pressed: tool === 'transfer',
      reason,
      run: () => {
        if (reason === null) openTool(tool === 'transfer' ? null : 'transfer');
      },
    },
  ];
}

/** As the palette and shortcuts have them; an item of the menu is named by the same id. */
export function commandsOf(views: readonly ControlView[]): readonly WindowCommand[] {
  return views.map(({ control, label, keys, reason, run }) => ({
    id: `call.${control}`,
    title: label,
    keys,
    run,
    when: () => reason === null,
  }));
}

function toggleKeyPad(): void {
  document.getElementById(KEY_PAD_ID)?.togglePopover();
}

/** Says it at once, in the bot's voice. Answers whether it was taken. */
export function say(call: string, text: string): Promise<boolean> {
  return carryOut('say', () => ask('call.say', { call, text }));
}

export function whisper(call: string, text: string): Promise<boolean> {
  return carryOut('whisper', () => ask('call.whisper', { call, text }));
}

export function sendKeys(call: string, digits: string): Promise<boolean> {
  return carryOut('keys', () => ask('call.send_dtmf', { call, digits }));
}

function hangUp(call: string): void {
  void carryOut('hang_up', () => ask('call.hang_up', { call }));
}

function mute(call: string, on: boolean): void {
  void carryOut('mute', () => ask('call.mute', { call, on }));
}

function hold(call: string, on: boolean): void {
  void carryOut('hold', () => ask('call.hold_bot', { call, on }));
}

function takeOver(call: string, on: boolean): void {
  void carryOut('take_over', () => ask('call.take_over', { call, on }));
}

function mark(call: string): void {
  void carryOut('mark', () => ask('call.mark', { call, label: '' }));
}

async function carryOut(control: Control, work: () => Promise<null>): Promise<boolean> {
  const t = textsNow(callText);
  const done = await attempt(t.failed(t[control]), () => work().then(() => true));
  return done ?? false;
}
