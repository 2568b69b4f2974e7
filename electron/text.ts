/** What the main process itself says to a person: menus, dialogs, notices. All else is worded by the window. */

const en = {
  file: 'File',
  demo: 'Place a demo call',
  talk: 'Talk to the bot',
  recordings: 'Open recordings folder',
  settings: 'Settings',
  quit: 'Quit Sidetone',
  edit: 'Edit',
  view: 'View',
  call: 'Call',
  traces: 'Traces',
  palette: 'Command palette',
  help: 'Help',
  shortcuts: 'Keyboard shortcuts',
  tour: 'First steps',
  callsGoingOn: (calls: number): string =>
    calls === 1 ? 'A call is going on. Hang up and quit?' : `${calls} calls are going on. Hang up and quit?`,
  hangUpAndQuit: 'Hang up and quit',
  stay: 'Stay',
  crashed: 'The window had crashed and was opened anew',
  crashedMeaning: 'Calls went on without it; nothing of them is lost.',
  notRecorded: 'A recording was cut short',
  notRecordedRemedy: 'Make room on the disk, or choose another folder in Settings, Recordings.',
  notOpened: 'The trace could not be opened',
  traceFiles: 'Traces and captures',
  allFiles: 'All files',
  notSent: 'Spans are not sent to OpenTelemetry',
  notSentRemedy: 'See whether the collector runs, or change its address in Settings.',
  openWindow: 'Open Sidetone',
  doNotDisturb: 'Do not disturb',
  callsNow: (calls: number): string => (calls === 1 ? '1 call going on' : `${calls} calls going on`),
  missedCalls: (calls: number): string => (calls === 1 ? '1 missed call' : `${calls} missed calls`),
  incomingCall: (name: string): string => `${name} is calling`,
  missedCall: (name: string): string => `Missed call from ${name}`,
  answerCall: 'Answer',
  declineCall: 'Decline',
  goesOn: 'Sidetone goes on without its window',
  goesOnMeaning:
    'So that calls can ring. The icon in the tray, or starting Sidetone again, brings the window back.',
  telephony: 'From the telephone network',
  notKept: 'The list of calls could not be saved',
  noLink: 'The link cannot be called',
  noLinkMeaning: (link: string): string => `"${link}" is no sip:, sips: or tel: address that can be dialled.`,
};

const ru: typeof en = {
  file: 'Файл',
  demo: 'Демонстрационный звонок',
  talk: 'Поговорить с ботом',
  recordings: 'Открыть папку записей',
  settings: 'Настройки',
  quit: 'Выйти из Sidetone',
  edit: 'Правка',
  view: 'Вид',
  call: 'Звонок',
  traces: 'Записи звонков',
  palette: 'Палитра команд',
  help: 'Справка',
  shortcuts: 'Сочетания клавиш',
  tour: 'Первые шаги',
  callsGoingOn: (calls: number): string =>
    calls === 1
      ? 'Идёт звонок. Завершить его и выйти?'
      : `Сейчас идут звонки: ${calls}. Завершить их и выйти?`,
  hangUpAndQuit: 'Завершить и выйти',
  stay: 'Остаться',
  crashed: 'Окно аварийно закрылось и было открыто заново',
  crashedMeaning: 'Звонки продолжались без него, ничего не потеряно.',
  notRecorded: 'Запись звонка прервана',
  notRecordedRemedy: 'Освободите место на диске или выберите другую папку: Настройки, Записи.',
  notOpened: 'Не удалось открыть запись звонка',
  traceFiles: 'Записи звонков и дампы пакетов',
  allFiles: 'Все файлы',
  notSent: 'Данные не отправляются в OpenTelemetry',
  notSentRemedy: 'Проверьте, работает ли сборщик, или измените его адрес в настройках.',
  openWindow: 'Открыть Sidetone',
  doNotDisturb: 'Не беспокоить',
  callsNow: (calls: number): string => `Идёт звонков: ${calls}`,
  missedCalls: (calls: number): string => `Пропущенных звонков: ${calls}`,
  incomingCall: (name: string): string => `Звонит ${name}`,
  missedCall: (name: string): string => `Пропущенный звонок: ${name}`,
  answerCall: 'Ответить',
  declineCall: 'Отклонить',
  goesOn: 'Sidetone работает без окна',
  goesOnMeaning:
    'Чтобы принимать звонки. Окно вернёт значок в области уведомлений или повторный запуск Sidetone.',
  telephony: 'Из телефонной сети',
  notKept: 'Не удалось сохранить список звонков',
  noLink: 'По этой ссылке нельзя позвонить',
  noLinkMeaning: (link: string): string =>
    `«${link}» не является адресом sip:, sips: или tel:, который можно набрать.`,
};

export type Language = 'en' | 'ru';
export type Text = typeof en;

export function textOf(language: Language): Text {
  return language === 'ru' ? ru : en;
}

/** The language a setting comes to on this system. */
export function languageOf(setting: Language | 'auto', locale: string): Language {
  if (setting !== 'auto') return setting;
  return locale.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}
