import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { LineView } from '../../backend/contract/sip.ts';
import type { CallSummary } from '../../backend/fold/types.ts';
import { textsNow } from '../base/text.ts';
import { ask, openAudioPort } from '../bridge/bridge.ts';
import { attempt } from '../state/app.ts';
import { useCalls, type CallEntry } from '../state/calls.ts';
import { usePhone } from '../state/phone.ts';
import { Headset, OFF, type HeadsetState } from './headset.ts';
import { personText } from './text.ts';

interface PersonStore {
  readonly headset: HeadsetState;
  /** Calls that are listened in on; ended ones may still be among them. */
  readonly listened: ReadonlySet<string>;
}

export const usePerson = create<PersonStore>(() => ({ headset: OFF, listened: new Set() }));

/** The window's one microphone and speaker. Its levels change too often for the store: meters read them. */
export const headset = new Headset({
  openLine: openAudioPort,
  onState: (state) => usePerson.setState({ headset: state }),
});

/** Begins or ends to play both sides of a call. */
export async function listenIn(call: string, on: boolean): Promise<void> {
  const done = await attempt(textsNow(personText).cannotListen, async () => {
    await ask('call.listen_in', { call, on });
    return true;
  });
  if (done === null) return;
  usePerson.setState(({ listened }) => {
    const after = new Set(listened);
    if (on) after.add(call);
    else after.delete(call);
    return { listened: after };
  });
}

/** Whether the person speaks on this call. */
export function speaksOn({ state, party, takenOver }: CallSummary): boolean {
  return state === 'live' && (party === 'person' || takenOver);
}

/** Ids of live calls where the person speaks, and of those that they hear. */
export function callsOfPerson(
  summaries: Iterable<CallSummary>,
  listened: ReadonlySet<string>,
): { readonly spoken: readonly string[]; readonly heard: readonly string[] } {
  const spoken: string[] = [];
  const heard: string[] = [];
  for (const summary of summaries) {
    const speaks = speaksOn(summary);
    if (speaks) spoken.push(summary.id);
    if (speaks || (summary.state === 'live' && listened.has(summary.id))) heard.push(summary.id);
  }
  return { spoken, heard };
}

/** Whether the person speaks on a call now: where they hold it, nobody hears them, muted or not. */
export function isHeardOn({ summary }: Pick<CallEntry, 'summary'>, line: LineView | undefined): boolean {
  return speaksOn(summary) && line?.heldByUs !== true;
}

/** What keeps the person's voice from a call: they have muted it, or hold each that they are on. */
export function useVoice(): { readonly muted: boolean; readonly onHold: boolean } {
  const lines = usePhone((phone) => phone.lines);
  return useCalls(
    useShallow(({ calls }) => {
      const heard = [...calls.values()].filter((call) => isHeardOn(call, lines.get(call.id)));
      const spoken = calls.values().some(({ summary }) => speaksOn(summary));
      return { muted: heard.some(({ summary }) => summary.muted), onHold: spoken && heard.length === 0 };
    }),
  );
}
