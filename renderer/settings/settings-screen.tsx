import {
  AudioWaveform,
  Boxes,
  FolderOpen,
  HardDrive,
  Mic,
  Phone,
  PhoneIncoming,
  Settings2,
  type LucideIcon,
} from 'lucide-react';
import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import type { Snapshot } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { DevicePanel } from '../person/device-panel.tsx';
import { useApp } from '../state/app.ts';
import { AccountsSection } from './accounts-section.tsx';
import { CallsSection } from './calls-section.tsx';
import { EndpointsSection } from './endpoints-section.tsx';
import { FilesSection } from './files-section.tsx';
import { GeneralSection } from './general-section.tsx';
import { ModelsSection } from './models-section.tsx';
import { RecordingsSection } from './recordings-section.tsx';
import { SECTIONS, useSection, type Section } from './section.ts';
import { SettingsProblem } from './settings-problem.tsx';
import { settingsText } from './text.ts';
import './settings.css';

const ICONS: Readonly<Record<Section, LucideIcon>> = {
  general: Settings2,
  calls: PhoneIncoming,
  accounts: Phone,
  endpoints: AudioWaveform,
  models: Boxes,
  devices: Mic,
  recordings: HardDrive,
  files: FolderOpen,
};

/** All that can be set, one part at a time. */
export function SettingsScreen(): ReactNode {
  const t = useTexts(settingsText);
  const section = useSection((state) => state.section);
  return (
    <div className="settings">
      <SectionList section={section} />
      <div className="settings-body">
        <div className="settings-content" key={section}>
          <h1 className="settings-title">{t[section]}</h1>
          <SettingsProblem />
          <SectionContent section={section} />
        </div>
      </div>
    </div>
  );
}

function SectionList({ section }: { readonly section: Section }): ReactNode {
  const t = useTexts(settingsText);
  const list = useRef<HTMLElement>(null);
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const to = step === undefined ? undefined : SECTIONS[SECTIONS.indexOf(section) + step];
    if (to === undefined) return;
    event.preventDefault();
    useSection.setState({ section: to });
    list.current?.querySelectorAll('button')[SECTIONS.indexOf(to)]?.focus();
  };
  return (
    <nav ref={list} className="settings-list" aria-label={t.settings} onKeyDown={move}>
      {SECTIONS.map((own) => {
        const Icon = ICONS[own];
        return (
          <button
            key={own}
            type="button"
            className="settings-item"
            aria-current={own === section ? 'page' : undefined}
            onClick={() => useSection.setState({ section: own })}
          >
            <Icon className="ui-icon" aria-hidden />
            {t[own]}
          </button>
        );
      })}
    </nav>
  );
}

function SectionContent({ section }: { readonly section: Section }): ReactNode {
  const settings = useApp((app) => app.settings);
  const snapshot = useApp((app) => app.snapshot);
  if (settings === null || snapshot === null) return null;
  switch (section) {
    case 'general':
      return <GeneralSection settings={settings} version={snapshot.version} />;
    case 'calls':
      return <CallsSection settings={settings} />;
    case 'accounts':
      return <AccountsSection />;
    case 'endpoints':
      return <EndpointsSection />;
    case 'models':
      return <ModelsSection />;
    case 'devices':
      return <DevicePanel />;
    case 'recordings':
      return <RecordingsSection settings={settings} ownFolder={ownRecordsFolder(snapshot)} />;
    case 'files':
      return <FilesSection settings={settings} snapshot={snapshot} />;
  }
}

/** The snapshot says where records went when the window opened. */
function ownRecordsFolder({ settings, paths }: Snapshot): string | null {
  return settings.recordings.dir === null ? paths.recordings : null;
}
