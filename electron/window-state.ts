import { readFileSync, writeFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import { z } from 'zod';

const saved = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(600).max(20_000),
  height: z.int().min(400).max(20_000),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof saved>;

/** Where the window was, as far as that is still on a screen; null: wherever the system puts it. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState | null {
  try {
    const state = saved.parse(JSON.parse(readFileSync(file, 'utf8')));
    return screens.some((screen) => overlaps(state, screen)) ? state : null;
  } catch {
    return null;
  }
}

/** Best effort: a window that opens elsewhere next time is no harm. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch {
    return;
  }
}

/** Enough of the title bar is visible to grab it. */
function overlaps(state: WindowState, screen: Rectangle): boolean {
  const width = Math.min(state.x + state.width, screen.x + screen.width) - Math.max(state.x, screen.x);
  return width >= 100 && state.y >= screen.y && state.y < screen.y + screen.height - 40;
}
