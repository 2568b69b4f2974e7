/** What runs in the page: sent there as text, so each function uses nothing from outside itself. */

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}
interface Element {
  scrollTop: number;
  readonly scrollHeight: number;
  readonly dataset: Readonly<Record<string, string | undefined>>;
  closest(selector: string): Element | null;
  getBoundingClientRect(): Place;
  dispatchEvent(event: unknown): boolean;
}
interface PageEvent {
  readonly timeStamp: number;
  readonly target: Element | null;
}
declare function addEventListener(
  type: string,
  listener: (event: PageEvent) => void,
  options: { readonly capture: true },
): void;
declare function requestAnimationFrame(callback: (now: number) => void): number;
declare const document: { querySelector(selector: string): Element | null };
declare const WheelEvent: new (type: string, init: Readonly<Record<string, unknown>>) => unknown;
declare const window: { benchWaits?: { readonly opened: number[]; readonly searched: number[] } };

/**
 * Times, into `window.benchWaits`, what follows a click on a trace and a key in the search: from the event to the
 * start of the frame after the one that shows what came of it, which is when that one is done.
 */
export function watchWaits(): void {
  const waits = { opened: [] as number[], searched: [] as number[] };
  window.benchWaits = waits;
  addEventListener(
    'click',
    ({ target, timeStamp }) => {
      if (!target?.closest('.traces-row')) return;
      // The lanes say what they show in the frame in which they first drew it.
      const look = (now: number): void => {
        if (Number(document.querySelector('.lanes')?.dataset['viewTo'] ?? 0) > 0)
          waits.opened.push(now - timeStamp);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
    { capture: true },
  );
  addEventListener(
    'input',
    ({ target, timeStamp }) => {
      if (!target?.closest('.traces-search')) return;
      requestAnimationFrame(() => requestAnimationFrame((now) => waits.searched.push(now - timeStamp)));
    },
    { capture: true },
  );
}

export function readWaits(): { readonly opened: number[]; readonly searched: number[] } {
  return window.benchWaits ?? { opened: [], searched: [] };
}

export interface WheelTurns {
  readonly turns: number;
  readonly deltaY: number;
  /** Pans instead of zooming. */
  readonly shift: boolean;
  /** Where the pointer is, as a share of the lanes' width. */
  readonly at: number;
}

/** Turns the wheel over the lanes, once a frame. */
export function turnWheel({ turns, deltaY, shift, at }: WheelTurns): Promise<void> {
  const canvas = document.querySelector('.lanes-canvas');
  const { left, top, width } = canvas?.getBoundingClientRect() ?? { left: 0, top: 0, width: 0 };
  const turn = {
    deltaY,
    shiftKey: shift,
    clientX: left + at * width,
    clientY: top + 60,
    bubbles: true,
    cancelable: true,
  };
  return new Promise((resolve) => {
    let done = 0;
    const frame = (): void => {
      if (done === turns) {
        resolve();
        return;
      }
      done += 1;
      canvas?.dispatchEvent(new WheelEvent('wheel', turn));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Scrolls the table by so many pixels a frame; after its end comes its beginning. */
export function scrollTable({ by, frames }: { readonly by: number; readonly frames: number }): Promise<void> {
  const rows = document.querySelector('.traces-rows');
  // Asked once: each time it would have the page laid out.
  const height = rows?.scrollHeight ?? 0;
  return new Promise((resolve) => {
    let done = 0;
    const frame = (): void => {
      if (rows === null || done === frames) {
        resolve();
        return;
      }
      done += 1;
      rows.scrollTop = (done * by) % height;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Lets frames pass in which nothing is done. */
export function passFrames(frames: number): Promise<void> {
  return new Promise((resolve) => {
    let passed = 0;
    const frame = (): void => {
      passed += 1;
      if (passed > frames) resolve();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** The stretch that the lanes show, ms. */
export function stretchShown(): number {
  const { viewFrom, viewTo } = document.querySelector('.lanes')?.dataset ?? {};
  return Number(viewTo) - Number(viewFrom);
}
