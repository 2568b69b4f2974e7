import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ServeView } from './serve-view.ts';

/** Says where a call's record lies; nothing where none was kept. `traces` false: none are. */
export function tellRecord(view: Pick<ServeView, 'note'>, traces: string | false, call: string): void {
  if (traces === false) return;
  const dir = path.join(traces, call);
  if (existsSync(dir)) view.note(`          record    ${dir}`);
}
