import { describe, expect, it } from 'vitest';
import { phrasesFor } from './phrases.ts';

describe('phrasesFor', () => {
  it('speaks the language of the bot, and English where it knows no better', () => {
    expect(phrasesFor({ language: 'ru', phrases: {} }).goodbye).toContain('До свидания');
    expect(phrasesFor({ language: 'de-AT', phrases: {} }).idle).toBe('Sind Sie noch da?');
    expect(phrasesFor({ language: 'fi', phrases: {} })).toEqual(phrasesFor({ language: 'en', phrases: {} }));
  });

  it('prefers what bot.yaml says', () => {
    const phrases = phrasesFor({ language: 'ru', phrases: { idle: 'Алло?' } });
    expect(phrases.idle).toBe('Алло?');
    expect(phrases.repeat).toContain('Повторите');
  });
});
