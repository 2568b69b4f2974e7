import { BellRing, Mic, Volume2, type LucideIcon } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { attempt, changeSettings, useApp } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Field, Select, Switch } from '../ui/field.tsx';
import { Meter } from '../ui/meter.tsx';
import { Panel } from '../ui/panel.tsx';
import {
  choices,
  choose,
  sinkOf,
  type ChosenDevice,
  type Device,
  type DeviceKind,
  type DeviceSettings,
} from './devices.ts';
import { meterLevel } from './levels.ts';
import './room.css';
import { headset, usePerson } from './store.ts';
import { personText } from './text.ts';
import { RING, TEST_TONE, playTone } from './tones.ts';
import { recordAndPlay } from './trials.ts';
import { useDevices } from './use-devices.ts';

/** Microphone, speaker and ringer: chosen, seen and tried. */
export function DevicePanel(): ReactNode {
  const t = useTexts(personText);
  const settings = useApp((app) => app.settings?.devices ?? null);
  const devices = useDevices();
  const live = usePerson((person) => person.headset);
  if (!settings) return null;
  const change = (patch: Partial<DeviceSettings>): void => {
    void changeSettings(t.changeFailed, { devices: patch });
  };
  return (
    <Panel title={t.devices}>
      <div className="person-devices">
        <DeviceField
          label={t.microphone}
          kind="audioinput"
          chosen={settings.microphone}
          devices={devices}
          onChoose={(microphone) => change({ microphone })}
        />
        <MicrophoneTest {...{ settings, devices }} isLive={live.microphone.kind === 'live'} />
        <DeviceField
          label={t.speaker}
          kind="audiooutput"
          chosen={settings.speaker}
          devices={devices}
          onChoose={(speaker) => change({ speaker })}
        />
        <SoundTest
          icon={Volume2}
          title={t.testSpeaker}
          test={() => playTone(TEST_TONE, sinkOf(settings.speaker, devices))}
          meter={live.speaker.kind === 'live'}
        />
        <DeviceField
          label={t.ringer}
          kind="audiooutput"
          chosen={settings.ringer}
          devices={devices}
          onChoose={(ringer) => change({ ringer })}
        />
        <SoundTest
          icon={BellRing}
          title={t.testRinger}
          test={() => playTone({ ...RING, period: RING_ONCE_SECONDS }, sinkOf(settings.ringer, devices))}
        />
      </div>
      <div className="person-switches">
        <Switch
          label={t.echoCancellation}
          checked={settings.echo_cancellation}
          onChange={(echo_cancellation) => change({ echo_cancellation })}
        />
        <Switch
          label={t.noiseSuppression}
          checked={settings.noise_suppression}
          onChange={(noise_suppression) => change({ noise_suppression })}
        />
        <Switch
          label={t.autoGain}
          checked={settings.auto_gain}
          onChange={(auto_gain) => change({ auto_gain })}
        />
        <p className="person-hint">{t.switchesHint}</p>
      </div>
    </Panel>
  );
}

interface DeviceFieldProps {
  readonly label: string;
  readonly kind: DeviceKind;
  readonly chosen: ChosenDevice;
  readonly devices: readonly Device[];
  readonly onChoose: (device: ChosenDevice) => void;
}

const SYSTEM = '';
/** A trial leaves out the pause before it would ring again. */
const RING_ONCE_SECONDS = 1;

function DeviceField({ label, kind, chosen, devices, onChoose }: DeviceFieldProps): ReactNode {
  const t = useTexts(personText);
  const there = choices(kind, devices);
  const { device, fellBack } = choose(chosen, kind, devices);
  const value = chosen === null ? SYSTEM : fellBack ? chosen.id : (device?.deviceId ?? SYSTEM);
  const options = [
    { value: SYSTEM, label: t.systemDevice },
    ...there.map(({ deviceId, label: name }) => ({ value: deviceId, label: name })),
    ...(chosen && fellBack ? [{ value: chosen.id, label: t.missingDevice(chosen.label) }] : []),
  ];
  const pick = (id: string): void => {
    const picked = there.find(({ deviceId }) => deviceId === id);
    if (picked) onChoose({ id: picked.deviceId, label: picked.label });
    else if (id === SYSTEM) onChoose(null);
  };
  return (
    <Field label={label}>
      <Select value={value} onChange={pick} options={options} />
    </Field>
  );
}

interface MicrophoneTestProps {
  readonly settings: DeviceSettings;
  readonly devices: readonly Device[];
  /** A call has it open: its level shows all the time. */
  readonly isLive: boolean;
}

function MicrophoneTest({ settings, devices, isLive }: MicrophoneTestProps): ReactNode {
  const t = useTexts(personText);
  const [phase, setPhase] = useState<'idle' | 'recording' | 'playing'>('idle');
  const level = useRef(0);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    leaving.current = new AbortController();
    return () => leaving.current.abort();
  }, []);
  const test = async (): Promise<void> => {
    setPhase('recording');
    await attempt(t.testFailed, () =>
      recordAndPlay({
        microphone: choose(settings.microphone, 'audioinput', devices).device,
        settings,
        sink: sinkOf(settings.speaker, devices),
        onLevel: (now) => {
          level.current = meterLevel(now, level.current);
        },
        onPlay: () => setPhase('playing'),
        signal: leaving.current.signal,
      }),
    );
    setPhase('idle');
  };
  return (
    <div className="person-test">
      <Button icon={Mic} busy={phase !== 'idle'} title={t.testMicrophone} onClick={() => void test()}>
        {t.test}
      </Button>
      {(isLive || phase === 'recording') && (
        <div className="person-level">
          <Meter level={isLive ? headset.levels.microphone : level} label={t.microphoneLevel} />
        </div>
      )}
      <span className="person-hint" role="status">
        {phase === 'recording' ? t.recording : phase === 'playing' ? t.playingBack : ''}
      </span>
    </div>
  );
}

interface SoundTestProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly test: () => Promise<void>;
  readonly meter?: boolean;
}

function SoundTest({ icon, title, test, meter = false }: SoundTestProps): ReactNode {
  const t = useTexts(personText);
  const [busy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    await attempt(t.testFailed, test);
    setBusy(false);
  };
  return (
    <div className="person-test">
      <Button icon={icon} busy={busy} title={title} onClick={() => void run()}>
        {t.test}
      </Button>
      {meter && (
        <div className="person-level">
          <Meter level={headset.levels.speaker} label={t.speakerLevel} />
        </div>
      )}
    </div>
  );
}
