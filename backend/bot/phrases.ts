import type { BotSettings } from '../contract/settings.ts';

/** What a bot says by itself, without its LLM. */
export interface Phrases {
  readonly idle: string;
  readonly goodbye: string;
  readonly apology: string;
  readonly repeat: string;
}

const ENGLISH: Phrases = {
  idle: 'Are you still there?',
  goodbye: 'Thank you for calling. Goodbye.',
  apology: "I'm sorry, something went wrong on my side. Could you say that again?",
  repeat: "Sorry, I didn't catch that. Could you say it again?",
};

const PHRASES: Readonly<Record<string, Phrases>> = {
  en: ENGLISH,
  ru: {
    idle: 'Вы ещё здесь?',
    goodbye: 'Спасибо за звонок. До свидания.',
    apology: 'Извините, у меня что-то пошло не так. Повторите, пожалуйста.',
    repeat: 'Извините, вас плохо слышно. Повторите, пожалуйста.',
  },
  de: {
    idle: 'Sind Sie noch da?',
    goodbye: 'Danke für Ihren Anruf. Auf Wiederhören.',
    apology: 'Entschuldigung, bei mir ist etwas schiefgegangen. Können Sie das bitte wiederholen?',
    repeat: 'Das habe ich leider nicht verstanden. Können Sie das bitte wiederholen?',
  },
  es: {
    idle: '¿Sigue ahí?',
    goodbye: 'Gracias por llamar. Adiós.',
    apology: 'Perdone, algo ha fallado por mi parte. ¿Puede repetirlo, por favor?',
    repeat: 'Perdone, no le he entendido. ¿Puede repetirlo, por favor?',
  },
  fr: {
    idle: 'Vous êtes toujours là ?',
    goodbye: 'Merci de votre appel. Au revoir.',
    apology: 'Excusez-moi, j’ai eu un problème. Pouvez-vous répéter, s’il vous plaît ?',
    repeat: 'Excusez-moi, je n’ai pas compris. Pouvez-vous répéter, s’il vous plaît ?',
  },
};

/** The phrases of the bot's settings; those missing in its language, or in English. */
export function phrasesFor(settings: Pick<BotSettings, 'language' | 'phrases'>): Phrases {
  const standard = PHRASES[settings.language.slice(0, 2)] ?? ENGLISH;
  const own = settings.phrases;
  return {
    idle: own.idle ?? standard.idle,
    goodbye: own.goodbye ?? standard.goodbye,
    apology: own.apology ?? standard.apology,
    repeat: own.repeat ?? standard.repeat,
  };
}
