import { texts } from '../base/text.ts';

export const stateText = texts(
  {
    noDemo: 'The demo call was not placed',
    noTalk: 'The call to the bot was not placed',
    noFolder: 'The folder was not opened',
    noListener: 'Still not listening',
    notSaved: 'The setting was not saved',
  },
  {
    noDemo: 'Демонстрационный звонок не состоялся',
    noTalk: 'Звонок боту не состоялся',
    noFolder: 'Папку не удалось открыть',
    noListener: 'Приём звонков так и не начался',
    notSaved: 'Настройка не сохранена',
  },
);
