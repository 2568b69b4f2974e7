import { Ear, Mic, MicOff, Volume2, VolumeX, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { useCalls } from '../state/calls.ts';
import { Button } from '../ui/button.tsx';
import { Meter } from '../ui/meter.tsx';
import type { MicrophoneState } from './headset.ts';
import './room.css';
import { headset, speaksOn, usePerson, useVoice } from './store.ts';
import { microphoneProblem, personText } from './text.ts';

/** What becomes of the person's own voice and ears, while the headset runs; nothing otherwise. */
export function PersonBar(): ReactNode {
  const t = useTexts(personText);
  const { microphone, speaker } = usePerson((person) => person.headset);
  const { muted, onHold } = useVoice();
  const silent = useCalls(({ calls }) =>
    calls.values().some(({ summary }) => speaksOn(summary) && summary.microphone?.live === false),
  );
  if (microphone.kind === 'off' && speaker.kind === 'off') return null;

  const problem =
    microphoneProblem(microphone, t) ?? (microphone.kind === 'live' && silent ? t.givesNothing : null);
  const Icon = microphoneIcon(microphone, problem !== null || muted || onHold);
  return (
    <section className="person-bar" aria-label={t.microphone}>
      <Icon className={problem === null ? 'person-icon' : 'person-icon person-problem'} aria-hidden />
      <span
        className={problem === null ? 'person-says' : 'person-says person-problem'}
        role="status"
        title={microphone.kind === 'live' ? microphone.label : undefined}
      >
        {problem ?? says(microphone, muted, onHold, t)}
      </span>
      {microphone.kind === 'live' && (
        <div className="person-level">
          <Meter level={headset.levels.microphone} label={t.microphoneLevel} />
        </div>
      )}
      {(microphone.kind === 'refused' || microphone.kind === 'lost') && (
        <Button variant="plain" onClick={headset.retry}>
          {t.tryAgain}
        </Button>
      )}
      {speaker.kind === 'live' ? (
        <>
          <Volume2 className="person-icon" aria-hidden />
          <div className="person-level">
            <Meter level={headset.levels.speaker} label={t.speakerLevel} />
          </div>
        </>
      ) : (
        speaker.kind === 'lost' && (
          <>
            <VolumeX className="person-icon person-problem" aria-hidden />
            <span className="person-problem" role="status">
              {t.noSpeaker}
            </span>
          </>
        )
      )}
    </section>
  );
}

function microphoneIcon(microphone: MicrophoneState, silent: boolean): LucideIcon {
  if (microphone.kind === 'off') return Ear;
  return silent ? MicOff : Mic;
}

function says(
  microphone: MicrophoneState,
  muted: boolean,
  onHold: boolean,
  t: Pick<typeof personText.ru, 'listening' | 'asking' | 'muted' | 'onHold' | 'speaking'>,
): string {
  if (microphone.kind === 'off') return t.listening;
  if (microphone.kind === 'asking') return t.asking;
  if (onHold) return t.onHold;
  return muted ? t.muted : t.speaking;
}
