import path from 'node:path';
import { app, nativeTheme, shell } from 'electron';
import { setVariables } from '../backend/base/environment.ts';
import { explain } from '../backend/base/errors.ts';
import { Scope } from '../backend/base/scope.ts';
import type { AppSettings, AppSettingsPatch } from '../backend/contract/app-settings.ts';
import type { CallEvent } from '../backend/contract/events.ts';
import type { Message, Messages } from '../backend/contract/window.ts';
import { modelFile } from '../backend/models/directory.ts';
import { SileroBatch } from '../backend/vad/silero.ts';
import { Bots } from './bots.ts';
import { commandHandlers } from './commands.ts';
import { Desk } from './desk.ts';
import { openGate } from './gate.ts';
import { setMenu } from './menu.ts';
import { ModelShelf } from './model-shelf.ts';
import { opened, openedBy, type Opened } from './opened.ts';
import { makePaths, type Paths } from './paths.ts';
import { Secrets } from './secrets.ts';
import { lockDown, ORIGIN, registerScheme, servePage } from './security.ts';
import { SettingsFile } from './settings-file.ts';
import { Softphone } from './softphone.ts';
import { Spans } from './spans.ts';
import { asksForCall } from './target.ts';
import { languageOf, textOf, type Text } from './text.ts';
import { TraceShelf } from './traces.ts';
import { MainWindow } from './window.ts';

/** The app: one engine, one window in front of it. Everything it starts ends with `scope`, calls before threads. */
class App {
  readonly #scope = new Scope();
  readonly #paths: Paths;
  readonly #settings: SettingsFile;
  readonly #secrets: Secrets;
  readonly #desk: Desk;
  readonly #bots: Bots;
  readonly #models: ModelShelf;
  readonly #traces: TraceShelf;
  readonly #spans: Spans;
  readonly #softphone: Softphone;
  readonly #env: Record<string, string | undefined>;
  #send: <Name extends Message>(name: Name, content: Messages[Name]) => void = () => undefined;
  #window: MainWindow | null = null;
  #silero: Promise<SileroBatch> | null = null;
  #quitting = false;
  /** The page has, and the person was not told yet. */
  #crashed = false;
  #secretNames: readonly string[] = [];

  static async start(paths: Paths): Promise<App> {
    return new App(paths, await SettingsFile.open(paths.settings), await Secrets.open(paths.secrets));
  }

  private constructor(paths: Paths, settings: SettingsFile, secrets: Secrets) {
    this.#paths = paths;
    this.#settings = settings;
    this.#secrets = secrets;
    this.#env = { ...process.env };
    this.#takeSecrets();
    this.#models = new ModelShelf(paths.models, this.#scope, (models) => {
      this.#send('models.changed', models);
      void this.#watchHealth();
    });
    this.#traces = new TraceShelf({
      scope: this.#scope,
      modelsDir: paths.models,
      env: this.#env,
      dir: this.#recordsDir,
      version: app.getVersion(),
      send: (name, content) => this.#send(name, content),
      window: () => this.#window?.window ?? null,
      text: () => this.#text,
      changed: (changes) => this.#softphone.takeRecords(changes),
      rules: () => this.#settings.settings.recordings,
    });
    this.#spans = new Spans({
      scope: this.#scope,
      version: app.getVersion(),
      env: this.#env,
      onTrouble: (meaning) =>
        this.#send('notice', {
          severity: 'warning',
          title: this.#text.notSent,
          meaning,
          remedy: this.#text.notSentRemedy,
        }),
    });
    void this.#spans.use(settings.settings.otlp_endpoint);
    this.#softphone = new Softphone({
      scope: this.#scope,
      file: paths.accounts,
      historyFile: paths.history,
      env: this.#env,
      secrets,
      engine: () => this.#desk,
      bots: () => this.#bots,
      send: (name, content) => this.#send(name, content),
      text: () => this.#text,
      window: () => this.#window,
      toFront: () => this.toFront(),
      settings: () => this.#settings.settings,
      changeSettings: (patch) => this.#changeSettings(patch),
      recordsDir: () => this.#recordsDir,
      answeringBot: () => this.#answeringBot,
      secretsChanged: () => this.#secretsChanged(),
      quit: () => app.quit(),
    });
    this.#desk = new Desk({
      scope: this.#scope,
      modelsDir: paths.models,
      recordsDir: settings.settings.recordings.on ? this.#recordsDir : null,
      version: app.getVersion(),
      env: this.#env,
      usualBot: () => this.#answeringBot,
      phone: this.#softphone.events,
      send: (name, content) => this.#send(name, content),
      onBot: (change) => {
        void this.#bots.take(change).then(() => this.#watchHealth());
      },
      onEvent: (event) => this.#takeEvent(event),
    });
    this.#bots = new Bots({
      dir: paths.bots,
      env: this.#env,
      open: (dir) => this.#desk.host.openBot(dir),
      changed: (view) => {
        if (view.dir === path.resolve(this.#answeringBot)) this.#send('bot.changed', view);
      },
      silero: () => this.#loadSilero(),
      embeddedVoices: async () =>
        (await this.#models.list())
          .filter(({ purpose, state }) => purpose === 'tts' && state === 'installed')
          .map(({ name }) => name),
    });
    if (settings.settings.bot !== null) this.#bots.choose(settings.settings.bot);
    this.#openGate();
    this.#applyLooks();
    this.#openWindow();
    void this.#listen();
    void this.#softphone.start();
  }

  /** Folder of the traces. */
  get tracesDir(): string {
    return this.#traces.dir;
  }

  toFront(): void {
    if (this.#window) this.#window.toFront();
    else this.#openWindow();
  }

  /** Files, folders and names of traces, links to call: the last of each kind is shown. */
  async openFromOutside({ targets }: Opened): Promise<void> {
    for (const target of targets) {
      if (asksForCall(target)) this.#softphone.dial(target);
      else await this.#traces.openFromOutside(target);
    }
  }

  /** Ends calls with whole records, lets inference finish, then leaves. Quitting in the middle of it would abort. */
  async quit(): Promise<void> {
    if (this.#quitting) return;
    this.#quitting = true;
    this.#window?.letClose();
    this.#window?.window.hide();
    try {
      await this.#desk.close();
      await this.#scope.close();
      await (await this.#silero)?.release();
    } finally {
      app.exit(0);
    }
  }

  get #text(): Text {
    return textOf(languageOf(this.#settings.settings.language, app.getLocale()));
  }

  get #recordsDir(): string {
    return this.#settings.settings.recordings.dir ?? this.#paths.records;
  }

  get #answeringBot(): string {
    return this.#settings.settings.bot ?? this.#paths.demoBot;
  }

  #openGate(): void {
    this.#send = openGate({
      origin: ORIGIN,
      page: () => this.#window?.window.webContents ?? null,
      onAudioPort: (port) => this.#desk.audioPort(port),
      handlers: commandHandlers({
        paths: this.#paths,
        settings: this.#settings,
        secrets: this.#secrets,
        desk: this.#desk,
        bots: this.#bots,
        models: this.#models,
        traces: this.#traces,
        softphone: this.#softphone,
        keys: () => setVariables(this.#env),
        inference: () => this.#desk.host.inference(),
        window: () => this.#window?.window ?? null,
        windowOpened: () => this.#windowOpened(),
        recordsDir: () => this.#recordsDir,
        answeringBot: () => this.#answeringBot,
        changeSettings: (patch) => this.#changeSettings(patch),
        secretsChanged: () => this.#secretsChanged(),
        listen: () => this.#listen(),
      }),
    });
  }

  #openWindow(): void {
    const opened = new MainWindow({
      scope: this.#scope,
      stateFile: this.#paths.windowState,
      preload: this.#paths.preload,
      instead: () => this.#softphone.insteadOfClosing(),
      wentAway: () => this.#softphone.wentAway(),
      callsGoingOn: () => this.#desk.callsGoingOn,
      closeQuestion: (calls) => ({
        message: this.#text.callsGoingOn(calls),
        yes: this.#text.hangUpAndQuit,
        no: this.#text.stay,
      }),
    });
    this.#window = opened;
    const { window } = opened;
    window.webContents.on('render-process-gone', () => {
      this.#pageGone();
      this.#crashed = true;
    });
    // The page asked to be loaded anew: its old self hears nothing more.
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#pageGone();
    });
    window.on('closed', () => {
      this.#window = null;
      if (!this.#quitting) this.#pageGone();
    });
  }

  #pageGone(): void {
    this.#desk.windowGone();
    this.#softphone.windowGone();
    this.#traces.windowGone();
  }

  #windowOpened(): void {
    this.#desk.windowOpened();
    this.#softphone.windowOpened();
    this.#traces.windowOpened();
    if (!this.#crashed) return;
    this.#crashed = false;
    this.#send('notice', {
      severity: 'warning',
      title: this.#text.crashed,
      meaning: this.#text.crashedMeaning,
      remedy: null,
    });
  }

  async #listen(): Promise<void> {
    await this.#desk.listen(this.#answeringBot, this.#settings.settings.listen);
    await this.#watchHealth();
    const view = await this.#bots.view(this.#answeringBot).catch(() => null);
    if (view) this.#send('bot.changed', view);
  }

  async #changeSettings(patch: AppSettingsPatch): Promise<AppSettings> {
    const before = this.#settings.settings;
    const after = await this.#settings.change(patch);
    await this.#settingsChanged(before);
    return after;
  }

  async #settingsChanged(before: AppSettings): Promise<void> {
    const { settings } = this.#settings;
    this.#applyLooks();
    this.#softphone.settingsChanged();
    if (settings.bot !== null) this.#bots.choose(settings.bot);
    const listens = JSON.stringify([settings.listen, settings.bot]);
    if (listens !== JSON.stringify([before.listen, before.bot])) void this.#listen();
    if (settings.otlp_endpoint !== before.otlp_endpoint) void this.#spans.use(settings.otlp_endpoint);
    if (JSON.stringify(settings.recordings) !== JSON.stringify(before.recordings)) {
      await this.#desk.host.keepRecords(settings.recordings.on ? this.#recordsDir : null);
      await this.#traces.useSettings(this.#recordsDir);
      await this.#softphone.recordsMoved();
    }
  }

  async #secretsChanged(): Promise<void> {
    for (const name of this.#secretNames) this.#env[name] = process.env[name];
    this.#takeSecrets();
    await this.#desk.host.reloadBots();
    await this.#softphone.secretsChanged();
  }

  /** A stored key goes before the variable of the same name that Sidetone was started with. */
  #takeSecrets(): void {
    const values = this.#secrets.values();
    this.#secretNames = Object.keys(values);
    Object.assign(this.#env, values);
  }

  #applyLooks(): void {
    const { theme } = this.#settings.settings;
    nativeTheme.themeSource = theme === 'auto' ? 'system' : theme;
    setMenu(
      this.#text,
      (action) => this.#send('menu', action),
      () => void shell.openPath(this.#recordsDir),
    );
  }

  #takeEvent(event: CallEvent): void {
    this.#traces.takeEvent(event);
    this.#spans.take(event);
    if (event.type === 'call.warning' && event.code === 'record') {
      this.#send('notice', {
        severity: 'error',
        title: this.#text.notRecorded,
        meaning: event.message,
        remedy: this.#text.notRecordedRemedy,
      });
    }
  }

  async #watchHealth(): Promise<void> {
    const folder = await this.#bots.folder(this.#answeringBot).catch(() => null);
    if (folder) this.#desk.health.use(folder.settings, await this.#models.installed());
  }

  #loadSilero(): Promise<SileroBatch> {
    this.#silero ??= SileroBatch.load(modelFile(this.#paths.models, 'silero-vad-v6', 'silero_vad_v6.onnx'));
    return this.#silero;
  }
}

function main(): void {
  const wanted = openedBy(process.argv, app.getAppPath(), process.cwd());
  if (!app.requestSingleInstanceLock(wanted)) {
    app.quit();
    return;
  }
  // What notifications of an installed app are filed under, as electron-builder.yml names it.
  if (process.platform === 'win32') app.setAppUserModelId('dev.sidetone.app');
  registerScheme();
  let running: App | null = null;
  const open = (files: Opened): void => {
    if (running) void running.openFromOutside(files);
    else wanted.targets.push(...files.targets);
  };
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    running?.toFront();
    const told = opened.safeParse(data);
    if (told.success) open(told.data);
  });
  // macOS hands files over like this, even before the app is ready.
  app.on('open-file', (event, file) => {
    event.preventDefault();
    open({ targets: [file] });
  });
  app.on('open-url', (event, url) => {
    event.preventDefault();
    open({ targets: [url] });
  });
  app.on('activate', () => running?.toFront());
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', (event) => {
    if (!running) return;
    event.preventDefault();
    void running.quit();
  });
  const begin = async (): Promise<void> => {
    await app.whenReady();
    const paths = await makePaths();
    servePage(paths.page, () => running?.tracesDir ?? null);
    lockDown();
    running = await App.start(paths);
    open({ targets: wanted.targets });
  };
  // Not awaited at the top: Electron is ready only once this file has been read to its end.
  begin().catch((error: unknown) => {
    process.stderr.write(`Sidetone could not start: ${explain(error)}\n`);
    app.exit(1);
  });
}

main();
