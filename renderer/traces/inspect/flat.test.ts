import { describe, expect, it } from 'vitest';
import { flat } from './flat.ts';

describe('flat', () => {
  it('names nested settings by their path, lists and empty maps as they are', () => {
    expect(
      flat({ name: 'a', turn: { speculate: true, words: ['mm', 'hm'] }, phrases: {}, greeting: null }),
    ).toEqual([
      { path: 'name', value: 'a' },
      { path: 'turn.speculate', value: 'true' },
      { path: 'turn.words', value: '["mm","hm"]' },
      { path: 'phrases', value: '{}' },
      { path: 'greeting', value: 'null' },
    ]);
  });
});
