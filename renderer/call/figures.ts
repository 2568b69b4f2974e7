/** A length as `1:05`, `1:00:05`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const padded = s.toString().padStart(2, '0');
  return h > 0 ? `${h}:${m.toString().padStart(2, '0')}:${padded}` : `${m}:${padded}`;
}

/** A moment of a call as `1:05.2`. */
export function moment(ms: number): string {
  const tenths = Math.max(0, Math.floor(ms / 100));
  return `${clock(tenths * 100)}.${tenths % 10}`;
}
