/** A whole number is a bigint, so that 1 as a double stays one. */
export type AttributeValue = string | boolean | number | bigint | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One piece of work within a call. Times are ms since the call's start. */
export interface CallSpan {
  /** Its own within the call: `turn-3`, `stt-6`. */
  readonly key: string;
  /** null: the call itself. */
  readonly parent: string | null;
  readonly name: string;
  /** client: done elsewhere, over the network. */
  readonly kind: 'internal' | 'client';
  readonly from: number;
  readonly to: number;
  readonly attributes: Attributes;
  readonly moments: readonly {
    readonly at: number;
    readonly name: string;
    readonly attributes: Attributes;
  }[];
  /** How many more there were: what happens over and over must not fill the memory. */
  readonly droppedMoments: number;
  /** What went wrong, for a person; null: nothing. */
  readonly error: string | null;
}

type Moment = CallSpan['moments'][number];
/** `generation`: what it is done for; 0: none, or not known. */
type Growing = { -readonly [Key in keyof CallSpan]: CallSpan[Key] } & {
  readonly generation: number;
  readonly moments: Moment[];
};
type Opening = Partial<Pick<Growing, 'parent' | 'kind' | 'attributes' | 'generation'>>;

/** The call's own span. */
export const CALL = 'call';
/** EventCountLimit of the OpenTelemetry SDK specification. */
const MAX_MOMENTS = 128;

/** The spans of a call that have begun and not ended, by their keys; and those that have ended since they were taken. */
export class OpenSpans {
  /** The latest event's, ms since the call's start. */
  at = 0;
  readonly #open = new Map<string, Growing>();
  #ended: CallSpan[] = [];

  has(key: string): boolean {
    return this.#open.has(key);
  }

  /** The one begun last of those whose key begins so. */
  find(prefix: string): string | undefined {
    return [...this.#open.keys()].findLast((key) => key.startsWith(prefix));
  }

  ageMs(key: string): number {
    return this.at - (this.#open.get(key)?.from ?? this.at);
  }

  begin(key: string, name: string, from: number, opening: Opening = {}): void {
    this.#open.set(key, {
      key,
      parent: CALL,
      name,
      kind: 'internal',
      from,
      to: from,
      attributes: {},
      moments: [],
      droppedMoments: 0,
      error: null,
      generation: 0,
      ...opening,
    });
  }

  /** Of a span that is open; otherwise nothing happens, likewise below. */
  set(key: string, attributes: Attributes): void {
    const span = this.#open.get(key);
    if (span) span.attributes = { ...span.attributes, ...attributes };
  }

  rename(key: string, name: string): void {
    const span = this.#open.get(key);
    if (span) span.name = name;
  }

  moment(key: string, name: string, attributes: Attributes): void {
    const span = this.#open.get(key);
    if (!span) return;
    if (span.moments.length < MAX_MOMENTS) span.moments.push({ at: this.at, name, attributes });
    else span.droppedMoments += 1;
  }

  fail(key: string, kind: string, message: string): void {
    const span = this.#open.get(key);
    if (span) span.error = message;
    this.set(key, { 'error.type': kind });
  }

  end(key: string, to = this.at, attributes: Attributes = {}): void {
    this.set(key, attributes);
    const span = this.#open.get(key);
    if (!span) return;
    this.#open.delete(key);
    const { generation: _, ...ended } = span;
    this.#ended.push({ ...ended, to: Math.max(ended.from, to) });
  }

  /** Those of a generation whose keys begin so. */
  endOf(generation: number, prefix: string, attributes: Attributes = {}): void {
    for (const [key, span] of this.#open) {
      if (span.generation === generation && key.startsWith(prefix)) this.end(key, this.at, attributes);
    }
  }

  /** Inner ones first. */
  endAll(): void {
    for (const key of [...this.#open.keys()].toReversed()) this.end(key);
  }

  take(): readonly CallSpan[] {
    const taken = this.#ended;
    this.#ended = [];
    return taken;
  }
}
