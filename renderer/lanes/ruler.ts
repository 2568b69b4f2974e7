/** Steps of the time ruler, ms, each with how many parts its small ticks make of it. */
const STEPS: readonly (readonly [stepMs: number, parts: number])[] = [
  [1, 1],
  [2, 2],
  [5, 5],
  [10, 5],
  [20, 4],
  [50, 5],
  [100, 5],
  [200, 4],
  [500, 5],
  [1000, 5],
  [2000, 4],
  [5000, 5],
  [10_000, 5],
  [15_000, 3],
  [30_000, 3],
  [60_000, 4],
  [120_000, 4],
  [300_000, 5],
  [600_000, 5],
];
const WIDEST: readonly [number, number] = [600_000, 5];
const HOUR_MS = 3_600_000;

/** The finest step whose labels keep `gapPx` between them, and the parts of it. `charPx`: width of a digit. */
export function chooseStep(
  msPerPx: number,
  lastMs: number,
  charPx: number,
  gapPx: number,
): readonly [stepMs: number, parts: number] {
  for (const step of STEPS) {
    const label = labelLength(step[0], lastMs) * charPx;
    if (step[0] / msPerPx >= label + gapPx) return step;
  }
  return WIDEST;
}

/** Characters of the longest label up to `lastMs`. */
function labelLength(stepMs: number, lastMs: number): number {
  const clock = lastMs >= HOUR_MS ? 7 : lastMs >= HOUR_MS / 6 ? 5 : 4;
  return clock + decimals(stepMs);
}

/** Characters behind the seconds, the point among them. */
function decimals(stepMs: number): number {
  return stepMs >= 1000 ? 0 : stepMs >= 100 ? 2 : stepMs >= 10 ? 3 : 4;
}

/** As `1:05`, `1:05.20`, `1:02:05`, with the decimals that a step needs. */
export function tickLabel(ms: number, stepMs: number): string {
  const whole = Math.round(ms);
  const part = decimals(stepMs);
  const fraction =
    part === 0
      ? ''
      : `.${String(whole % 1000)
          .padStart(3, '0')
          .slice(0, part - 1)}`;
  return clock(Math.floor(whole / 1000)) + fraction;
}

/** As `1:05.2438`: to a tenth of a millisecond. */
export function exactTime(ms: number): string {
  const tenths = Math.round(ms * 10);
  return `${clock(Math.floor(tenths / 10_000))}.${String(tenths % 10_000).padStart(4, '0')}`;
}

function clock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = String(seconds % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`;
}
