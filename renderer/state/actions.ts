import type { AppSettingsPatch } from '../../backend/contract/app-settings.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, changeSettings, show } from './app.ts';
import { selectCall } from './calls.ts';
import { stateText } from './text.ts';

/** What several rooms offer. Each says in a notice why it failed, if it did. */

/** A recorded caller calls the bot. The call comes on show. */
export async function placeDemoCall(): Promise<void> {
  showCall(await attempt(textsNow(stateText).noDemo, () => ask('call.demo', null)));
}

/** The person calls the bot, by microphone and speaker. The call comes on show. */
export async function talkToBot(): Promise<void> {
  showCall(await attempt(textsNow(stateText).noTalk, () => ask('call.talk', null)));
}

function showCall(call: string | null): void {
  if (call === null) return;
  selectCall(call);
  show('call');
}

export async function showRecordings(): Promise<void> {
  await attempt(textsNow(stateText).noFolder, () => ask('folder.show', { what: 'recordings', call: null }));
}

/** Tries again to answer calls at the address of the settings. */
export async function restartListener(): Promise<void> {
  await attempt(textsNow(stateText).noListener, () => ask('listener.restart', null));
}

export async function saveSettings(patch: AppSettingsPatch): Promise<void> {
  await changeSettings(textsNow(stateText).notSaved, patch);
}
