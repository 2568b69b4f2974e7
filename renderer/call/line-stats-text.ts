import { texts } from '../base/text.ts';

const tenths = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
const inEnglish = new Intl.NumberFormat('en', tenths);
const inRussian = new Intl.NumberFormat('ru', tenths);

export const statsText = texts(
  {
    title: 'Audio of the call',
    none: 'Nothing is known of the audio yet.',
    codec: 'Codec',
    codecOf: (codec: string, ms: number) => `${codec}, ${ms} ms a packet`,
    encryption: 'Encryption',
    inTheClear: 'none',
    received: 'Packets received',
    sent: 'Packets sent',
    jitter: 'Jitter (RFC 3550)',
    loss: 'Lost or late',
    lossOf: (percent: string, lost: number, late: number) => `${percent} % (${lost} lost, ${late} late)`,
    concealed: 'Concealed',
    roundTrip: 'Round trip',
    noReports: 'no reports',
    mos: 'MOS, estimated',
    ms: (value: string) => `${value} ms`,
    tenths: (value: number) => inEnglish.format(value),
  },
  {
    title: 'Звук звонка',
    none: 'О звуке пока ничего не известно.',
    codec: 'Кодек',
    codecOf: (codec, ms) => `${codec}, пакеты по ${ms} мс`,
    encryption: 'Шифрование',
    inTheClear: 'нет',
    received: 'Пакетов получено',
    sent: 'Пакетов отправлено',
    jitter: 'Джиттер (RFC 3550)',
    loss: 'Потеряно или опоздало',
    lossOf: (percent, lost, late) => `${percent} % (потеряно ${lost}, опоздало ${late})`,
    concealed: 'Замаскировано',
    roundTrip: 'Путь туда и обратно',
    noReports: 'нет отчётов',
    mos: 'MOS, оценка',
    ms: (value) => `${value} мс`,
    tenths: (value) => inRussian.format(value),
  },
);
