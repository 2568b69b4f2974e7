import { texts } from '../base/text.ts';
import type { StageKey } from '../lanes/stages.ts';
import type { lanesText } from '../lanes/text.ts';

/** What a wait of the caller's is made of, and from where to where each figure is counted. */
export type WaitPart = StageKey | 'total';

export const stageText = texts(
  {
    endpointingSpan: "From the caller's last voiced sample to the decision that the turn is over.",
    sttSpan: 'From that decision to the transcript; 0 when it was there already.',
    llm_first_tokenSpan: "From the transcript to the model's first token; 0 when it was thought ahead.",
    llm_first_clauseSpan: 'From the first token to a clause that can be spoken.',
    tts_first_audioSpan: 'From that clause to the first audio of its voice.',
    packetSpan: 'From the first audio to its first voiced sample on the wire.',
    residualSpan: 'What the stages together leave of the total: 0 when every millisecond is accounted for.',
    total: 'Caller waited',
    totalSpan:
      "From the caller's last voiced sample to the first packet with audio of the answer, by the engine's clock.",
    wireSpan:
      "From the caller's last voiced sample to the first voiced sample of the answer, both found in the recorded audio of the wire by a detector that is not the engine's.",
    showStages: (total: string, parts: string) => `The caller waited ${total}: ${parts}`,
    hint: 'Point at a stage to see where it is counted from and to.',
  },
  {
    endpointingSpan: 'От последнего звука голоса звонящего до решения, что он договорил.',
    sttSpan: 'От этого решения до текста; 0, если текст уже был готов.',
    llm_first_tokenSpan: 'От текста до первого токена модели; 0, если ответ обдуман заранее.',
    llm_first_clauseSpan: 'От первого токена до фразы, которую можно произнести.',
    tts_first_audioSpan: 'От этой фразы до первого синтезированного звука.',
    packetSpan: 'От первых данных звука до первого отсчёта голоса на линии.',
    residualSpan: 'Что осталось от всего ожидания сверх этапов: 0, когда учтена каждая миллисекунда.',
    total: 'Звонящий ждал',
    totalSpan:
      'От последнего звука голоса звонящего до первого пакета со звуком ответа, по часам самого движка.',
    wireSpan:
      'От последнего звука голоса звонящего до первого звука голоса в ответе: оба найдены в записанном с сети звуке детектором, который не принадлежит движку.',
    showStages: (total, parts) => `Звонящий ждал ${total}: ${parts}`,
    hint: 'Наведите указатель на этап, чтобы увидеть, откуда и докуда он считается.',
  },
);

type StageTexts = Pick<typeof stageText.en, 'total' | `${WaitPart}Span`>;
type LaneTexts = Pick<typeof lanesText.en, Exclude<WaitPart, 'total'>>;

/** The lanes have the same names for the stages. */
export function partName(t: StageTexts, lanes: LaneTexts, part: WaitPart): string {
  return part === 'total' ? t.total : lanes[part];
}

/** From where to where a figure is counted. */
export function spanOf(t: StageTexts, part: WaitPart): string {
  return t[`${part}Span`];
}
