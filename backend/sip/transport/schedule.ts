interface Entry<T> {
  readonly at: number;
  readonly what: T;
}

/** What is due when: a binary heap. An entry cannot be withdrawn; whoever takes one checks whether it still counts. */
export class Schedule<T> {
  readonly #heap: Entry<T>[] = [];

  get next(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  add(at: number, what: T): void {
    const heap = this.#heap;
    let place = heap.length;
    const entry = { at, what };
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (!parent || parent.at <= at) break;
      heap[place] = parent;
      heap[above] = entry;
      place = above;
    }
  }

  /** Takes the earliest entry out, if it is due at `now`. */
  take(now: number): Entry<T> | null {
    const heap = this.#heap;
    const [first] = heap;
    if (!first || first.at > now) return null;
    const last = heap.pop();
    if (last && last !== first) this.#sink(last);
    return first;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const child = right && left && right.at < left.at ? right : left;
      if (!child || child.at >= entry.at) break;
      heap[place] = child;
      place = child === right ? 2 * place + 2 : 2 * place + 1;
    }
    heap[place] = entry;
  }
}
