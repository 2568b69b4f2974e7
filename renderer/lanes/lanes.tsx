import { ChevronsRight, CircleQuestionMark, Maximize2, X, ZoomIn, ZoomOut } from 'lucide-react';
import { memo, useEffect, useId, useMemo, useRef, useSyncExternalStore, type ReactNode } from 'react';
import type { Timeline } from '../../backend/fold/timeline.ts';
import type { TrackStore } from '../../backend/fold/tracks.ts';
import type { Mark, Span } from '../../backend/fold/types.ts';
import { useLanguage, useTexts } from '../base/text.ts';
import { IconButton } from '../ui/button.tsx';
import { Accessible } from './accessible.tsx';
import type { Names, OurSide, Playhead, Stretch } from './data.ts';
import { KEY_SHORTCUTS, listenToPointer, pressKey } from './gestures.ts';
import { LEAST_HEIGHT, type LaneName } from './layout.ts';
import './lanes.css';
import { HoverCard, Selection, type LevelsOf } from './readout.tsx';
import { tickLabel } from './ruler.ts';
import { Scene, type Hover } from './scene.ts';
import { lanesText, sidesOf } from './text.ts';

interface LanesProps {
  /** Both grow in place. Another call has others. */
  readonly timeline: Timeline;
  readonly tracks: TrackStore;
  readonly ourSide: OurSide;
  /** Whether the call goes on: time runs. */
  readonly live: boolean;
  /** performance.now() of the call's start. */
  readonly startedAt: number;
  /** A stretch that something outside points at. */
  readonly highlight?: Span | null;
  /** Moves there, once for each object given. */
  readonly focus?: { readonly at: number } | null;
  /** Shows that stretch, once for each object given. */
  readonly view?: Stretch | null;
  /** Selects it, once for each object given. */
  readonly select?: { readonly stretch: Stretch | null } | null;
  /** Where a recording of the call is being heard: a click or a drag in the ruler moves it. */
  readonly playhead?: Playhead | null;
  /** Marks beside those made in the call, in their order. */
  readonly notes?: readonly Mark[];
  /** Levels of a selection. */
  readonly levels?: LevelsOf | null;
  readonly onSelect?: (selection: Stretch | null) => void;
  readonly onHover?: (hover: Hover | null) => void;
  /** The stretch on show, at most four times a second while it moves by itself. */
  readonly onView?: (view: Stretch) => void;
  /** Which call this is, for screen readers. */
  readonly label: string;
}

const ABOUT = {
  ruler: null,
  marks: null,
  caller: 'callerAbout',
  states: 'statesAbout',
  words: 'wordsAbout',
  tokens: 'tokensAbout',
  bot: 'botAbout',
  network: 'networkAbout',
  waits: 'waitsAbout',
} as const satisfies Record<LaneName, string | null>;

/** Where no bot speaks. */
const ABOUT_SIDES = { ...ABOUT, caller: 'farEndAbout', bot: 'ourSideAbout' } as const;

const NO_NOTES: readonly Mark[] = [];

/** What happens in a call along one time axis: live, or as it was recorded. */
export function Lanes(props: LanesProps): ReactNode {
  const {
    timeline,
    tracks,
    ourSide,
    live,
    startedAt,
    highlight = null,
    focus = null,
    view = null,
    select = null,
    playhead = null,
    notes = NO_NOTES,
    levels = null,
    onSelect,
    onHover,
    onView,
    label,
  } = props;
  const t = useTexts(lanesText);
  const language = useLanguage(({ language }) => language);
  const names = useMemo(() => namesIn(language), [language]);
  // A call keeps its scene; what else changes is told to it below.
  const first = useRef({ names, live, startedAt });
  first.current = { names, live, startedAt };
  const scene = useMemo(() => {
    return new Scene(timeline, tracks, ourSide, first.current);
  }, [timeline, tracks, ourSide]);
  const { following, selection, hover, lanes, from, to } = useSyncExternalStore(scene.subscribe, scene.shown);
  const sides = sidesOf(t, ourSide);
  const canvas = useRef<HTMLCanvasElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const description = useId();

  useEffect(() => {
    const [on, beside] = [canvas.current, probe.current];
    if (on === null || beside === null) return undefined;
    const detach = scene.attach(on, beside);
    const unlisten = listenToPointer(on, scene);
    return () => {
      unlisten();
      detach();
    };
  }, [scene]);
  useEffect(() => scene.set(live, startedAt, names, highlight), [scene, live, startedAt, names, highlight]);
  useEffect(() => {
    if (focus) scene.centre(focus.at);
  }, [scene, focus]);
  useEffect(() => scene.setPlayhead(playhead), [scene, playhead]);
  useEffect(() => scene.setNotes(notes), [scene, notes]);
  useEffect(() => {
    if (view) scene.show(view);
  }, [scene, view]);
  useEffect(() => {
    if (select) scene.select(select.stretch);
  }, [scene, select]);
  useEffect(() => onView?.({ from, to }), [onView, from, to]);
  useEffect(() => onSelect?.(selection), [onSelect, selection]);
  useEffect(() => onHover?.(hover), [onHover, hover]);

  return (
    <section
      className="lanes"
      aria-label={t.of(label)}
      data-view-from={from}
      data-view-to={to}
      data-lane-tops={JSON.stringify(Object.fromEntries(lanes.map(({ lane, top }) => [lane, top])))}
    >
      <div className="lanes-stage">
        <div className="lanes-names" aria-hidden>
          {lanes.map(({ lane, top, height }) => {
            const about = (ourSide === 'bot' ? ABOUT : ABOUT_SIDES)[lane];
            return (
              <div
                key={lane}
                className={`lanes-name lanes-name-${lane}`}
                style={{ top, height }}
                title={about === null ? undefined : t[about]}
              >
                {lane === 'caller' || lane === 'bot' ? sides[lane] : t[lane]}
              </div>
            );
          })}
        </div>
        <div className="lanes-plot" style={{ minHeight: LEAST_HEIGHT }}>
          <canvas
            ref={canvas}
            className="lanes-canvas"
            role="img"
            tabIndex={0}
            aria-label={t.of(label)}
            aria-describedby={description}
            aria-keyshortcuts={KEY_SHORTCUTS}
            onKeyDown={(event) => {
              if (!pressKey(event, scene)) return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
          <span ref={probe} hidden />
          {hover && (
            <HoverCard
              hover={hover}
              width={canvas.current?.clientWidth ?? 0}
              height={canvas.current?.clientHeight ?? 0}
            />
          )}
        </div>
      </div>
      <footer className="lanes-foot">
        {selection ? (
          <>
            <Selection selection={selection} data={scene.data} levels={levels} />
            <IconButton icon={X} label={t.clear} kbd="escape" onClick={() => scene.select(null)} />
          </>
        ) : (
          <span className="lanes-range mono">{`${tickLabel(from, 100)} – ${tickLabel(to, 100)}`}</span>
        )}
        <Tools scene={scene} live={live} following={following} plays={playhead !== null} />
      </footer>
      <Accessible id={description} scene={scene} keys={playhead ? t.playKeys : t.keys} />
    </section>
  );
}

interface ToolsProps {
  readonly scene: Scene;
  readonly live: boolean;
  readonly following: boolean;
  readonly plays: boolean;
}

const Tools = memo(({ scene, live, following, plays }: ToolsProps): ReactNode => {
  const t = useTexts(lanesText);
  return (
    <span className="lanes-tools">
      <IconButton icon={ZoomOut} label={t.zoomOut} kbd="-" onClick={() => scene.zoomStep('out')} />
      <IconButton icon={ZoomIn} label={t.zoomIn} kbd="+" onClick={() => scene.zoomStep('in')} />
      <IconButton icon={Maximize2} label={t.fit} kbd="0" onClick={() => scene.fit()} />
      {live && (
        <IconButton
          icon={ChevronsRight}
          label={following ? t.following : t.follow}
          kbd="f"
          pressed={following}
          onClick={() => scene.toggleFollowing()}
        />
      )}
      <span className="lanes-keys" title={plays ? t.playKeys : t.keys}>
        <CircleQuestionMark className="ui-icon" aria-hidden />
      </span>
    </span>
  );
});

function namesIn(language: 'en' | 'ru'): Names {
  const t = language === 'ru' ? lanesText.ru : lanesText.en;
  const { idle, listening, maybe_end, thinking, speaking, interrupted } = t;
  const known = new Map<number, string>();
  return {
    states: { idle, listening, maybe_end, thinking, speaking, interrupted },
    ms: (ms) => {
      let label = known.get(ms);
      if (label === undefined) {
        label = t.ms(String(ms));
        known.set(ms, label);
      }
      return label;
    },
  };
}
