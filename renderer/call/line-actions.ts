import type { LineView } from '../../backend/contract/sip.ts';
import type { Request } from '../../backend/contract/window.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, show } from '../state/app.ts';
import { selectCall, useCalls } from '../state/calls.ts';
import { activeLine, heldLines, ringingLines } from '../state/lines.ts';
import { rememberPlaced, usePhone } from '../state/phone.ts';
import { lineText, type LineTexts } from './line-text.ts';
import { callText } from './text.ts';

/** What a person does to lines. Each says in a notice why it was not done, if so. */

type Failure = (t: LineTexts) => string;

async function carryOut(failure: Failure, work: () => Promise<unknown>): Promise<boolean> {
  const done = await attempt(failure(textsNow(lineText)), () => work().then(() => true));
  return done ?? false;
}

/** A call answered in person comes on show. */
export async function answer(call: string, who: Request<'line.answer'>['who']): Promise<void> {
  const answered = await carryOut(
    (t) => t.notAnswered,
    () => ask('line.answer', { call, who }),
  );
  if (!answered || who === 'bot') return;
  selectCall(call);
  show('call');
}

export function reject(call: string, why: Request<'line.reject'>['why']): void {
  void carryOut(
    (t) => t.notRejected,
    () => ask('line.reject', { call, why }),
  );
}

export function hangUpLine(call: string): void {
  void carryOut(
    (t) => t.notHungUp,
    () => ask('call.hang_up', { call }),
  );
}

/** Off hold means: this call and no other, where the person speaks on it. */
export function holdLine({ call, heldByUs }: LineView): void {
  if (!heldByUs)
    void carryOut(
      (t) => t.notHeld,
      () => ask('line.hold', { call, on: true }),
    );
  else if (isHeldOfPerson(call)) void activate(call, (t) => t.notResumed);
  else
    void carryOut(
      (t) => t.notResumed,
      () => ask('line.hold', { call, on: false }),
    );
}

/** This call comes off hold and on show, the person's others go on hold. */
export async function activate(call: string, failure: Failure = (t) => t.notSwapped): Promise<void> {
  if (await carryOut(failure, () => ask('line.activate', { call }))) selectCall(call);
}

/** Blind. @returns whether the far end has agreed to try. */
export function transfer(call: string, target: string): Promise<boolean> {
  return carryOut(
    (t) => t.notTransferred,
    () => ask('line.transfer', { call, target }),
  );
}

/** Puts `line` on hold and calls whom it is to be handed over to. @returns whether they are being called */
export async function talkFirst(line: LineView, target: string): Promise<boolean> {
  if (
    !line.heldByUs &&
    !(await carryOut(
      (t) => t.notHeld,
      () => ask('line.hold', { call: line.call, on: true }),
    ))
  ) {
    return false;
  }
  const placed = await attempt(textsNow(callText).callFailed, () =>
    ask('call.place', { target, codec: 'PCMA', who: 'person', account: line.account }),
  );
  if (placed === null) return false;
  rememberPlaced(placed, 'person', line.call);
  selectCall(placed);
  return true;
}

export function join(call: string, other: string): void {
  void carryOut(
    (t) => t.notJoined,
    () => ask('line.join', { call, other }),
  );
}

/** Hangs up and returns to the call that waits. */
export async function drop(call: string, back: string): Promise<void> {
  if (
    await carryOut(
      (t) => t.notHungUp,
      () => ask('call.hang_up', { call }),
    )
  ) {
    await activate(back, (t) => t.notResumed);
  }
}

export function clearHistory(call: string | null): void {
  void carryOut(
    (t) => t.notCleared,
    () => ask('history.clear', { call }),
  );
}

/** The person has seen the missed calls; where that cannot be kept, they are marked again next time. */
export function seenHistory(): void {
  ask('history.seen', null).catch(() => undefined);
}

/** The call that rings at the person first; null: none. */
export function firstRinging(): LineView | null {
  const { lines, entries } = usePhone.getState();
  return ringingLines(lines, entries)[0] ?? null;
}

/** The call that the person would change to; null: none is on hold. */
export function swapTarget(): LineView | null {
  const { lines, placed } = usePhone.getState();
  const { calls } = useCalls.getState();
  if (activeLine(lines, calls, placed) === null) return null;
  return heldLines(lines, calls, placed).at(-1) ?? null;
}

function isHeldOfPerson(call: string): boolean {
  const { lines, placed } = usePhone.getState();
  return heldLines(lines, useCalls.getState().calls, placed).some((line) => line.call === call);
}
