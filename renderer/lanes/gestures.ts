import type { Scene } from './scene.ts';

/** How far the pointer may stray before a click is a drag, CSS pixels. */
const CLICK_PX = 3;
const LINE_PX = 16;
const WHEEL_ZOOM = 0.0015;
/** A pinch on a trackpad comes as a wheel with Control, in finer steps. */
const PINCH_ZOOM = 0.01;

/** What the pointer and the wheel do on the canvas, until the returned function is called. */
export function listenToPointer(target: HTMLElement, scene: Scene): () => void {
  let held: {
    readonly id: number;
    readonly x: number;
    readonly at: number;
    readonly drags: 'picture' | 'selection' | 'playhead';
  } | null = null;
  let lastX = 0;
  let dragged = false;

  const place = (event: MouseEvent): { x: number; y: number } => {
    const { left, top } = target.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const { x, y } = place(event);
    target.setPointerCapture(event.pointerId);
    const ruler = scene.playhead ? 'playhead' : 'selection';
    const drags = event.shiftKey ? 'selection' : scene.inRuler(y) ? ruler : 'picture';
    held = { id: event.pointerId, x, at: scene.timeAt(x), drags };
    lastX = x;
    dragged = false;
  };
  const move = (event: PointerEvent): void => {
    const { x, y } = place(event);
    scene.point(x, y);
    if (held?.id !== event.pointerId) return;
    dragged ||= Math.abs(x - held.x) > CLICK_PX;
    if (!dragged) return;
    if (held.drags === 'selection') scene.selectFrom(held.at, x);
    else if (held.drags === 'playhead') scene.playhead?.seek(scene.timeAt(x));
    else scene.panBy(lastX - x);
    lastX = x;
  };
  const up = (event: PointerEvent): void => {
    if (held?.id !== event.pointerId) return;
    const { x, y } = place(event);
    if (!dragged) scene.pick(x, y);
    held = null;
  };
  const cancel = (): void => {
    held = null;
  };
  const leave = (): void => scene.unpoint();
  const double = (): void => scene.fit();
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const [across, along] = [event.deltaX * unit, event.deltaY * unit];
    if (event.shiftKey) scene.panBy(along + across);
    else if (Math.abs(across) > Math.abs(along)) scene.panBy(across);
    else scene.zoomAt(Math.exp(along * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM)), place(event).x);
  };

  const listeners = new AbortController();
  const { signal } = listeners;
  target.addEventListener('pointerdown', down, { signal });
  target.addEventListener('pointermove', move, { signal });
  target.addEventListener('pointerup', up, { signal });
  target.addEventListener('pointercancel', cancel, { signal });
  target.addEventListener('pointerleave', leave, { signal });
  target.addEventListener('dblclick', double, { signal });
  target.addEventListener('wheel', wheel, { signal, passive: false });
  return () => listeners.abort();
}

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** What a key does. Returns whether it does anything. Letters and brackets count by their place on the keyboard. */
export function pressKey(press: Press, scene: Scene): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey) return false;
  const action = KEYS[press.code] ?? KEYS[press.key];
  if (action === undefined) return false;
  action(scene);
  return true;
}

const KEYS: Readonly<Record<string, (scene: Scene) => void>> = {
  ' ': (scene) => (scene.playhead ? scene.playhead.toggle() : scene.toggleFollowing()),
  ArrowLeft: (scene) => scene.panStep(-1),
  ArrowRight: (scene) => scene.panStep(1),
  '+': (scene) => scene.zoomStep('in'),
  '=': (scene) => scene.zoomStep('in'),
  '-': (scene) => scene.zoomStep('out'),
  '0': (scene) => scene.fit(),
  Home: (scene) => scene.toStart(),
  End: (scene) => scene.follow(),
  KeyF: (scene) => scene.follow(),
  BracketLeft: (scene) => scene.selectTurn(-1),
  BracketRight: (scene) => scene.selectTurn(1),
  Escape: (scene) => scene.select(null),
};

/** The same for screen readers (aria-keyshortcuts). */
export const KEY_SHORTCUTS = 'Space ArrowLeft ArrowRight Plus - 0 Home End F [ ] Escape';
