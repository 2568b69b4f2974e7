import { describe, expect, it } from 'vitest';
import { whatWasHeard, type PlayedClause } from './heard.ts';

const text = 'Of course, we are open. The clinic closes at six.';
const first = { from: 0, to: 10, samples: 8000, whole: true };
const second = { from: 11, to: 23, samples: 12_000, whole: true };

describe('whatWasHeard', () => {
  it.each<[string, PlayedClause[], string]>([
    ['nothing synthesised', [], ''],
    ['nothing played', [{ ...first, played: 0 }], ''],
    ['a third of a word', [{ ...first, played: 600 }], ''],
    ['the first word', [{ ...first, played: 1600 }], 'Of'],
    ['less than half of the second', [{ ...first, played: 5000 }], 'Of'],
    ['more than half of it', [{ ...first, played: 5300 }], 'Of course,'],
    ['a whole clause', [{ ...first, played: 8000 }], 'Of course,'],
    [
      'the next begun',
      [
        { ...first, played: 8000 },
        { ...second, played: 0 },
      ],
      'Of course,',
    ],
    [
      'into the next',
      [
        { ...first, played: 8000 },
        { ...second, played: 5000 },
      ],
      'Of course, we are',
    ],
    [
      'all that was synthesised',
      [
        { ...first, played: 8000 },
        { ...second, played: 12_000 },
      ],
      'Of course, we are open.',
    ],
  ])('%s', (_, clauses, heard) => {
    expect(whatWasHeard(text, clauses).heard).toBe(heard);
  });

  it('takes a clause that is still being synthesised for longer than its audio so far', () => {
    const begun = { from: 11, to: 23, samples: 3000, played: 3000, whole: false };
    expect(whatWasHeard(text, [{ ...first, played: 8000 }, begun]).heard).toBe('Of course, we');
    expect(
      whatWasHeard('We are open.', [{ from: 0, to: 12, samples: 2000, played: 2000, whole: false }]).heard,
    ).toBe('We');
  });

  it('cuts Russian at a word too', () => {
    const clause = { from: 0, to: 23, samples: 23_000, played: 15_000, whole: true };
    expect(whatWasHeard('Здравствуйте! Я слушаю.', [clause])).toEqual({
      heard: 'Здравствуйте! Я',
      unheard: 'слушаю.',
    });
  });

  it('never claims more the less was played, and loses no word', () => {
    const words = text.split(' ');
    let longest = 0;
    for (let played = 0; played <= 12_000; played += 100) {
      const { heard, unheard } = whatWasHeard(text, [
        { ...first, played: 8000 },
        { ...second, played },
      ]);
      expect(`${heard} ${unheard}`.trim().split(' ')).toEqual(words);
      expect(heard.length).toBeGreaterThanOrEqual(longest);
      longest = heard.length;
    }
  });
});
