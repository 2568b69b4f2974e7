import { useEffect } from 'react';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { notify, useApp } from '../state/app.ts';
import { useCalls } from '../state/calls.ts';
import type { MicrophoneState, SpeakerState } from './headset.ts';
import { callsOfPerson, headset, usePerson } from './store.ts';
import { microphoneProblem, personText } from './text.ts';

/** Runs the headset exactly while a call needs it, and tells the calls what became of it. Mounted once. */
export function usePersonController(): void {
  const listened = usePerson((person) => person.listened);
  const microphone = usePerson((person) => person.headset.microphone);
  const speaker = usePerson((person) => person.headset.speaker);
  const devices = useApp(({ settings }) => settings?.devices ?? null);
  // As text, so that events which change neither do not render.
  const spoken = useCalls(({ calls }) => ids(callsOf(calls, listened).spoken));
  const heard = useCalls(({ calls }) => ids(callsOf(calls, listened).heard));

  const speaks = spoken !== '';
  const hears = heard !== '';
  useEffect(() => {
    headset.want(hears && devices ? { devices, microphone: speaks } : null);
  }, [speaks, hears, devices]);
  useEffect(() => () => headset.want(null), []);

  // Anew for each call: one that has just begun does not know.
  useEffect(() => {
    if (spoken !== '') tellCalls(microphone);
  }, [microphone, spoken]);
  useEffect(() => noticeMicrophone(microphone), [microphone]);
  useEffect(() => noticeSpeaker(speaker), [speaker]);
}

type Calls = ReturnType<typeof useCalls.getState>['calls'];

function callsOf(calls: Calls, listened: ReadonlySet<string>): ReturnType<typeof callsOfPerson> {
  return callsOfPerson(
    calls.values().map(({ summary }) => summary),
    listened,
  );
}

function ids(calls: readonly string[]): string {
  return calls.join(' ');
}

/** A call's record is in English. */
function tellCalls(microphone: MicrophoneState): void {
  if (microphone.kind === 'off' || microphone.kind === 'asking') return;
  const message = microphoneProblem(microphone, personText.en) ?? '';
  // Where the main process does not answer, the calls find out by themselves that no audio comes.
  ask('person.microphone', { live: microphone.kind === 'live', message }).catch(() => undefined);
}

function noticeMicrophone(microphone: MicrophoneState): void {
  const t = textsNow(personText);
  if (microphone.kind === 'live' && microphone.fellBack) {
    notify({
      severity: 'warning',
      title: t.microphoneGone,
      meaning: t.usingInstead(microphone.label),
      remedy: t.comesBack,
    });
  }
  const problem = microphoneProblem(microphone, t);
  if (problem !== null) {
    notify({
      severity: 'error',
      title: problem,
      meaning: t.silenceMeans,
      remedy: microphone.kind === 'refused' ? t.allowIt : t.plugIn,
    });
  }
}

function noticeSpeaker(speaker: SpeakerState): void {
  const t = textsNow(personText);
  if (speaker.kind === 'live' && speaker.fellBack) {
    notify({
      severity: 'warning',
      title: t.speakerGone,
      meaning: t.usingInstead(speaker.label),
      remedy: t.comesBack,
    });
  }
  if (speaker.kind === 'lost') {
    notify({ severity: 'error', title: t.noSpeaker, meaning: t.unheardMeans, remedy: t.plugIn });
  }
}
