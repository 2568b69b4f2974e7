import { texts } from '../base/text.ts';

export const appText = texts(
  {
    skipToMain: 'Skip to the content',
    screens: 'Screens',
    call: 'Call',
    traces: 'Traces',
    settings: 'Settings',
    commands: 'Commands',
    missed: (count: number) => (count === 1 ? '1 missed call' : `${count} missed calls`),
    muted: 'You are muted',
    dndOn: 'Do not disturb',
    dndOff: 'Let calls ring again',
    starting: 'Opening Sidetone',
    notStarted: 'Sidetone did not open',
    notStartedHint:
      'Close the window and start Sidetone again. If that does not help, start it from a terminal: it says there what is wrong.',

    demo: 'Place a demo call',
    talk: 'Talk to the bot',
    goToCall: 'Go to Call',
    goToTraces: 'Go to Traces',
    importTrace: 'Import a trace or a capture',
    goToSettings: 'Go to Settings',
    palette: 'Command palette',
    shortcuts: 'Keyboard shortcuts',
    tour: 'First steps',
    recordings: 'Open recordings folder',
    themeAuto: 'Theme: like the system',
    themeLight: 'Theme: light',
    themeDark: 'Theme: dark',
    languageAuto: 'Language: like the system',
    // With its own name too, for who cannot read the other.
    languageEnglish: 'Language: English',
    languageRussian: 'Language: Russian (русский)',

    dropHere: 'Drop to open',
    dropText: 'A .sidetone file, or a capture (pcap, pcapng)',

    findCommand: 'Find a command',
    noCommand: 'No command of that name',

    notices: 'Notices',
    dismiss: 'Dismiss',
    settingsUnread: 'The settings file could not be read',
    settingsUnreadMeaning: 'Defaults count until it is mended; nothing is written over it.',
    settingsUnreadRemedy: (file: string) => `Correct or remove ${file}, then start Sidetone again.`,

    stumbled: 'The window stumbled; calls go on',
    stumbledText:
      'Something on this screen failed. Calls, recordings and settings are not touched: they live outside the window.',
    showAgain: 'Reload this screen',

    tourDemoTitle: 'Place a demo call',
    tourDemo: 'A recorded caller calls the bot: real speech, real models, nothing leaves this machine.',
    tourLanesTitle: 'See where the time went',
    tourLanes:
      'Voice, turns, words and packets run along one time axis. After each answer a waterfall shows what the caller waited for, stage by stage.',
    tourPromptTitle: 'Change the prompt while it talks',
    tourPrompt: 'Edit the prompt and apply it: the bot’s next answer uses it, and the call goes on.',
    tourProgress: (step: number, of: number) => `${step} of ${of}`,
    tourSkip: 'Skip',
    tourNext: 'Next',
    tourDone: 'Done',
  },
  {
    skipToMain: 'Перейти к содержимому',
    screens: 'Экраны',
    call: 'Звонок',
    traces: 'Записи',
    settings: 'Настройки',
    commands: 'Команды',
    missed: (count) => `Пропущено звонков: ${count}`,
    muted: 'Ваш звук выключен',
    dndOn: 'Не беспокоить',
    dndOff: 'Снова принимать звонки',
    starting: 'Sidetone открывается',
    notStarted: 'Sidetone не открылся',
    notStartedHint:
      'Закройте окно и запустите Sidetone снова. Если не помогло, запустите его из терминала: там будет сказано, в чём дело.',

    demo: 'Демонстрационный звонок',
    talk: 'Поговорить с ботом',
    goToCall: 'Перейти к звонку',
    goToTraces: 'Перейти к записям',
    importTrace: 'Импортировать запись или захват пакетов',
    goToSettings: 'Перейти к настройкам',
    palette: 'Палитра команд',
    shortcuts: 'Сочетания клавиш',
    tour: 'Первые шаги',
    recordings: 'Открыть папку записей',
    themeAuto: 'Тема: как в системе',
    themeLight: 'Тема: светлая',
    themeDark: 'Тема: тёмная',
    languageAuto: 'Язык: как в системе',
    languageEnglish: 'Язык: английский (English)',
    languageRussian: 'Язык: русский',

    dropHere: 'Отпустите, чтобы открыть',
    dropText: 'Файл .sidetone или захват пакетов (pcap, pcapng)',

    findCommand: 'Найти команду',
    noCommand: 'Такой команды нет',

    notices: 'Уведомления',
    dismiss: 'Скрыть',
    settingsUnread: 'Файл настроек не прочитан',
    settingsUnreadMeaning: 'Пока он не исправлен, действуют настройки по умолчанию; сам файл не меняется.',
    settingsUnreadRemedy: (file) => `Исправьте или удалите ${file} и перезапустите Sidetone.`,

    stumbled: 'В окне произошёл сбой, звонки продолжаются',
    stumbledText:
      'Не удалось показать этот экран. Звонки, записи и настройки не затронуты: они работают отдельно от окна.',
    showAgain: 'Показать экран заново',

    tourDemoTitle: 'Сделайте демонстрационный звонок',
    tourDemo:
      'Боту позвонит записанный голос: настоящая речь, настоящие модели, и ничто не покидает компьютер.',
    tourLanesTitle: 'Посмотрите, на что ушло время',
    tourLanes:
      'Голос, реплики, слова и пакеты идут по одной оси времени. После каждого ответа видно по этапам, чего ждал собеседник.',
    tourPromptTitle: 'Измените промпт, не прерывая разговора',
    tourPrompt: 'Исправьте промпт и примените: следующий ответ бота будет уже по нему, а звонок продолжится.',
    tourProgress: (step: number, of: number) => `${step} из ${of}`,
    tourSkip: 'Пропустить',
    tourNext: 'Дальше',
    tourDone: 'Готово',
  },
);
