import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { app, dialog, shell, type BrowserWindow } from 'electron';
import { SidetoneError } from '../backend/base/errors.ts';
import type { AppSettings, AppSettingsPatch } from '../backend/contract/app-settings.ts';
import type { PartySpec } from '../backend/contract/host.ts';
import type { Answer } from '../backend/contract/window.ts';
import { recordedCaller } from '../backend/host/recorded-caller.ts';
import type { InferenceClient } from '../backend/providers/embedded/client.ts';
import type { BotFiles } from './bot-files.ts';
import type { Bots } from './bots.ts';
import type { Desk } from './desk.ts';
import { testEndpoint } from './endpoint-test.ts';
import type { Handlers } from './gate.ts';
import type { ModelShelf } from './model-shelf.ts';
import type { Paths } from './paths.ts';
import { done, phoneHandlers } from './phone-commands.ts';
import type { Secrets } from './secrets.ts';
import { openLink } from './security.ts';
import type { SettingsFile } from './settings-file.ts';
import type { Softphone } from './softphone.ts';
import { parseTarget } from './target.ts';
import { languageOf } from './text.ts';
import type { TraceShelf } from './traces.ts';

/** A recorded caller hangs up by itself; this ends one whose bot never stops talking. */
const SCRIPT_MAX_MS = 180_000;

export interface CommandMeans {
  readonly paths: Paths;
  readonly settings: SettingsFile;
  readonly secrets: Secrets;
  readonly desk: Desk;
  readonly bots: Bots;
  readonly models: ModelShelf;
  readonly traces: TraceShelf;
  readonly softphone: Softphone;
  readonly inference: () => InferenceClient;
  readonly window: () => BrowserWindow | null;
  /** The page has its snapshot: messages may come. */
  readonly windowOpened: () => void;
  readonly recordsDir: () => string;
  /** Folder of the bot that answers. */
  readonly answeringBot: () => string;
  /** API keys and all else of the environment, by name. */
  readonly keys: () => Readonly<Record<string, string>>;
  /** What depends on the settings follows. */
  readonly changeSettings: (patch: AppSettingsPatch) => Promise<AppSettings>;
  readonly secretsChanged: () => Promise<void>;
  /** Answers calls as the settings have it, looking anew at what that takes. */
  readonly listen: () => Promise<void>;
}

/** Each command of the window, carried out. */
export function commandHandlers(means: CommandMeans): Handlers {
  const { desk, bots, models, traces, softphone, settings, secrets, paths } = means;

  const party = async (who: 'bot' | 'person' | 'script'): Promise<PartySpec> => {
    if (who === 'person') return { kind: 'person' };
    if (who === 'bot') return { kind: 'bot', dir: means.answeringBot() };
    return caller();
  };
  const caller = (): Promise<PartySpec> =>
    recordedCaller(means.answeringBot()).catch(() => recordedCaller(paths.demoBot));
  const place = async (
    { host, port }: { readonly host: string; readonly port: number },
    codec: 'PCMU' | 'PCMA',
    who: 'bot' | 'person' | 'script',
  ): Promise<string> => desk.place({ host, port, codec, party: await party(who), maxMs: limit(who) });
  const limit = (who: 'bot' | 'person' | 'script'): number | null =>
    who === 'script' ? SCRIPT_MAX_MS : null;
  const edited = async (
    bot: string,
    edit: (files: BotFiles) => Promise<unknown>,
  ): Promise<Answer<'bot.open'>> => {
    await edit(await bots.files(bot));
    return bots.view(bot);
  };

  return {
    'window.open': async () => {
      const answering = means.answeringBot();
      const snapshot = {
        version: app.getVersion(),
        platform: process.platform,
        systemLanguage: languageOf('auto', app.getLocale()),
        settings: settings.settings,
        settingsProblem: settings.problem,
        paths: { settings: paths.settings, recordings: means.recordsDir(), models: paths.models },
        secrets: secrets.names,
        secretsEncrypted: secrets.encrypted,
        status: desk.status,
        bots: await bots.list(),
        // A bot whose files are wrong shows in the status, as what keeps calls from being answered.
        bot: await bots.view(answering).catch(() => null),
        models: await models.list(),
        calls: desk.logs(),
        phone: softphone.desk.view,
      };
      means.windowOpened();
      return snapshot;
    },
    'signals.taken': ({ batch }) => {
      desk.signalsTaken(batch);
      return null;
    },
    'settings.change': (patch) => means.changeSettings(patch),
    'secret.set': async ({ name, value }) => {
      await secrets.set(name, value);
      await means.secretsChanged();
      return secrets.names;
    },
    'link.open': ({ url }) => {
      if (!openLink(url))
        throw new SidetoneError('refused', `${url} is not among the links that may be opened`);
      return null;
    },
    'folder.show': async ({ what, call }) => {
      const folders = {
        recordings: call === null ? means.recordsDir() : path.join(means.recordsDir(), call),
        settings: path.dirname(paths.settings),
        bot: means.answeringBot(),
      };
      const trouble = await shell.openPath(folders[what]);
      if (trouble !== '') throw new SidetoneError('environment', `${folders[what]}: ${trouble}`);
      return null;
    },
    'folder.choose': async ({ what }) => {
      const window = means.window();
      if (!window) return null;
      const { filePaths } = await dialog.showOpenDialog(window, {
        properties: ['openDirectory', 'createDirectory'],
        defaultPath: what === 'bot' ? paths.bots : means.recordsDir(),
      });
      const [chosen] = filePaths;
      if (chosen === undefined) return null;
      if (what === 'bot') bots.choose(chosen);
      return chosen;
    },
    'listener.restart': async () => {
      await means.listen();
      return null;
    },

    'call.demo': async () => place(await desk.ownAddress(), 'PCMU', 'script'),
    'call.talk': async () => place(await desk.ownAddress(), 'PCMU', 'person'),
    'call.place': async ({ target: text, codec, who, account }) => {
      const target = parseTarget(text);
      if (target.kind === 'rtp') return place(target, codec, who);
      return softphone.place(target.target, account, await party(who), limit(who));
    },
    'call.hang_up': ({ call }) => done(desk.act(call, { type: 'hang_up', reason: 'hung up in the window' })),
    'call.mute': ({ call, on }) => done(desk.act(call, { type: 'mute', on })),
    'call.hold_bot': ({ call, on }) => done(desk.act(call, { type: 'hold', on })),
    'call.say': ({ call, text }) => done(desk.act(call, { type: 'say', text })),
    'call.whisper': ({ call, text }) => done(desk.act(call, { type: 'whisper', text })),
    'call.send_dtmf': ({ call, digits }) => done(desk.act(call, { type: 'send_dtmf', digits })),
    'call.mark': ({ call, label }) => done(desk.act(call, { type: 'mark', label })),
    'call.listen_in': ({ call, on }) => done(desk.act(call, { type: 'listen_in', on })),
    'call.take_over': ({ call, on }) => done(desk.act(call, { type: 'take_over', on })),
    ...phoneHandlers(softphone, () => desk.host.phone),
    'person.microphone': ({ live, message }) => done(desk.microphone(live, message)),

    'bot.list': () => bots.list(),
    'bot.open': ({ bot }) => bots.view(bot),
    'bot.save_prompt': ({ bot, text }) => edited(bot, (files) => files.savePrompt(text)),
    'bot.set': ({ bot, path: keys, value }) => edited(bot, (files) => files.set(keys, value)),
    'bot.undo': ({ bot }) => edited(bot, (files) => files.undo()),
    'voice.add': ({ bot, name, bytes }) => edited(bot, (files) => files.addVoice(name, bytes)),
    'voice.remove': ({ bot, voice }) => edited(bot, (files) => files.removeVoice(voice)),
    'voice.preview': async ({ bot, voice }) => (await bots.files(bot)).preview(voice),

    'endpoint.test': async (request) => {
      const report = await testEndpoint(request, {
        folder: await bots.folder(request.bot),
        speech: await readFile(paths.sample),
        inference: means.inference(),
        modelsDir: paths.models,
        keys: means.keys(),
      });
      desk.health.tested(request.stage, report.ok, report.message);
      return report;
    },
    'model.pull': ({ model }) => {
      models.pull(model);
      return null;
    },
    'model.cancel': ({ model }) => {
      models.cancel(model);
      return null;
    },
    'model.remove': ({ model }) => done(models.remove(model)),

    'trace.list': () => traces.ask('list', null),
    'trace.open': ({ trace }) => traces.ask('open', { trace }),
    'trace.packets': (request) => traces.ask('packets', request),
    'trace.annotate': (request) => traces.ask('annotate', request),
    'trace.pin': (request) => traces.ask('pin', request),
    'trace.remove': (request) => traces.ask('remove', request),
    'trace.restore': (request) => traces.ask('restore', request),
    'trace.export': ({ trace, format }) => traces.export(trace, format),
    'trace.import': ({ path: file }) => traces.import(file),
    'trace.replay': (request) => traces.replay(request),
    'trace.stop_replay': () => done(traces.stopReplay()),
  };
}
