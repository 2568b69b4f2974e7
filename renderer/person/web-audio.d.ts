/** Chromium's choice of a speaker for Web Audio (W3C Web Audio API 1.1), which TypeScript's library lacks. */
interface AudioContext {
  /** '' is the system's. */
  setSinkId(sinkId: string): Promise<void>;
}
interface AudioContextOptions {
  sinkId?: string;
}
