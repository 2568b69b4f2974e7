import { useEffect, useRef, useState, type ReactNode } from 'react';
import WaveSurfer from 'wavesurfer.js';
import RegionsPlugin from 'wavesurfer.js/plugins/regions';
import type { BargeInMetrics } from '../../backend/contract/traces.ts';
import type { TrackStore } from '../../backend/fold/tracks.ts';
import type { Mark } from '../../backend/fold/types.ts';
import { useFrames } from '../base/hooks.ts';
import { useTexts } from '../base/text.ts';
import type { Stretch } from '../lanes/data.ts';
import { MAX_POINTS, overviewPeaks } from './overview-peaks.ts';
import type { TracePlayer } from './player.ts';
import { tracesText } from './text.ts';
import './traces.css';

interface OverviewProps {
  readonly tracks: TrackStore;
  readonly player: TracePlayer;
  /** What the lanes show. */
  readonly view: Stretch | null;
  readonly selection: Stretch | null;
  readonly notes: readonly Mark[];
  readonly bargeIns: readonly BargeInMetrics[];
  readonly onSelect: (stretch: Stretch) => void;
  /** The stretch on show was dragged there. */
  readonly onView: (stretch: Stretch) => void;
}

const CHANNEL_PX = 24;
const LEAST_SELECTION_S = 0.05;
/** Of the call: shorter regions could not be seen. */
const LEAST_SHARE = 0.002;
/** What is fainter than this is not blown up to look like speech. */
const LEAST_PEAK = 0.1;
const FIXED = { drag: false, resize: false };
type Drawn = { readonly surfer: WaveSurfer; readonly regions: InstanceType<typeof RegionsPlugin> };

/** The whole call at a glance: a click moves what is heard, a drag selects, the frame round what the lanes show moves. */
export function Overview(props: OverviewProps): ReactNode {
  const { tracks, player, view, selection, notes, bargeIns } = props;
  const t = useTexts(tracesText);
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const theme = useThemeName();
  const seconds = player.durationMs / 1000;

  useEffect(() => {
    const container = box.current;
    if (container === null || seconds === 0) return undefined;
    const style = getComputedStyle(container);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const side = (name: 'caller' | 'bot') => ({
      waveColor: colour(`--${name}`),
      progressColor: colour(`--${name}`),
      height: CHANNEL_PX,
      overlay: false,
    });
    const peaks = [
      overviewPeaks(tracks, 'caller', player.durationMs, MAX_POINTS),
      overviewPeaks(tracks, 'bot', player.durationMs, MAX_POINTS),
    ];
    const regions = RegionsPlugin.create();
    const surfer = WaveSurfer.create({
      container,
      peaks,
      // Telephone speech is far from full scale; both sides keep their proportion.
      normalize: true,
      maxPeak: peaks.flatMap((side) => [...side]).reduce((most, peak) => Math.max(most, peak), LEAST_PEAK),
      duration: seconds,
      height: CHANNEL_PX,
      splitChannels: [side('caller'), side('bot')],
      cursorColor: colour('--danger'),
      cursorWidth: 1,
      hideScrollbar: true,
      // Its own styles: the policy lets them in by this alone.
      cspNonce: document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '',
      plugins: [regions],
    });
    surfer.on('interaction', (second) => player.seek(second * 1000));
    surfer.on('ready', () => {
      regions.enableDragSelection({ color: 'var(--accent)', minLength: LEAST_SELECTION_S, ...FIXED });
      setDrawn({ surfer, regions });
    });
    regions.on('region-created', (region) => {
      if (OWN.test(region.id)) return;
      // Made by a drag: the lanes select it, and it comes back as the selection.
      latest.current.onSelect({ from: region.start * 1000, to: region.end * 1000 });
      region.remove();
    });
    regions.on('region-updated', ({ start, end }) =>
      latest.current.onView({ from: start * 1000, to: end * 1000 }),
    );
    return () => {
      setDrawn(null);
      surfer.destroy();
    };
  }, [tracks, player, seconds, theme]);

  useFrames(drawn === null ? null : () => follow(drawn.surfer, player.atMs / 1000));

  useEffect(() => {
    if (drawn === null) return;
    const { regions } = drawn;
    regions.clearRegions();
    const add = (id: string, { from, to }: Stretch, color: string, drag = false): void => {
      const end = Math.max(to / 1000, from / 1000 + seconds * LEAST_SHARE);
      regions.addRegion({ id: `own-${id}`, start: from / 1000, end, color, drag, resize: false });
    };
    bargeIns.forEach(({ at, stoppedAfterMs, false: mistaken }, index) =>
      add(
        `barge-in-${index}`,
        { from: at, to: at + stoppedAfterMs },
        faint(mistaken ? 'warning' : 'danger', 55),
      ),
    );
    notes.forEach(({ at }, index) =>
      regions.addRegion({ id: `own-note-${index}`, start: at / 1000, color: 'var(--accent)', ...FIXED }),
    );
    if (selection) add('selection', selection, faint('accent', 72));
    const whole = view === null || (view.from <= 0 && view.to >= player.durationMs);
    if (!whole) {
      add('view', { from: view.from, to: Math.min(view.to, player.durationMs) }, faint('text', 88), true);
    }
  }, [drawn, view, selection, notes, bargeIns, seconds, player]);

  return <div ref={box} className="traces-overview" role="img" aria-label={t.overview} />;
}

/** Regions that are drawn here, as against one that a person has just dragged. */
const OWN = /^own-/;

function faint(token: string, transparent: number): string {
  return `color-mix(in oklab, var(--${token}), transparent ${transparent}%)`;
}

function follow(surfer: WaveSurfer, second: number): void {
  if (Math.abs(surfer.getCurrentTime() - second) > 0.001) surfer.setTime(second);
}

/** Changes when the colours do. */
function useThemeName(): string {
  const [theme, setTheme] = useState(() => document.documentElement.dataset['theme'] ?? '');
  useEffect(() => {
    const root = document.documentElement;
    const themes = new MutationObserver(() => setTheme(root.dataset['theme'] ?? ''));
    themes.observe(root, { attributeFilter: ['data-theme'] });
    return () => themes.disconnect();
  }, []);
  return theme;
}
