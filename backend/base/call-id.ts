import { randomBytes } from 'node:crypto';

/** Sorts by time in a folder listing and is short enough to read aloud. */
export function newCallId(): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}
