/** A count of bytes as a person reads it, in decimal units: "17 MB", "1.6 GB". Units as `units` spells them. */
export function size(bytes: number, [kb, mb, gb]: readonly [string, string, string]): string {
  if (bytes >= 999.5e6) return `${(bytes / 1e9).toFixed(1)} ${gb}`;
  if (bytes >= 999.5e3) return `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0)} ${mb}`;
  return `${Math.ceil(bytes / 1e3)} ${kb}`;
}
