/** The app's mark in the system's tray: bars of sound, and a dot while there are missed calls. */

/** Of the square's side: where each bar's middle is, and its half height. */
const BARS = [
  [0.14, 0.14],
  [0.32, 0.3],
  [0.5, 0.44],
  [0.68, 0.26],
  [0.86, 0.12],
] as const;
const HALF_WIDTH = 0.06;
const DOT = { x: 0.77, y: 0.23, radius: 0.22 };
/** Between the dot and the bars. */
const GAP = 0.07;
/** Each pixel is looked at in so many places each way. */
const SAMPLES = 4;

type Colour = readonly [red: number, green: number, blue: number];
/** Readable on light panels and on dark ones. */
const BLUE: Colour = [74, 138, 244];
const RED: Colour = [224, 62, 62];
const BLACK: Colour = [0, 0, 0];

export interface TrayIcon {
  /** Pixels along each side. */
  readonly side: number;
  readonly missed: boolean;
  /** Black alone, for systems that colour it themselves (macOS). */
  readonly template: boolean;
}

/** Pixels as Chromium has them: blue, green, red, alpha, the colours multiplied by alpha. */
export function drawTrayIcon({ side, missed, template }: TrayIcon): Buffer {
  const pixels = Buffer.alloc(side * side * 4);
  const step = 1 / (side * SAMPLES);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    const left = (pixel % side) / side + step / 2;
    const top = Math.floor(pixel / side) / side + step / 2;
    let bars = 0;
    let dot = 0;
    for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
      const x = left + (sample % SAMPLES) * step;
      const y = top + Math.floor(sample / SAMPLES) * step;
      const fromDot = missed ? Math.hypot(x - DOT.x, y - DOT.y) - DOT.radius : Infinity;
      if (fromDot <= 0) dot += 1;
      else if (fromDot > GAP && onBar(x, y)) bars += 1;
    }
    const share = 1 / (SAMPLES * SAMPLES);
    for (let channel = 0; channel < 3; channel += 1) {
      const [bar, spot] = template ? [BLACK, BLACK] : [BLUE, RED];
      const colour = (bar[2 - channel] ?? 0) * bars + (spot[2 - channel] ?? 0) * dot;
      pixels[pixel * 4 + channel] = Math.round(colour * share);
    }
    pixels[pixel * 4 + 3] = Math.round(255 * (bars + dot) * share);
  }
  return pixels;
}

/** A bar with round ends: all that is near enough to the line along its middle. */
function onBar(x: number, y: number): boolean {
  return BARS.some(([middle, halfHeight]) => {
    const along = Math.max(0, Math.abs(y - 0.5) - (halfHeight - HALF_WIDTH));
    return Math.hypot(x - middle, along) <= HALF_WIDTH;
  });
}
