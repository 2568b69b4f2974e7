import { expect, it } from 'vitest';
import { callerAddress, callerName } from './caller.ts';

const from = (uri: string, name: string | null = null) => ({ remote: { uri, name } });

it('names a caller by what there is', () => {
  expect(callerName(from('sip:bob@example.com', 'Bob'))).toBe('Bob');
  expect(callerName(from('sip:bob@example.com', ' '))).toBe('bob');
  expect(callerName(from('sip:10.0.0.1:5060'))).toBe('10.0.0.1:5060');
  expect(callerAddress(from('sip:bob@example.com'))).toBe('sip:bob@example.com');
});

it('shows what a stranger has sent as plain text', () => {
  expect(callerName(from('sip:b@x', '<a href="http://x">Bank</a>'))).toBe('a href="http://x" Bank /a');
  expect(callerName(from('sip:b@x', '\u202E0123\n\u0007'))).toBe('0123');
  expect(callerName(from('sip:b@x', 'x'.repeat(500)))).toBe(`${'x'.repeat(80)}…`);
});
