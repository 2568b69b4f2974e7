/** Words as they are compared: lower case, without punctuation. */
export function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}']+/gu) ?? []
  );
}

/** Share of `expected`'s words, each counted as often as it stands there, that are in `found`: 0..1. */
export function overlap(expected: string, found: string): number {
  const left = words(found);
  const wanted = words(expected);
  const hits = wanted.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
  return wanted.length === 0 ? 1 : hits.length / wanted.length;
}
