import { create } from 'zustand';
import type { AccountView, LineView, SipMessageView, SipStep } from '../../backend/contract/sip.ts';
import type { AccountEntry, Messages, PastCall, PhoneView, Request } from '../../backend/contract/window.ts';
import { ask } from '../bridge/bridge.ts';

/** The telephone: accounts, lines, history, and what is said over SIP. */

export type Who = Request<'call.place'>['who'];

interface PhoneState {
  readonly accounts: readonly AccountView[];
  /** Settings of the accounts, as far as they were asked for: who answers, and what answers by itself. */
  readonly entries: readonly AccountEntry[];
  /** By their call; ended ones stay for a while, as calls do. */
  readonly lines: ReadonlyMap<string, LineView>;
  /** Newest first. */
  readonly history: readonly PastCall[];
  /** What is wrong in accounts.yaml; null: nothing. */
  readonly problem: string | null;
  /** By call, of those that were asked for. */
  readonly messages: ReadonlyMap<string, readonly SipMessageView[]>;
  /** By the id that a check or a search was asked with. */
  readonly steps: ReadonlyMap<string, readonly SipStep[]>;
  /** Who speaks on the calls that were placed from here. */
  readonly placed: ReadonlyMap<string, Who>;
  /** Calls placed to talk to somebody first, each to the call that is to be handed over to them. */
  readonly consultations: ReadonlyMap<string, string>;
}

export const usePhone = create<PhoneState>(() => ({
  accounts: [],
  entries: [],
  lines: new Map(),
  history: [],
  problem: null,
  messages: new Map(),
  steps: new Map(),
  placed: new Map(),
  consultations: new Map(),
}));

/** Ended lines that are kept beside the history, for the list of calls. */
const ENDED_KEPT = 20;

export function takePhone({ accounts, lines, history, problem }: PhoneView): void {
  usePhone.setState({
    accounts,
    lines: new Map(lines.map((line) => [line.call, line])),
    history,
    problem,
  });
  void listAccounts();
}

export function takePhoneChange({ accounts, lines, history, problem }: Messages['phone.changed']): void {
  usePhone.setState((before) => ({
    accounts: accounts ?? before.accounts,
    lines: lines ? withLines(before.lines, lines) : before.lines,
    history: history ?? before.history,
    problem: problem === undefined ? before.problem : problem,
  }));
  if (accounts) void listAccounts();
}

/** The lines after a change: what is new or changed, without those that ended long ago. */
export function withLines(
  before: ReadonlyMap<string, LineView>,
  changed: readonly LineView[],
): ReadonlyMap<string, LineView> {
  const lines = new Map(before);
  for (const line of changed) lines.set(line.call, line);
  const ended = [...lines.values()].filter(({ state }) => state === 'ended');
  const old = ended.toSorted((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0));
  for (const { call } of old.slice(0, -ENDED_KEPT)) lines.delete(call);
  return lines;
}

/** What goes over the wire from now on, of the calls whose messages are kept here. */
export function takeMessages(news: readonly SipMessageView[]): void {
  const messages = new Map(usePhone.getState().messages);
  for (const message of news) {
    const soFar = message.call === null ? undefined : messages.get(message.call);
    if (message.call === null || !soFar || soFar.some((known) => isSame(known, message))) continue;
    messages.set(message.call, [...soFar, message]);
  }
  usePhone.setState({ messages });
}

/** A message on its way here while all of the call's were asked for comes twice. */
function isSame(one: SipMessageView, other: SipMessageView): boolean {
  return one.at === other.at && one.direction === other.direction && one.text === other.text;
}

/** Reads the SIP messages of a call so far; those that follow come by themselves. */
export async function openMessages(call: string): Promise<void> {
  const messages = await ask('line.messages', { call });
  usePhone.setState((before) => ({ messages: new Map(before.messages).set(call, messages) }));
}

export function closeMessages(call: string): void {
  usePhone.setState((before) => {
    const messages = new Map(before.messages);
    messages.delete(call);
    return { messages };
  });
}

export function takeStep({ id, step }: Messages['sip.step']): void {
  usePhone.setState(({ steps }) => ({ steps: new Map(steps).set(id, [...(steps.get(id) ?? []), step]) }));
}

export function closeSteps(id: string): void {
  usePhone.setState((before) => {
    const steps = new Map(before.steps);
    steps.delete(id);
    return { steps };
  });
}

/** Settings of the accounts. Where they cannot be had, calls are shown without them. */
export async function listAccounts(): Promise<void> {
  const entries = await ask('account.list', null).catch(() => null);
  if (entries) usePhone.setState({ entries });
}

/** A call was placed from here; `forCall`: the one that is to be handed over to whom it calls. */
export function rememberPlaced(call: string, who: Who, forCall: string | null = null): void {
  usePhone.setState(({ placed, consultations }) => ({
    placed: new Map(placed).set(call, who),
    consultations: forCall === null ? consultations : new Map(consultations).set(call, forCall),
  }));
}

/** The line of a call: of one going on or just ended, or as the history has it. */
export function lineOf(
  { lines, history }: Pick<PhoneState, 'lines' | 'history'>,
  call: string,
): LineView | null {
  return lines.get(call) ?? history.find(({ line }) => line.call === call)?.line ?? null;
}

/** Accounts that can be called with. */
export function usableAccounts(accounts: readonly AccountView[]): readonly AccountView[] {
  return accounts.filter(({ state }) => state !== 'off');
}

export function missedUnseen(history: readonly PastCall[]): number {
  return history.filter(({ line, seen }) => !seen && line.end?.missed === true).length;
}
