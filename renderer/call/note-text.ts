import type { OneWayKind } from '../../backend/contract/events.ts';
import { texts } from '../base/text.ts';

const LOOK_AT_RU: Readonly<Record<OneWayKind, string>> = {
  their_nat:
    'Собеседник назвал адрес, который виден только в его сети. Включите симметричный RTP (comedia, rtp_symmetric) на его сервере или укажите там внешний адрес.',
  our_nat:
    'Мы назвали адрес, который виден только в нашей сети. Укажите внешний адрес в настройках учётной записи (public_address) и пробросьте порты.',
  elsewhere:
    'Звук идёт, но не оттуда, откуда договорились. Проверьте, что по пути не подменяют адрес: NAT, SBC или SIP ALG на маршрутизаторе.',
  stopped:
    'Звук шёл и прекратился. Проверьте, не закрыл ли NAT или межсетевой экран порт по времени и не пропала ли сеть у собеседника.',
  firewall:
    'Адреса верные, значит, пакеты не пропускает межсетевой экран: откройте UDP-порты RTP в обе стороны.',
};

/** Lines of a conversation that nobody spoke, and why a call ended. */
export const noteText = texts(
  {
    mutedOn: 'Muted: the far end hears silence',
    mutedOff: 'Heard again',
    marked: (label: string) => (label === '' ? 'Marked' : `Marked: ${label}`),
    line: (who: string, account: string) => `On the line: ${who}, by account ${account}`,
    heldByUs: 'You put the far end on hold',
    letGoByUs: 'The far end is off hold',
    heldByThem: 'The far end put the call on hold: it hears nothing',
    letGoByThem: 'The far end took the call off hold',
    transferTrying: (target: string) => `Transfer to ${target}: they are being called`,
    transferDone: (target: string) => `Transferred to ${target}`,
    transferFailed: (target: string, message: string) => `Not transferred to ${target}: ${message}`,
    latched: (from: string, expected: string) =>
      `Audio comes from ${from}, not from ${expected} as agreed: a NAT on the way. It is taken from there now`,
    noneComes: (seconds: string, expected: string) =>
      `One-way audio: you hear nothing. No packets for ${seconds} s; expected from ${expected}.`,
    noneArrives: (seconds: string, expected: string) =>
      `One-way audio: they hear nothing. No packets have arrived at ${expected} for ${seconds} s.`,
    /** `hint`: as the engine says it, in English. */
    lookAt: (_kind: OneWayKind, hint: string) => hint,
    arrivesAgain: (seconds: string) => `They hear us again, after ${seconds} s`,
    quiet: (seconds: string) => `No packets from the far end for ${seconds} s`,
    resumed: (seconds: string) => `Packets come again after ${seconds} s`,
    unknownPayload: (type: number, hint: string) => `Payload type ${type} is not understood. ${hint}`,
    held: 'The bot is held: it listens and answers nothing',
    letGo: 'The bot answers again',
    whispered: (text: string) => `Whispered: ${text}`,
    tookOver: 'You speak in place of the bot',
    gaveBack: 'The bot has the call again, and knows what you said',
    microphoneLive: 'Your microphone is heard',
    microphoneDead: (message: string) =>
      `Your microphone is not heard, the far end hears silence: ${message}`,
    configChanged: 'Settings taken: the next answer uses them',
    configRejected: (message: string) => `Settings not taken, the old ones stay: ${message}`,
    failed: (stage: string, provider: string, message: string) => `${stage} (${provider}) failed: ${message}`,
    failedRetrying: (stage: string, provider: string, message: string) =>
      `${stage} (${provider}) failed and is tried again: ${message}`,
    scriptHeard: (text: string) => `Heard back: ${text}`,
    scriptHeardNothing: 'Heard back: no words',
    scriptLatency: (ms: string) => `Waited ${ms} ms for the answer, measured on the wire`,
    bargedIn: (ms: string) => `Spoke over it: it stopped after ${ms} ms`,
    stt: 'Speech to text',
    llm: 'The language model',
    tts: 'The voice',
    tool: 'A tool',

    ended: (reason: string, length: string) => `Call ended after ${length}: ${reason}`,
    hungUp: 'you hung up',
    timeIsUp: 'its time was up',
    scriptFinished: 'the recorded caller had nothing more to say',
    farEndClosed: 'the far end hung up',
    noRoute: 'there is no way to the far end: check the address',
    noPackets: (seconds: string) => `nothing came from the far end for ${seconds} s`,
    botHungUp: 'the bot hung up',
    botHungUpIdle: 'nobody spoke, so the bot hung up',
    closing: 'Sidetone was closed',
    crashed: 'the part of Sidetone that carried it failed; its record is complete up to there',
  },
  {
    mutedOn: 'Звук выключен: дальняя сторона слышит тишину',
    mutedOff: 'Нас снова слышно',
    marked: (label) => (label === '' ? 'Отметка' : `Отметка: ${label}`),
    line: (who, account) => `На линии: ${who}, учётная запись ${account}`,
    heldByUs: 'Вы поставили собеседника на удержание',
    letGoByUs: 'Собеседник снят с удержания',
    heldByThem: 'Собеседник поставил звонок на удержание: он ничего не слышит',
    letGoByThem: 'Собеседник снял звонок с удержания',
    transferTrying: (target) => `Перевод на ${target}: туда звонят`,
    transferDone: (target) => `Звонок переведён на ${target}`,
    transferFailed: (target, message) => `Перевести на ${target} не удалось: ${message}`,
    latched: (from, expected) =>
      `Звук идёт с ${from}, а не с ${expected}, как договорились: по пути есть NAT. Теперь он принимается оттуда`,
    noneComes: (seconds, expected) =>
      `Звук только в одну сторону: вы ничего не слышите. Пакетов нет ${seconds} с, ждали их от ${expected}.`,
    noneArrives: (seconds, expected) =>
      `Звук только в одну сторону: вас не слышно. До ${expected} ничего не доходит уже ${seconds} с.`,
    lookAt: (kind) => LOOK_AT_RU[kind],
    arrivesAgain: (seconds) => `Нас снова слышно, перерыв был ${seconds} с`,
    quiet: (seconds) => `Пакетов с той стороны нет уже ${seconds} с`,
    resumed: (seconds) => `Пакеты снова идут, перерыв был ${seconds} с`,
    unknownPayload: (type, hint) => `Непонятный тип нагрузки ${type}. ${hint}`,
    held: 'Бот удержан: слушает и не отвечает',
    letGo: 'Бот снова отвечает',
    whispered: (text) => `Подсказка боту: ${text}`,
    tookOver: 'Вместо бота говорите вы',
    gaveBack: 'Разговор снова ведёт бот и знает, что вы сказали',
    microphoneLive: 'Ваш микрофон слышно',
    microphoneDead: (message) => `Ваш микрофон не слышно, та сторона слышит тишину: ${message}`,
    configChanged: 'Настройки приняты: они действуют со следующего ответа',
    configRejected: (message) => `Настройки не приняты, остаются прежние: ${message}`,
    failed: (stage, provider, message) => `Сбой: ${stage} (${provider}): ${message}`,
    failedRetrying: (stage, provider, message) => `Сбой, пробуем ещё раз: ${stage} (${provider}): ${message}`,
    scriptHeard: (text) => `Услышано в ответ: ${text}`,
    scriptHeardNothing: 'Услышано в ответ: слов нет',
    scriptLatency: (ms) => `Ответа ждали ${ms} мс, измерено в сети`,
    bargedIn: (ms) => `Заговорили поверх бота: он замолчал через ${ms} мс`,
    stt: 'распознавание речи',
    llm: 'языковая модель',
    tts: 'синтез речи',
    tool: 'инструмент',

    ended: (reason, length) => `Звонок длился ${length} и завершён: ${reason}`,
    hungUp: 'вы положили трубку',
    timeIsUp: 'вышло время',
    scriptFinished: 'записанному собеседнику больше нечего сказать',
    farEndClosed: 'на той стороне положили трубку',
    noRoute: 'до той стороны нет пути: проверьте адрес',
    noPackets: (seconds) => `с той стороны ничего не приходило ${seconds} с`,
    botHungUp: 'бот положил трубку',
    botHungUpIdle: 'все молчали, и бот положил трубку',
    closing: 'Sidetone закрыли',
    crashed: 'отказала та часть Sidetone, что вела звонок; запись до этого места полна',
  },
);
