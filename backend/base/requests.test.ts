import { expect, it } from 'vitest';
import { SidetoneError } from './errors.ts';
import { Requests } from './requests.ts';

it('gives each request its own reply, in whatever order they come', async () => {
  const requests = new Requests<string>();
  const ids: number[] = [];
  const first = requests.send((id) => ids.push(id));
  const second = requests.send((id) => ids.push(id));
  const [one = 0, two = 0] = ids;
  requests.settle({ type: 'answer', id: two, answer: 'second' });
  requests.settle({ type: 'failure', id: one, problem: { kind: 'usage', message: 'no', hint: 'yes' } });
  requests.settle({ type: 'answer', id: one, answer: 'too late' });
  await expect(first).rejects.toMatchObject({ kind: 'usage', message: 'no', hint: 'yes' });
  await expect(second).resolves.toBe('second');
});

it('tells all who wait when the other end is gone, and goes on with another', async () => {
  const requests = new Requests<null>();
  const waiting = requests.send(() => undefined);
  requests.fail(new SidetoneError('internal', 'it ended', { hint: 'try again' }));
  await expect(waiting).rejects.toMatchObject({ kind: 'internal', message: 'it ended', hint: 'try again' });
  let id = 0;
  const next = requests.send((given) => (id = given));
  requests.settle({ type: 'answer', id, answer: null });
  await expect(next).resolves.toBeNull();
});
