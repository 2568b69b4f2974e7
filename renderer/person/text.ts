import { texts } from '../base/text.ts';
import type { MicrophoneState } from './headset.ts';

export const personText = texts(
  {
    microphone: 'Microphone',
    speaker: 'Speaker',
    ringer: 'Ringer',
    systemDevice: 'System default',
    missingDevice: (label: string) => `${label} (not connected)`,
    microphoneLevel: 'Microphone level',
    speakerLevel: 'Speaker level',

    asking: 'Opening the microphone',
    speaking: 'You are on the call',
    muted: 'Muted: the far end hears silence',
    listening: 'Listening in',
    refused: 'Sidetone may not use the microphone',
    none: 'No microphone is connected',
    busy: 'The microphone cannot be opened: another program may be using it',
    broken: 'The microphone stopped working',
    givesNothing: 'The microphone gives no audio',
    noSpeaker: 'There is no speaker that works',
    tryAgain: 'Try again',

    microphoneGone: 'The chosen microphone is not connected',
    speakerGone: 'The chosen speaker is not connected',
    usingInstead: (label: string) => `${label} is used instead. The call goes on.`,
    comesBack: 'It is used again as soon as it is back.',
    silenceMeans: 'The call goes on; the far end hears silence.',
    unheardMeans: 'The call goes on, but you do not hear it.',
    allowIt: "Allow the microphone for Sidetone in the system's privacy settings, then press Try again.",
    plugIn: 'Connect one or choose another in Settings; the call then has it at once.',
    cannotListen: 'Cannot listen in',

    devices: 'Devices',
    test: 'Test',
    testMicrophone: 'Record three seconds and play them back',
    testSpeaker: 'Play a tone',
    testRinger: 'Ring',
    recording: 'Recording: say something',
    playingBack: 'Playing back',
    testFailed: 'The test could not be done',
    changeFailed: 'The devices could not be saved',
    echoCancellation: 'Echo cancellation',
    noiseSuppression: 'Noise suppression',
    autoGain: 'Automatic gain',
    switchesHint: 'A change counts at once, in a call too.',
  },
  {
    microphone: 'Микрофон',
    speaker: 'Динамик',
    ringer: 'Звонок',
    systemDevice: 'Системное по умолчанию',
    missingDevice: (label: string) => `${label} (не подключено)`,
    microphoneLevel: 'Уровень микрофона',
    speakerLevel: 'Уровень динамика',

    asking: 'Включаем микрофон',
    speaking: 'Вы на линии',
    muted: 'Звук выключен: собеседник слышит тишину',
    listening: 'Вы слушаете звонок',
    refused: 'Sidetone не разрешено использовать микрофон',
    none: 'Микрофон не подключён',
    busy: 'Микрофон не открывается: возможно, он занят другой программой',
    broken: 'Микрофон перестал работать',
    givesNothing: 'Микрофон не даёт звука',
    noSpeaker: 'Нет работающего динамика',
    tryAgain: 'Повторить',

    microphoneGone: 'Выбранный микрофон не подключён',
    speakerGone: 'Выбранный динамик не подключён',
    usingInstead: (label: string) => `Вместо него работает «${label}». Звонок продолжается.`,
    comesBack: 'Когда он вернётся, звук снова пойдёт через него.',
    silenceMeans: 'Звонок продолжается, собеседник слышит тишину.',
    unheardMeans: 'Звонок продолжается, но вы его не слышите.',
    allowIt: 'Разрешите Sidetone доступ к микрофону в настройках системы и нажмите «Повторить».',
    plugIn: 'Подключите устройство или выберите другое в настройках: звонок сразу перейдёт на него.',
    cannotListen: 'Не удалось подключиться к прослушиванию',

    devices: 'Устройства',
    test: 'Проверить',
    testMicrophone: 'Записать три секунды и воспроизвести',
    testSpeaker: 'Воспроизвести сигнал',
    testRinger: 'Позвонить',
    recording: 'Идёт запись: скажите что-нибудь',
    playingBack: 'Воспроизводим',
    testFailed: 'Проверка не удалась',
    changeFailed: 'Не удалось сохранить устройства',
    echoCancellation: 'Подавление эха',
    noiseSuppression: 'Подавление шума',
    autoGain: 'Автоматическое усиление',
    switchesHint: 'Изменение действует сразу, в том числе во время звонка.',
  },
);

/** What is wrong with the microphone; null: nothing. */
export function microphoneProblem(
  microphone: MicrophoneState,
  t: Pick<typeof personText.ru, 'refused' | 'none' | 'busy' | 'broken'>,
): string | null {
  if (microphone.kind === 'refused') return t.refused;
  return microphone.kind === 'lost' ? t[microphone.reason] : null;
}
