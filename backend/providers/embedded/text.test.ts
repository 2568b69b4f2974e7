import { describe, expect, it } from 'vitest';
import { AudioCache } from './audio-cache.ts';
import { phonemeIds, sentencePhonemes } from './phonemes.ts';
import { sentences } from './sentences.ts';

describe('sentences', () => {
  it('parts sentences, not abbreviations and numbers', () => {
    expect(sentences('Mr. Smith pays $5.50. Really?! Yes… fine.', 'en')).toEqual([
      'Mr. Smith pays $5.50.',
      'Really?!',
      'Yes… fine.',
    ]);
    expect(sentences('No. We close at six.', 'en')).toEqual(['No.', 'We close at six.']);
    expect(sentences('Мы на ул. Ленина, д. 5. Ждём вас!', 'ru')).toEqual([
      'Мы на ул. Ленина, д. 5.',
      'Ждём вас!',
    ]);
  });

  it('leaves out what cannot be said', () => {
    expect(sentences(' ... \n—', 'en')).toEqual([]);
    expect(sentences('Well', 'en')).toEqual(['Well']);
  });
});

describe('sentencePhonemes', () => {
  /** Writes words instead of sounds, and notes what it was asked for. */
  const spelling = { phonemes: (text: string) => text.trim().replaceAll(' ', '_') };

  it('puts back the marks that espeak strips', () => {
    expect(sentencePhonemes('Sure, what time suits you?', spelling, 'en-us')).toBe(
      'Sure, what_time_suits_you?',
    );
    expect(sentencePhonemes('He said: “yes!”', spelling, 'en-us')).toBe('He_said: “yes!');
    expect(sentencePhonemes('Wait — no…', spelling, 'en-us')).toBe('Wait, no.');
  });

  it('leaves times and amounts whole', () => {
    expect(sentencePhonemes('At 10:30 it is 5,000.', spelling, 'en-us')).toBe('At_10:30_it_is_5,000.');
  });

  it('ends a sentence that nobody ended', () => {
    expect(sentencePhonemes('Hello there', spelling, 'en-us')).toBe('Hello_there.');
  });
});

describe('phonemeIds', () => {
  it('pads every sound, decomposes accents and leaves out unknown ones', () => {
    const map = { _: [0], '^': [1], $: [2], a: [10], '\u0303': [11], '.': [12] };
    expect(phonemeIds('ã§.', map)).toEqual([1, 0, 10, 0, 11, 0, 12, 0, 2]);
  });
});

describe('AudioCache', () => {
  it('throws the longest unused away when it is full', () => {
    const cache = new AudioCache(200);
    const half = (): Int16Array => new Int16Array(40);
    cache.set('a', half());
    cache.set('b', half());
    expect(cache.get('a')).not.toBeNull();
    cache.set('c', half());
    expect(cache.get('b')).toBeNull();
    expect(cache.get('a')).not.toBeNull();
    cache.set('too long', new Int16Array(1000));
    expect(cache.get('too long')).toBeNull();
  });
});
