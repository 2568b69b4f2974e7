import { describe, expect, it } from 'vitest';
import { Scope } from './scope.ts';

describe('Scope', () => {
  it('closes newest first, once, children included', async () => {
    const closed: string[] = [];
    const scope = new Scope();
    scope.defer(() => void closed.push('first'));
    const child = scope.child();
    child.defer(() => void closed.push('child'));
    scope.defer(() => void closed.push('last'));
    await Promise.all([scope.close(), scope.close()]);
    expect(closed).toEqual(['last', 'child', 'first']);
    expect(scope.signal.aborted).toBe(true);
    expect(child.closed).toBe(true);
  });

  it('closes at once what is added after closing', async () => {
    const scope = new Scope();
    await scope.close();
    let closed = false;
    scope.defer(() => {
      closed = true;
    });
    await scope.close();
    expect(closed).toBe(true);
  });

  it('closes everything although one closer fails, and says so', async () => {
    const scope = new Scope();
    let closed = false;
    scope.defer(() => {
      closed = true;
    });
    scope.defer(() => Promise.reject(new Error('stuck')));
    await expect(scope.close()).rejects.toThrow('could not be closed');
    expect(closed).toBe(true);
  });

  it('runs no timer after it closed', async () => {
    const scope = new Scope();
    let runs = 0;
    scope.after(0, () => (runs += 1));
    scope.every(1, () => (runs += 1));
    await scope.close();
    const other = new Scope();
    await new Promise<void>((resolve) => void other.after(5, resolve));
    expect(runs).toBe(0);
  });
});
