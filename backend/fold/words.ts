/** Parts of what was said as one line, the empty ones left out. */
export function joinWords(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
