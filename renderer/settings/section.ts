import { create } from 'zustand';
import { show } from '../state/app.ts';

export const SECTIONS = [
  'general',
  'calls',
  'accounts',
  'endpoints',
  'models',
  'devices',
  'recordings',
  'files',
] as const;
export type Section = (typeof SECTIONS)[number];

/** Which part of the settings is on show. */
export const useSection = create<{ readonly section: Section }>(() => ({ section: 'general' }));

/** Opens the settings there. */
export function showSettings(section: Section): void {
  useSection.setState({ section });
  show('settings');
}
