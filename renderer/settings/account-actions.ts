import type { Request } from '../../backend/contract/window.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { accountText } from './account-text.ts';

/** What is done to accounts. Each says in a notice why it failed, if it did. */

export async function saveAccount(request: Request<'account.save'>): Promise<boolean> {
  const entries = await attempt(textsNow(accountText).notSaved, () => ask('account.save', request));
  if (entries) usePhone.setState({ entries });
  return entries !== null;
}

export async function removeAccount(name: string): Promise<void> {
  const entries = await attempt(textsNow(accountText).notRemoved, () => ask('account.remove', { name }));
  if (entries) usePhone.setState({ entries });
}
