import type { StageHealth } from '../../backend/contract/window.ts';
import { texts } from '../base/text.ts';

const inEnglish = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const inRussian = new Intl.NumberFormat('ru', { maximumFractionDigits: 1 });
const russianPlural = new Intl.PluralRules('ru');

/** The Russian form of a noun after a number. */
function form(count: number, one: string, few: string, many: string): string {
  const forms: Readonly<Record<string, string>> = { one, few, many };
  return forms[russianPlural.select(count)] ?? many;
}

const STAGES_EN: Readonly<Record<StageHealth['stage'], string>> = {
  stt: 'Speech to text',
  llm: 'Language model',
  tts: 'Voice',
};
const STAGES_RU: Readonly<Record<StageHealth['stage'], string>> = {
  stt: 'Распознавание речи',
  llm: 'Языковая модель',
  tts: 'Голос',
};

export const statusText = texts(
  {
    status: 'Status',
    openSettings: 'Settings',
    tryAgain: 'Try again',

    listening: 'Answering calls',
    notListening: 'Not answering calls',
    starting: 'Starting …',
    listeningText: 'The bot answers whoever sends RTP to this address.',
    listeningAny: 'Other machines reach it by this machine’s own address and this port.',
    notListeningText: 'Nobody can call the bot from outside. Demo calls work all the same.',
    listenerStarting: 'The listener is starting.',

    calls: (calls: number) => (calls === 1 ? '1 call' : `${calls} calls`),
    callsTitle: 'Calls',
    callsNow: 'Going on',
    callsAnswered: 'Answered since the start',
    callsRefused: 'Not answered',
    refused: (reason: string) =>
      ({
        network: 'network not allowed',
        calls: 'too many calls',
        rate: 'too many new calls at once',
        codec: 'unknown codec',
      })[reason] ?? reason,
    refusedRemedy: 'Which networks may call is set in Settings; callers have to send PCMU or PCMA.',

    accountLabel: (words: string) => `SIP account ${words}`,
    accounts: (ready: number, of: number) => `SIP ${ready} of ${of}`,
    accountsTitle: 'SIP accounts',
    accountsUnread: 'accounts.yaml could not be read',
    accountVia: 'Through',
    accountContact: 'Others reach it at',
    dnd: 'Do not disturb',
    dndTitle: 'Calls that would ring are refused as busy and listed as missed; the bot still answers its own',

    load: 'Load',
    loadTitle: 'Load of the media workers',
    loadLabel: (percent: number) => `Load of the busiest media worker: ${percent} %`,
    loadWorker: (worker: number) => `Worker ${worker}`,
    percent: (share: number) => `${Math.round(share * 100)} %`,
    loadText:
      'The share of a processor core that each worker uses for its calls’ packets and voice detection.',
    loadHigh: 'Close to a whole core: packets of its calls begin to be late.',
    loadRemedy:
      'Hold fewer calls at once, close what else needs the processor, or use a machine with more cores.',

    pacing: (p99: number | null) => (p99 === null ? 'Pacing –' : `Pacing ${inEnglish.format(p99)} ms`),
    pacingTitle: 'Pacing of packets',
    pacingLabel: (p99: number | null) =>
      p99 === null
        ? 'Pacing –: no calls'
        : `Pacing ${inEnglish.format(p99)} ms: 99 of 100 packets are at most this late`,
    pacingText: 'How late packets leave, of the latest seconds.',
    pacingNone: 'Nothing is being sent. During a call you see here how late packets leave.',
    pacingMedian: 'Half of them at most',
    pacingP99: '99 of 100 at most',
    pacingMax: 'The latest one',
    inMs: (value: number) => `${inEnglish.format(value)} ms`,
    pacingOk: 'Nobody can hear this.',
    pacingWarning: 'The caller’s jitter buffer evens this out; it adds as much to their wait.',
    pacingDanger: 'The caller may hear gaps or clicks in the bot’s voice.',
    pacingRemedy:
      'Something else keeps the processor busy: close it, hold fewer calls, or move models to a server.',

    stage: (stage: StageHealth['stage']) => STAGES_EN[stage],
    health: (state: StageHealth['state']) =>
      ({ ok: 'works', unknown: 'not used yet', failing: 'fails', missing: 'not installed' })[state],
    healthOk: 'The latest request was answered.',
    healthUnknown: 'No call has used it yet. Test it in Settings.',
    healthFailing: 'The bot cannot answer well until it works: it apologises to the caller instead.',
    healthMissing: 'The model is not on this machine yet. Download it in Settings.',
  },
  {
    status: 'Состояние',
    openSettings: 'Настройки',
    tryAgain: 'Повторить',

    listening: 'Приём звонков',
    notListening: 'Звонки не принимаются',
    starting: 'Запуск …',
    listeningText: 'Бот отвечает каждому, кто присылает RTP на этот адрес.',
    listeningAny: 'С других компьютеров: собственный адрес этого компьютера и тот же порт.',
    notListeningText: 'Позвонить боту снаружи нельзя. Демонстрационные звонки работают.',
    listenerStarting: 'Приём звонков запускается.',

    calls: (calls) => `${calls} ${form(calls, 'звонок', 'звонка', 'звонков')}`,
    callsTitle: 'Звонки',
    callsNow: 'Идут сейчас',
    callsAnswered: 'Принято с запуска',
    callsRefused: 'Не принято',
    refused: (reason) =>
      ({
        network: 'чужая сеть',
        calls: 'слишком много звонков',
        rate: 'слишком много новых сразу',
        codec: 'незнакомый кодек',
      })[reason] ?? reason,
    refusedRemedy: 'Кому можно звонить, задаётся в настройках; звук должен приходить в PCMU или PCMA.',

    accountLabel: (words) => `Учётная запись SIP ${words}`,
    accounts: (ready, of) => `SIP: ${ready} из ${of}`,
    accountsTitle: 'Учётные записи SIP',
    accountsUnread: 'Файл accounts.yaml не прочитан',
    accountVia: 'Через',
    accountContact: 'Доступна по адресу',
    dnd: 'Не беспокоить',
    dndTitle:
      'Звонки, которые звонили бы вам, получат «занято» и попадут в пропущенные; на свои бот отвечает',

    load: 'Нагрузка',
    loadTitle: 'Нагрузка медиапотоков',
    loadLabel: (percent) => `Нагрузка самого занятого медиапотока: ${percent} %`,
    loadWorker: (worker) => `Поток ${worker}`,
    percent: (share) => `${Math.round(share * 100)} %`,
    loadText:
      'Какую долю ядра процессора каждый поток тратит на пакеты и распознавание голоса в своих звонках.',
    loadHigh: 'Занято почти целое ядро: пакеты этих звонков начинают опаздывать.',
    loadRemedy:
      'Держите меньше звонков одновременно, закройте другие тяжёлые программы или возьмите машину с большим числом ядер.',

    pacing: (p99) => (p99 === null ? 'Отправка –' : `Отправка ${inRussian.format(p99)} мс`),
    pacingTitle: 'Равномерность отправки',
    pacingLabel: (p99) =>
      p99 === null
        ? 'Отправка –: звонков нет'
        : `Отправка ${inRussian.format(p99)} мс: больше опаздывает лишь один пакет из ста`,
    pacingText: 'Насколько поздно уходили пакеты за последние секунды.',
    pacingNone: 'Сейчас ничего не отправляется. Во время звонка здесь видно, насколько опаздывают пакеты.',
    pacingMedian: 'Половина, не больше',
    pacingP99: '99 из 100, не больше',
    pacingMax: 'Самый поздний',
    inMs: (value) => `${inRussian.format(value)} мс`,
    pacingOk: 'На слух это незаметно.',
    pacingWarning: 'Буфер собеседника это сгладит, но ждать ответа он будет на столько же дольше.',
    pacingDanger: 'Собеседник может слышать провалы или щелчки в голосе бота.',
    pacingRemedy:
      'Процессор занят чем-то ещё: закройте лишнее, держите меньше звонков или перенесите модели на сервер.',

    stage: (stage) => STAGES_RU[stage],
    health: (state) =>
      ({ ok: 'работает', unknown: 'ещё не использовалось', failing: 'сбой', missing: 'не установлено' })[
        state
      ],
    healthOk: 'На последний запрос ответ пришёл.',
    healthUnknown: 'Ни один звонок этим ещё не пользовался. Проверить можно в настройках.',
    healthFailing: 'Пока это не работает, бот не ответит по делу, а только извинится.',
    healthMissing: 'Модели ещё нет на этом компьютере. Её можно скачать в настройках.',
  },
);
