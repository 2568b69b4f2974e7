/**
 * Where positions on the caller's track stand in the call: samples since its start. A fold over `caller.aligned`
 * events, each of which holds from its own position on.
 */
export class CallerAlignment {
  readonly #steps: { readonly from: number; readonly offset: number }[] = [];

  /** Events in their order. */
  apply({ from, offset }: { readonly from: number; readonly offset: number }): void {
    this.#steps.push({ from, offset });
  }

  /** Added to `position`, gives its sample since the call's start; 0 before the first event. */
  offsetAt(position: number): number {
    const step = this.#steps.findLast(({ from }) => from <= position) ?? this.#steps[0];
    return step?.offset ?? 0;
  }

  /** Sample since the call's start. */
  sampleAt(position: number): number {
    return position + this.offsetAt(position);
  }
}
