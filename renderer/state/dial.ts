import { create } from 'zustand';
import type { AccountView } from '../../backend/contract/sip.ts';
import type { Request } from '../../backend/contract/window.ts';
import { saveSettings } from './actions.ts';
import { useApp } from './app.ts';
import type { Who } from './phone.ts';

interface DialState {
  readonly typed: string;
  readonly who: Who;
  readonly codec: Request<'call.place'>['codec'];
  /** The account chosen here; null: as the settings say. */
  readonly account: string | null;
  /** Goes up each time the field is to have the focus. */
  readonly asked: number;
}

/** The dial field: what is in it stays when the person goes to another screen, and a link may fill it. */
export const useDial = create<DialState>(() => ({
  typed: '',
  who: 'bot',
  codec: 'PCMU',
  account: null,
  asked: 0,
}));

/** Puts a target into the field, ready to call, and the focus too. */
export function dialField(typed: string): void {
  useDial.setState(({ asked }) => ({ typed, asked: asked + 1 }));
}

/** Only the focus. */
export function focusDial(): void {
  useDial.setState(({ asked }) => ({ asked: asked + 1 }));
}

/** Of `accounts`, the one that calls: the one chosen last, else the first; null: there is none. */
export function useAccountToCall(accounts: readonly AccountView[]): string | null {
  const here = useDial(({ account }) => account);
  const kept = useApp(({ settings }) => settings?.phone.account ?? null);
  const names = accounts.map(({ name }) => name);
  return [here, kept].find((name) => name !== null && names.includes(name)) ?? names[0] ?? null;
}

/** Counts at once, and among the settings for the next time. */
export function chooseAccount(account: string): void {
  useDial.setState({ account });
  void saveSettings({ phone: { account } });
}
