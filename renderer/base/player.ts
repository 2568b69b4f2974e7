import { create } from 'zustand';

/** Short recordings played to the person, one at a time. */
export const usePlayer = create<{ readonly playing: string | null }>(() => ({ playing: null }));

let current: HTMLAudioElement | null = null;

export function stopPlaying(): void {
  if (current === null) return;
  current.pause();
  // Of an address that is no blob's this does nothing.
  URL.revokeObjectURL(current.src);
  current = null;
  usePlayer.setState({ playing: null });
}

/**
 * Plays a WAV file; whatever was playing stops. `key` is how usePlayer names it. `speaker`: id of the device; null,
 * or one that is gone: the system's. @throws when the bytes cannot be played
 */
export function playWav(key: string, wav: Uint8Array, speaker: string | null): Promise<void> {
  const url = URL.createObjectURL(new Blob([new Uint8Array(wav)], { type: 'audio/wav' }));
  return playAddress(key, url, speaker);
}

/** The same of what lies at an address. */
export async function playAddress(key: string, url: string, speaker: string | null): Promise<void> {
  stopPlaying();
  const audio = new Audio(url);
  current = audio;
  usePlayer.setState({ playing: key });
  audio.addEventListener('ended', () => {
    if (current === audio) stopPlaying();
  });
  try {
    if (speaker !== null) await audio.setSinkId(speaker).catch(() => undefined);
    await audio.play();
  } catch (error) {
    // Stopped before it began: as asked.
    if (current !== audio) return;
    stopPlaying();
    throw error;
  }
}
