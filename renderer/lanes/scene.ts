import type { Timeline } from '../../backend/fold/timeline.ts';
import type { TrackStore } from '../../backend/fold/tracks.ts';
import type { Mark, Span } from '../../backend/fold/types.ts';
import {
  SAMPLES_PER_MS,
  type LanesData,
  type Names,
  type OurSide,
  type Playhead,
  type Stretch,
} from './data.ts';
import { Columns } from './columns.ts';
import { drawLanes } from './draw/lanes.ts';
import { laneAt, readAt, stretchAt, turnStretches, type Reading } from './hit.ts';
import { lanesOf, layOut, type Box, type LaneName } from './layout.ts';
import { eachFrame } from './loop.ts';
import { readPalette, type Palette } from './palette.ts';
import { View } from './view.ts';

/** What lies under the pointer. */
export interface Hover {
  readonly lane: LaneName | null;
  readonly reading: Reading;
  /** Where the pointer is, CSS pixels of the canvas. */
  readonly x: number;
  readonly y: number;
}

/** What of the picture is shown as HTML beside it. Replaced when it changes, never from frame to frame. */
export interface Shown {
  readonly following: boolean;
  readonly live: boolean;
  readonly selection: Stretch | null;
  readonly hover: Hover | null;
  /** CSS pixels. */
  readonly lanes: readonly Box[];
  /** The stretch on show, at most four times a second. */
  readonly from: number;
  readonly to: number;
}

const TELL_EVERY_MS = 250;
/** How near the pointer has to come to a thin line, CSS pixels. */
const REACH_PX = 3;
const ZOOM_STEP = 1.5;
const PAN_SHARE = 0.15;
/** Where what is heard comes to stand when it has run out of the picture, as a share of the width. */
const HEARD_AT = 0.06;
/** A playhead that moves further than this from one frame to the next was sent there. */
const LEAP_MS = 400;
const NO_MARKS: readonly Mark[] = [];

/** One canvas with lanes: what is on it, what a person does to it, and when it has to be drawn anew. */
export class Scene {
  readonly #view: View;
  readonly #data: LanesData;
  readonly #listeners = new Set<() => void>();
  readonly #columns: readonly Columns[];
  #shown: Shown;
  #startedAt: number;
  #canvas: HTMLCanvasElement | null = null;
  #ctx: CanvasRenderingContext2D | null = null;
  #palette: Palette | null = null;
  #boxes: readonly Box[] = [];
  #scale = 1;
  #marked = false;
  /** Made in the call, so far as `data.marks` has them. */
  #called = 0;
  #notes: readonly Mark[] = NO_MARKS;
  #playhead: Playhead | null = null;
  #stale = true;
  #fitted: boolean;
  #revision = -1;
  #ends = -1;
  #toldAt = -Infinity;
  /** Where the pointer is, canvas pixels. */
  #pointerY = 0;

  /** `startedAt`: performance.now() of the call's start. */
  constructor(
    timeline: Timeline,
    tracks: TrackStore,
    ourSide: OurSide,
    { names, live, startedAt }: { names: Names; live: boolean; startedAt: number },
  ) {
    this.#view = new View(live);
    this.#fitted = live;
    this.#startedAt = startedAt;
    this.#data = {
      timeline,
      tracks,
      ourSide,
      columns: {
        caller: new Columns('caller'),
        bot: new Columns('bot'),
        cancelled: new Columns('cancelled'),
        voice: new Columns('voice'),
        jitter: new Columns('jitter'),
        lost: new Columns('lost'),
        late: new Columns('late'),
      },
      marks: NO_MARKS,
      names,
      nowMs: 0,
      live,
      selection: null,
      highlight: null,
      playedMs: null,
      pointerX: null,
    };
    this.#columns = Object.values(this.#data.columns);
    this.#shown = { following: live, live, selection: null, hover: null, lanes: [], from: 0, to: 0 };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly shown = (): Shown => this.#shown;

  /** What the picture is made of, for its text. */
  get data(): Readonly<LanesData> {
    return this.#data;
  }

  /** Draws on `canvas` until the returned function is called. `probe` lies beside it, unseen. */
  attach(canvas: HTMLCanvasElement, probe: HTMLElement): () => void {
    const ctx = canvas.getContext('2d', { alpha: false });
    if (ctx === null) return () => undefined;
    this.#canvas = canvas;
    this.#ctx = ctx;
    const restyle = (): void => {
      this.#palette = readPalette(canvas, probe, ctx, this.#scale);
      this.#stale = true;
    };
    const sizes = new ResizeObserver(([entry]) => {
      const size = entry?.devicePixelContentBoxSize[0];
      if (size === undefined) return;
      const before = this.#scale;
      this.#scale = devicePixelRatio;
      canvas.width = Math.max(1, size.inlineSize);
      canvas.height = Math.max(1, size.blockSize);
      this.#view.resize(canvas.width, this.#scale / before);
      if (this.#scale !== before || this.#palette === null) restyle();
      this.#layOut();
      // An emptied canvas must not be seen: it is drawn before this frame is painted.
      this.#draw();
    });
    sizes.observe(canvas, { box: 'device-pixel-content-box' });
    const themes = new MutationObserver(restyle);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    document.fonts.addEventListener('loadingdone', restyle);
    const leave = eachFrame((nowMs) => this.#tick(nowMs));
    return () => {
      leave();
      sizes.disconnect();
      themes.disconnect();
      document.fonts.removeEventListener('loadingdone', restyle);
      this.#canvas = null;
      this.#ctx = null;
      this.#palette = null;
    };
  }

  /** What may change from outside while the same call is on show. */
  set(live: boolean, startedAt: number, names: Names, highlight: Span | null): void {
    if (!live) this.#view.pause();
    this.#data.live = live;
    this.#startedAt = startedAt;
    this.#data.names = names;
    this.#data.highlight = highlight;
    this.#stale = true;
  }

  /** What can be heard of the call; null: nothing. */
  setPlayhead(playhead: Playhead | null): void {
    this.#playhead = playhead;
    this.#data.playedMs = playhead?.atMs ?? null;
    this.#stale = true;
  }

  get playhead(): Playhead | null {
    return this.#playhead;
  }

  /** Marks beside those made in the call, in their order. */
  setNotes(notes: readonly Mark[]): void {
    this.#notes = notes;
    this.#mergeMarks();
  }

  toggleFollowing(): void {
    if (this.#view.following) this.#view.pause();
    else this.#view.follow();
    this.#changed();
  }

  /** To the newest instant, and on with it while the call goes on. */
  follow(): void {
    this.#view.follow();
    if (!this.#data.live) this.#view.pause();
    this.#changed();
  }

  toStart(): void {
    this.#view.show(0, this.#view.span);
    this.#changed();
  }

  fit(): void {
    this.#view.fit();
    this.#changed();
  }

  centre(ms: number): void {
    this.#view.centre(ms);
    this.#changed();
  }

  show({ from, to }: Stretch): void {
    this.#view.show(from, to);
    this.#changed();
  }

  /** Like all below: in CSS pixels of the canvas. */
  panBy(px: number): void {
    this.#view.pan(px * this.#scale);
    this.#changed();
  }

  /** One step of the keyboard: -1 back, 1 on. */
  panStep(direction: -1 | 1): void {
    this.#view.pan(direction * this.#view.width * PAN_SHARE);
    this.#changed();
  }

  /** Shows `factor` times as much. Looking closer at what is past stops following. */
  zoomAt(factor: number, x: number): void {
    const pixel = x * this.#scale;
    if (factor < 1 && pixel < this.#view.x(this.#data.nowMs)) this.#view.pause();
    this.#view.zoom(factor, pixel);
    this.#changed();
  }

  /** One step of the keyboard, around the middle or, while following, around now. */
  zoomStep(direction: 'in' | 'out'): void {
    this.#view.zoom(direction === 'in' ? 1 / ZOOM_STEP : ZOOM_STEP, this.#view.width / 2);
    this.#changed();
  }

  point(x: number, y: number): void {
    this.#data.pointerX = x * this.#scale;
    this.#pointerY = y * this.#scale;
    this.#changed();
  }

  unpoint(): void {
    this.#data.pointerX = null;
    this.#changed();
  }

  /** Selects what is under a click, or nothing; what is heard moves there. In the ruler only that. */
  pick(x: number, y: number): void {
    this.#playhead?.seek(this.timeAt(x));
    if (this.#playhead && this.inRuler(y)) return;
    const reading = this.#read(x * this.#scale);
    this.select(stretchAt(this.#data, laneAt(this.#boxes, y * this.#scale), reading));
  }

  /** Selects from an instant to a place, whichever comes first. */
  selectFrom(ms: number, x: number): void {
    const other = this.timeAt(x);
    this.select({ from: Math.min(ms, other), to: Math.max(ms, other) });
  }

  select(selection: Stretch | null): void {
    this.#data.selection = selection;
    this.#changed();
  }

  /** Selects the turn after or before the selected one, now, what is heard, or the middle of what is on show; moves there. */
  selectTurn(direction: -1 | 1): void {
    const middle = this.#data.playedMs ?? this.#view.at(this.#view.width / 2);
    const here = this.#view.following ? this.#data.nowMs : middle;
    const from = this.#data.selection?.from ?? here;
    const turns = turnStretches(this.#data);
    const turn =
      direction === 1 ? turns.find((each) => each.from > from) : turns.findLast((each) => each.from < from);
    if (turn === undefined) return;
    this.#data.selection = turn;
    this.#playhead?.seek(turn.from);
    this.#view.centre((turn.from + turn.to) / 2);
    this.#changed();
  }

  /** Milliseconds since the call's start, within the call. */
  timeAt(x: number): number {
    return Math.min(this.#view.end, Math.max(0, this.#view.at(x * this.#scale)));
  }

  inRuler(y: number): boolean {
    return laneAt(this.#boxes, y * this.#scale) === 'ruler';
  }

  #tick(nowMs: number): void {
    const { timeline, tracks, live } = this.#data;
    const ends = tracks.end('caller') + tracks.end('bot') + tracks.end('cancelled') + tracks.end('jitter');
    const grown = timeline.revision !== this.#revision || ends !== this.#ends;
    this.#movePlayhead();
    if (!grown && !this.#stale && !(live && this.#view.following)) return;
    this.#revision = timeline.revision;
    this.#ends = ends;
    this.#advance(live ? Math.max(timeline.durationMs, nowMs - this.#startedAt) : 0);
    if (timeline.marks.length !== this.#called) this.#mergeMarks();
    if (this.#data.marks.length > 0 !== this.#marked) this.#layOut();
    this.#draw();
    if (nowMs - this.#toldAt >= TELL_EVERY_MS) {
      this.#tell(nowMs);
      if (grown) for (const columns of this.#columns) columns.forget();
    }
  }

  /** It stays on show while it plays on, unless the person has looked elsewhere; sent elsewhere, it is shown there. */
  #movePlayhead(): void {
    const before = this.#data.playedMs;
    const at = this.#playhead?.atMs ?? null;
    if (at === before) return;
    this.#data.playedMs = at;
    this.#stale = true;
    if (at === null || before === null || this.#onShow(at)) return;
    if (Math.abs(at - before) > LEAP_MS) this.#view.centre(at);
    else if (this.#onShow(before)) {
      const from = at - HEARD_AT * this.#view.span;
      this.#view.show(from, from + this.#view.span);
    }
  }

  #onShow(ms: number): boolean {
    return ms >= this.#view.from && ms <= this.#view.to;
  }

  #mergeMarks(): void {
    const { marks } = this.#data.timeline;
    this.#called = marks.length;
    this.#data.marks = [...marks, ...this.#notes].toSorted((one, other) => one.at - other.at);
    this.#stale = true;
  }

  #advance(clockMs: number): void {
    const { timeline, tracks } = this.#data;
    const heard = Math.max(tracks.end('caller'), tracks.end('bot')) / SAMPLES_PER_MS;
    this.#data.nowMs = clockMs === 0 ? Math.max(timeline.durationMs, heard) : clockMs;
    this.#view.advance(this.#data.nowMs);
    if (this.#fitted || this.#data.nowMs === 0) return;
    this.#fitted = true;
    this.#view.fit();
  }

  #layOut(): void {
    const height = this.#canvas?.height ?? 0;
    this.#marked = this.#data.marks.length > 0;
    this.#boxes = layOut(height, this.#scale, lanesOf(this.#data.ourSide, this.#marked));
    const lanes = this.#boxes.map(({ lane, top, height }) => ({
      lane,
      top: top / this.#scale,
      height: height / this.#scale,
    }));
    this.#show({ lanes });
    this.#stale = true;
  }

  #draw(): void {
    if (this.#ctx === null || this.#palette === null || this.#canvas === null) return;
    drawLanes(this.#ctx, this.#boxes, this.#canvas.height, this.#view, this.#data, this.#palette);
    this.#stale = false;
  }

  /** A person did something: it shows at once. */
  #changed(): void {
    this.#stale = true;
    this.#tell(performance.now());
  }

  #tell(nowMs: number): void {
    this.#toldAt = nowMs;
    const { pointerX, selection, live } = this.#data;
    const { from, to, following } = this.#view;
    const hover =
      pointerX === null
        ? null
        : {
            lane: laneAt(this.#boxes, this.#pointerY),
            reading: this.#read(pointerX),
            x: pointerX / this.#scale,
            y: this.#pointerY / this.#scale,
          };
    this.#show({ following: following && live, live, selection, hover, from, to });
  }

  #read(pixel: number): Reading {
    return readAt(this.#data, this.#view.at(pixel), REACH_PX * this.#scale * this.#view.msPerPx);
  }

  #show(change: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...change };
    for (const listener of this.#listeners) listener();
  }
}
