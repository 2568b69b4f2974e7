import { describe, expect, it } from 'vitest';
import { allocatedBytes, type AllocationNode } from './window-heap.ts';

function node(functionName: string, selfSize: number, ...children: AllocationNode[]): AllocationNode {
  return { callFrame: { functionName }, selfSize, children };
}

describe('allocatedBytes', () => {
  const profile = node(
    '(root)',
    1,
    node('message', 10, node('fold', 100)),
    node('frame', 1000, node('draw', 10_000, node('frame', 100_000))),
    node('other', 0, node('frame', 1_000_000)),
  );

  it('adds up a whole profile', () => {
    expect(allocatedBytes(profile)).toBe(1_111_111);
  });

  it('adds up what happened under a function, wherever it was called, and once where it called itself', () => {
    expect(allocatedBytes(profile, 'frame')).toBe(1_111_000);
    expect(allocatedBytes(profile, 'fold')).toBe(100);
    expect(allocatedBytes(profile, 'absent')).toBe(0);
  });
});
