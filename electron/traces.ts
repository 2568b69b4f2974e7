import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialog, type BrowserWindow } from 'electron';
import { problemOf } from '../backend/base/errors.ts';
import type { AppSettings } from '../backend/contract/app-settings.ts';
import type { CallEvent } from '../backend/contract/events.ts';
import type { ExportFormat, ReplayResult } from '../backend/contract/traces.ts';
import type { Messages, Request } from '../backend/contract/window.ts';
import { exportName } from '../backend/export/export.ts';
import { Library } from '../backend/library/library.ts';
import type { LibraryJob, LibraryWork } from '../backend/library/protocol.ts';
import { Replays, type ReplaysOptions } from './replays.ts';
import type { Text } from './text.ts';

/** As contract/window.ts has it. */
const TRACE_ID = /^[\w-]{1,64}$/;

const OPENED = ['sidetone', 'pcap', 'pcapng', 'cap'];

export interface TraceShelfOptions extends Omit<ReplaysOptions, 'onEvent'> {
  readonly dir: string;
  readonly window: () => BrowserWindow | null;
  readonly text: () => Text;
  /** Traces are new or gone. */
  readonly changed: (changes: Messages['traces.changed']) => void;
  /** The settings of recording as they are now. */
  readonly rules: () => AppSettings['recordings'];
}

/** The traces as the window has them: the library behind them, dialogs of the system, files that come from outside. */
export class TraceShelf {
  readonly #options: TraceShelfOptions;
  readonly #library: Library;
  readonly #replays: Replays;
  #windowOpen = false;
  /** Opened from outside before there was a window to show it. */
  #toShow: string | null = null;

  constructor(options: TraceShelfOptions) {
    const { scope, dir, version, send } = options;
    this.#options = options;
    this.#replays = new Replays({ ...options, onEvent: (event) => this.takeEvent(event) });
    this.#library = new Library({
      dir,
      version,
      scope,
      onChanged: (changes) => {
        send('traces.changed', changes);
        options.changed(changes);
      },
    });
  }

  /** Folder of the traces. */
  get dir(): string {
    return this.#library.dir;
  }

  ask<Job extends LibraryJob>(
    job: Job,
    asked: LibraryWork[Job]['asked'],
  ): Promise<LibraryWork[Job]['answer']> {
    return this.#library.ask(job, asked);
  }

  /** The settings of recording have changed. */
  async useSettings(dir: string): Promise<void> {
    await this.#library.use(dir);
    await this.sweep();
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    const { keep_days, max_gb } = this.#options.rules();
    // What cannot be deleted now is tried again after the next call.
    await this.ask('sweep', { rules: { keep_days, max_gb }, nowMs: Date.now() }).catch(() => undefined);
  }

  /** Of a call that may leave a trace. */
  takeEvent(event: CallEvent): void {
    if (event.type === 'call.started') void this.#follow(event.call, 'there');
    if (event.type === 'call.ended') void this.#follow(event.call, 'ended').then(() => this.sweep());
  }

  /** Puts the caller of a trace on the line again. @throws SidetoneError, as Replays.replay() does. */
  replay({ trace, ...options }: Request<'trace.replay'>): Promise<ReplayResult> {
    const folder = path.join(this.dir, trace);
    return this.#replays.replay(trace, { ...options, trace: folder, bot: null }, this.dir);
  }

  stopReplay(): Promise<void> {
    return this.#replays.stop();
  }

  /** The page has its snapshot: it can be told what to show. */
  windowOpened(): void {
    this.#windowOpen = true;
    if (this.#toShow !== null) this.#show(this.#toShow);
    // Not sooner: the window comes first.
    void this.sweep();
  }

  windowGone(): void {
    this.#windowOpen = false;
  }

  /** Asks where to, writes it there. Null: the person thought better of it. */
  async export(trace: string, format: ExportFormat): Promise<string | null> {
    const window = this.#options.window();
    if (!window) return null;
    const { filePath, canceled } = await dialog.showSaveDialog(window, {
      defaultPath: exportName(trace, format),
    });
    if (canceled || filePath === '') return null;
    return (await this.ask('export', { trace, format, file: filePath })).join(', ');
  }

  /** A file as a trace of the folder; `file` null: asks which. Null: nothing was chosen. */
  async import(file: string | null): Promise<string | null> {
    const source = file ?? (await this.#chooseFile());
    return source === null ? null : this.ask('import', { path: source });
  }

  /** A file, a folder or a trace's name from outside the window: it joins the traces and is shown. */
  async openFromOutside(target: string): Promise<void> {
    try {
      this.#show((await this.#known(target)) ?? (await this.ask('import', { path: pathOf(target) })));
    } catch (error) {
      const { message, hint } = problemOf(error);
      const title = this.#options.text().notOpened;
      this.#options.send('notice', { severity: 'error', title, meaning: message, remedy: hint });
    }
  }

  #show(id: string): void {
    this.#toShow = this.#windowOpen ? null : id;
    if (this.#windowOpen) this.#options.send('trace.show', { id });
  }

  async #known(target: string): Promise<string | null> {
    if (!TRACE_ID.test(target)) return null;
    const entries = await this.ask('list', null);
    return entries.some(({ id }) => id === target) ? target : null;
  }

  async #chooseFile(): Promise<string | null> {
    const window = this.#options.window();
    if (!window) return null;
    const text = this.#options.text();
    const { filePaths } = await dialog.showOpenDialog(window, {
      properties: ['openFile'],
      filters: [
        { name: text.traceFiles, extensions: OPENED },
        { name: text.allFiles, extensions: ['*'] },
      ],
    });
    return filePaths[0] ?? null;
  }

  async #follow(trace: string, until: 'there' | 'ended'): Promise<void> {
    // The window is told by what has changed.
    await this.ask('refresh', { trace, until }).catch(() => undefined);
  }
}

/** Desktops hand over paths or addresses of files. */
function pathOf(target: string): string {
  return target.startsWith('file:') ? fileURLToPath(target) : target;
}
