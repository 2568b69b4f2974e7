import { texts } from '../base/text.ts';

/**
 * The figures of a call, each with its definition and window; docs/metrics.md has them at length. A definition says
 * from where to where it is counted.
 */
export const figureText = texts(
  {
    answers: 'Answers',
    wire: 'On the wire',
    wireAbout:
      "Voice to voice: from the last voiced sample of the caller to the first voiced sample of the answer that left, both found in the recorded RTP audio by a measuring VAD that is not the engine's. Window: every turn of the call that was answered.",
    engine: 'Engine’s account',
    engineAbout:
      'The sum of the stages by the engine’s own clock: end of turn, speech to text, first token, first clause, first audio, to the wire. Window: every turn the engine answered.',
    residual: 'Residual',
    residualAbout:
      'On the wire less the sum of the stages. Near 0 when the engine’s account is true; a turn beyond 20 ms is flagged. Window: turns that have both.',
    spread: (min: string, p50: string, max: string) => `${min} – ${p50} – ${max}`,
    spreadAbout: (count: number) => `Least, median, most of ${count}`,
    tails: (p95: string, p99: string) => `p95 ${p95} · p99 ${p99}`,
    interval: (low: string, high: string) => `95 % confidence of the median: ${low} to ${high}`,
    tooFew: (count: number, least: number) => `of ${count}; percentiles from ${least} on`,
    none: 'none',

    turnTaking: 'Turn taking',
    bargeIns: 'Barge-ins',
    bargeInsAbout:
      'The caller began to speak while the bot was speaking. Time to stop: from there to the bot’s last voiced sample. A false one did not cut off what the bot was saying: a cough, an “mm-hm”. Window: the whole call.',
    bargeIn: (after: string) => `stopped after ${after}`,
    bargeInFalse: (after: string) => `false: fell silent after ${after}, went on`,
    falseRate: 'False barge-ins',
    falseRateAbout: 'Barge-ins after which the bot went on, of all barge-ins. Shown from 10 barge-ins on.',
    callerInterrupted: 'Caller interrupted',
    callerInterruptedAbout: 'The bot began to speak while the caller was speaking. Window: the whole call.',
    silences: 'Silences over 2 s',
    silencesAbout:
      'Stretches of more than 2 s in which neither side is voiced. Window: from the call’s start to its end.',

    talk: 'Talk',
    talkRatio: 'Caller to bot',
    talkRatioAbout:
      'Voiced time of the caller and of the bot, as shares of both together. Window: the whole call.',
    callerSpoke: 'Caller spoke',
    botSpoke: 'Bot spoke',
    overlap: 'Both at once',
    overlapAbout: 'Time in which both sides are voiced. Window: the whole call.',
    spokeAbout: 'Voiced time by the measuring VAD on the recorded audio. Window: the whole call.',

    words: 'Words of the bot',
    generated: 'Generated',
    generatedAbout:
      'Words the model wrote, also of replies that were thrown away; greetings and other phrases apart. Window: the whole call.',
    heard: 'Heard',
    heardAbout:
      'Of the words the model wrote, those the caller heard: by how much of each clause had left. Window: the whole call.',
    struck: 'Struck',
    struckAbout: 'Words cut off by an interruption: written, never heard. Window: the whole call.',

    network: 'Network',
    mos: 'MOS',
    mosAbout:
      'Estimated quality of what came from the caller, 1 to 4.5: a simplified E-model after ITU-T G.107, from packets lost and late, jitter and round trip (0 where none is known). Window: the whole call.',
    received: 'Received',
    receivedAbout: 'RTP packets of the caller’s stream that came in time to be heard.',
    lost: 'Lost',
    lostAbout:
      'Packets that never came, by sequence numbers; with their share of all that were sent. No share below 10 packets.',
    late: 'Late',
    lateAbout: 'Packets that came after their time to be heard.',
    reordered: 'Reordered',
    reorderedAbout: 'Packets that came after one sent later.',
    duplicated: 'Duplicated',
    duplicatedAbout: 'Packets that came more than once.',
    concealed: 'Concealed',
    concealedAbout: 'Audio that was made up for packets that were lost or late.',
    jitter: 'Jitter',
    jitterAbout: 'Interarrival jitter at the end of the call, RFC 3550 section 6.4.1.',
    roundTrip: 'Round trip',
    roundTripAbout: 'From the far end’s RTCP reports (RFC 3550 section 6.4.1). Not known when it sends none.',
    skew: 'Clock skew',
    skewAbout:
      'How much faster the far end’s sampling clock runs than ours, in parts per million: the slope through the least delays of the packets. Not known below 60 s, nor without the capture.',
    ppm: (figure: string) => `${figure} ppm`,
    unknown: 'not known',

    hint: 'Point at a figure to see how it is counted.',
    version: (version: number) => `Metrics version ${version}.`,
  },
  {
    answers: 'Ответы',
    wire: 'По сети',
    wireAbout:
      'От голоса до голоса: от последнего звука голоса звонящего до первого ушедшего звука голоса в ответе; оба найдены в записанном RTP-звуке измерительным детектором, который не принадлежит движку. Окно: все реплики звонка, на которые ответили.',
    engine: 'Счёт движка',
    engineAbout:
      'Сумма этапов по часам самого движка: конец реплики, распознавание, первый токен, первая фраза, первый звук, до сети. Окно: все реплики, на которые ответил движок.',
    residual: 'Остаток',
    residualAbout:
      'Время по сети минус сумма этапов. Около 0, когда счёт движка верен; реплика с остатком больше 20 мс помечается. Окно: реплики, где есть и то и другое.',
    spread: (min, p50, max) => `${min} – ${p50} – ${max}`,
    spreadAbout: (count) => `Наименьшее, медиана, наибольшее из ${count}`,
    tails: (p95, p99) => `p95 ${p95} · p99 ${p99}`,
    interval: (low, high) => `Доверительный интервал медианы 95 %: от ${low} до ${high}`,
    tooFew: (count, least) => `из ${count}; процентили — начиная с ${least}`,
    none: 'нет',

    turnTaking: 'Очерёдность',
    bargeIns: 'Перебивания',
    bargeInsAbout:
      'Звонящий заговорил, пока говорил бот. Время до остановки: оттуда до последнего звука голоса бота. Ложное не прервало того, что говорил бот: кашель, «угу». Окно: весь звонок.',
    bargeIn: (after) => `замолчал через ${after}`,
    bargeInFalse: (after) => `ложное: умолк через ${after} и продолжил`,
    falseRate: 'Ложные перебивания',
    falseRateAbout: 'Доля перебиваний, после которых бот продолжил. Показывается начиная с 10 перебиваний.',
    callerInterrupted: 'Бот перебил звонящего',
    callerInterruptedAbout: 'Бот заговорил, пока говорил звонящий. Окно: весь звонок.',
    silences: 'Тишина дольше 2 с',
    silencesAbout: 'Отрезки длиннее 2 с, когда нет голоса ни с одной стороны. Окно: весь звонок.',

    talk: 'Речь',
    talkRatio: 'Звонящий и бот',
    talkRatioAbout: 'Время голоса звонящего и бота, долями от их суммы. Окно: весь звонок.',
    callerSpoke: 'Говорил звонящий',
    botSpoke: 'Говорил бот',
    overlap: 'Одновременно',
    overlapAbout: 'Время, когда есть голос с обеих сторон. Окно: весь звонок.',
    spokeAbout: 'Время голоса по измерительному детектору на записанном звуке. Окно: весь звонок.',

    words: 'Слова бота',
    generated: 'Создано',
    generatedAbout:
      'Слова, написанные моделью, в том числе в отброшенных ответах; приветствия и другие готовые фразы не в счёт. Окно: весь звонок.',
    heard: 'Услышано',
    heardAbout:
      'Из написанных моделью — слова, которые звонящий услышал: по тому, сколько звука каждой фразы ушло. Окно: весь звонок.',
    struck: 'Отброшено',
    struckAbout: 'Слова, отрезанные перебиванием: написаны, но не услышаны. Окно: весь звонок.',

    network: 'Сеть',
    mos: 'MOS',
    mosAbout:
      'Оценка качества того, что пришло от звонящего, от 1 до 4,5: упрощённая E-модель по ITU-T G.107: потерянные и опоздавшие пакеты, джиттер и время оборота (0, если оно неизвестно). Окно: весь звонок.',
    received: 'Принято',
    receivedAbout: 'RTP-пакеты звонящего, пришедшие вовремя.',
    lost: 'Потеряно',
    lostAbout:
      'Пакеты, которые не пришли, по номерам; рядом их доля от отправленных. Меньше 10 пакетов — без доли.',
    late: 'Опоздало',
    lateAbout: 'Пакеты, пришедшие позже, чем их можно было услышать.',
    reordered: 'Не по порядку',
    reorderedAbout: 'Пакеты, пришедшие после отправленных позже.',
    duplicated: 'Повторы',
    duplicatedAbout: 'Пакеты, пришедшие больше одного раза.',
    concealed: 'Замещено',
    concealedAbout: 'Звук, придуманный вместо потерянных и опоздавших пакетов.',
    jitter: 'Джиттер',
    jitterAbout: 'Джиттер прихода в конце звонка, RFC 3550, раздел 6.4.1.',
    roundTrip: 'Время оборота',
    roundTripAbout:
      'По отчётам RTCP дальней стороны (RFC 3550, раздел 6.4.1). Неизвестно, если она их не шлёт.',
    skew: 'Расхождение часов',
    skewAbout:
      'Насколько часы дискретизации дальней стороны быстрее наших, в миллионных долях: наклон по наименьшим задержкам пакетов. Неизвестно для звонка короче 60 с и без захвата пакетов.',
    ppm: (figure) => `${figure} ppm`,
    unknown: 'неизвестно',

    hint: 'Наведите указатель на цифру, чтобы увидеть, как она считается.',
    version: (version) => `Версия метрик: ${version}.`,
  },
);
