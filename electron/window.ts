import { BrowserWindow, dialog, nativeTheme, screen } from 'electron';
import type { Scope } from '../backend/base/scope.ts';
import { ORIGIN } from './security.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

export interface MainWindowOptions {
  readonly scope: Scope;
  readonly stateFile: string;
  readonly preload: string;
  /** Calls that closing the window would end. */
  readonly callsGoingOn: () => number;
  /** What closing the window does instead of it, because Sidetone goes on without; null: it closes. */
  readonly instead: () => 'hide' | 'minimize' | null;
  /** It was closed, and Sidetone goes on. */
  readonly wentAway: () => void;
  /** What to ask before calls are ended. */
  readonly closeQuestion: (calls: number) => {
    readonly message: string;
    readonly yes: string;
    readonly no: string;
  };
}

/** A page that dies over and over is opened anew only so often: it may be the machine that has no more to give. */
const MAX_CRASHES = 5;
const CRASH_WINDOW_MS = 60_000;

/** Backgrounds of tokens.css, so that the window does not flash before its page has drawn. */
const BACKGROUND = { dark: '#0f1214', light: '#fbfbfa' };

/** The one window. When its page dies, a fresh page takes over: calls live in the workers and do not notice. */
export class MainWindow {
  readonly window: BrowserWindow;
  readonly #options: MainWindowOptions;
  readonly #crashes: number[] = [];
  #closingForGood = false;

  constructor(options: MainWindowOptions) {
    this.#options = options;
    const displays = screen.getAllDisplays().map(({ workArea }) => workArea);
    const state = readWindowState(options.stateFile, displays);
    this.window = new BrowserWindow({
      width: state?.width ?? 1360,
      height: state?.height ?? 860,
      ...(state ? { x: state.x, y: state.y } : {}),
      minWidth: 900,
      minHeight: 600,
      show: false,
      title: 'Sidetone',
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      webPreferences: {
        preload: options.preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        // A hidden window still carries the person's audio.
        backgroundThrottling: false,
      },
    });
    if (state?.maximized) this.window.maximize();
    this.window.once('ready-to-show', () => this.window.show());
    this.window.on('close', (event) => this.#closing(event));
    this.window.on('focus', () => this.window.flashFrame(false));
    this.window.webContents.on('render-process-gone', () => this.#reopen());
    this.#load();
  }

  /** From here on closing asks nothing. */
  letClose(): void {
    this.#closingForGood = true;
  }

  toFront(): void {
    if (this.window.isMinimized()) this.window.restore();
    this.window.show();
    this.window.focus();
  }

  /** Something wants the person: seen, but what they write goes where it went. */
  attention(): void {
    if (this.window.isFocused()) return;
    if (!this.window.isVisible()) this.window.showInactive();
    this.window.flashFrame(true);
  }

  #load(): void {
    if (this.window.isDestroyed()) return;
    // A page that is reloaded while it loads rejects the first load; the later one counts.
    this.window.loadURL(`${ORIGIN}/index.html`).catch(() => undefined);
  }

  #reopen(): void {
    if (this.#closingForGood) return;
    const now = performance.now();
    this.#crashes.push(now);
    const recent = this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS);
    // Chromium is still taking leave of the old page: a load at this very moment would bring all of it down.
    if (recent.length <= MAX_CRASHES) setImmediate(() => this.#load());
    else this.#options.scope.after(CRASH_WINDOW_MS, () => this.#load());
  }

  #closing(event: Electron.Event): void {
    const instead = this.#closingForGood ? null : this.#options.instead();
    if (instead) {
      event.preventDefault();
      this.#keepState();
      this.window[instead]();
      this.#options.wentAway();
      return;
    }
    const calls = this.#options.callsGoingOn();
    if (!this.#closingForGood && calls > 0) {
      const { message, yes, no } = this.#options.closeQuestion(calls);
      const chosen = dialog.showMessageBoxSync(this.window, {
        type: 'question',
        message,
        buttons: [yes, no],
        defaultId: 1,
        cancelId: 1,
      });
      if (chosen === 1) {
        event.preventDefault();
        return;
      }
    }
    this.#keepState();
  }

  #keepState(): void {
    const { x, y, width, height } = this.window.getNormalBounds();
    writeWindowState(this.#options.stateFile, { x, y, width, height, maximized: this.window.isMaximized() });
  }
}
