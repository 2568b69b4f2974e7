import { Menu, Tray as SystemTray, nativeImage, type NativeImage } from 'electron';
import type { Text } from './text.ts';
import { drawTrayIcon } from './tray-icon.ts';

export interface TrayState {
  readonly text: Text;
  readonly missed: number;
  readonly calls: number;
  readonly doNotDisturb: boolean;
}

export interface TrayOptions {
  readonly open: () => void;
  readonly doNotDisturb: (on: boolean) => void;
  readonly quit: () => void;
}

/** Points; screens of twice the density have twice the pixels. */
const SIDE = process.platform === 'darwin' ? 18 : 22;

/** Sidetone in the system's tray, for as long as somebody may call a person who has closed the window. */
export class Tray {
  readonly #options: TrayOptions;
  #tray: SystemTray | null = null;
  #shown = '';

  constructor(options: TrayOptions) {
    this.#options = options;
  }

  /** Whether there is one. On Linux nothing says whether anything shows it. */
  get there(): boolean {
    return this.#tray !== null;
  }

  /** Shows this; null: nothing. */
  show(state: TrayState | null): void {
    if (!state) {
      this.#tray?.destroy();
      this.#tray = null;
      return;
    }
    this.#tray ??= this.#make(state);
    if (!this.#tray) return;
    const { text, missed, calls, doNotDisturb } = state;
    const lines = [
      ...(calls > 0 ? [text.callsNow(calls)] : []),
      ...(missed > 0 ? [text.missedCalls(missed)] : []),
      ...(doNotDisturb ? [text.doNotDisturb] : []),
    ];
    const shown = JSON.stringify([text.openWindow, lines]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setImage(image(missed > 0));
    this.#tray.setToolTip(['Sidetone', ...lines].join('\n'));
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: text.openWindow, click: this.#options.open },
        ...(missed > 0 ? [{ label: text.missedCalls(missed), click: this.#options.open }] : []),
        { type: 'separator' },
        {
          label: text.doNotDisturb,
          type: 'checkbox',
          checked: doNotDisturb,
          click: ({ checked }) => this.#options.doNotDisturb(checked),
        },
        { type: 'separator' },
        { label: text.quit, click: this.#options.quit },
      ]),
    );
  }

  #make({ missed }: TrayState): SystemTray | null {
    this.#shown = '';
    try {
      const tray = new SystemTray(image(missed > 0));
      tray.on('click', this.#options.open);
      return tray;
    } catch {
      // A desktop without a tray: the window is made small instead of being hidden.
      return null;
    }
  }
}

function image(missed: boolean): NativeImage {
  const template = process.platform === 'darwin';
  const icon = nativeImage.createEmpty();
  for (const scaleFactor of [1, 2]) {
    const side = SIDE * scaleFactor;
    const drawn = nativeImage.createFromBitmap(drawTrayIcon({ side, missed, template }), {
      width: side,
      height: side,
    });
    icon.addRepresentation({ scaleFactor, buffer: drawn.toPNG() });
  }
  icon.setTemplateImage(template);
  return icon;
}
