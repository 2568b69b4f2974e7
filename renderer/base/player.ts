import { create } from 'zustand';

/** Short recordings played to the person, one at a time. */
export const usePlayer = create<{ readonly playing: string | null }>(() => ({ playing: null }));

let current: { readonly audio: HTMLAudioElement; readonly url: string } | null = null;

export function stopPlaying(): void {
  if (current === null) return;
  current.audio.pause();
  URL.revokeObjectURL(current.url);
  current = null;
  usePlayer.setState({ playing: null });
}

/**
 * Plays a WAV file; whatever was playing stops. `key` is how usePlayer names it. `speaker`: id of the device; null,
 * or one that is gone: the system's. @throws when the bytes cannot be played
 */
export async function playWav(key: string, wav: Uint8Array, speaker: string | null): Promise<void> {
  stopPlaying();
  const url = URL.createObjectURL(new Blob([new Uint8Array(wav)], { type: 'audio/wav' }));
  const audio = new Audio(url);
  current = { audio, url };
  usePlayer.setState({ playing: key });
  audio.addEventListener('ended', () => {
    if (current?.audio === audio) stopPlaying();
  });
  try {
    if (speaker !== null) await audio.setSinkId(speaker).catch(() => undefined);
    await audio.play();
  } catch (error) {
    // Stopped before it began: as asked.
    if (current?.audio !== audio) return;
    stopPlaying();
    throw error;
  }
}
