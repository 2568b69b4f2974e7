/** Index of the last of `items`, in the order of their times, that is not after `ms`; 0 where all are after it. */
export function indexAt(items: readonly { readonly at: number }[], ms: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.at ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
