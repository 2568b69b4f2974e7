import { expect, it } from 'vitest';
import { log } from '../fold/fixtures/logs.ts';
import { JsonLog } from './json-log.ts';

const NOW = new Date('2026-11-23T12:00:00.000Z');

function lines(write: (log: JsonLog) => void): Record<string, unknown>[] {
  let text = '';
  write(new JsonLog({ write: (part) => (text += part) }, () => NOW));
  return text
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

it('tells how a call went without a word of what was said', () => {
  const events = log('demo', 'harbor-dental');
  const written = lines((to) => {
    for (const event of events) to.event(event);
  });
  const { call } = events[0] ?? { call: '' };
  const stamp = { at: '2026-11-23T12:00:00.000Z', level: 'info', service: 'voice-bot', call };
  expect(written[0]).toMatchObject({ ...stamp, event: 'call.started', codec: 'PCMU' });
  expect(written.at(-1)).toMatchObject({ ...stamp, event: 'call.ended' });
  const turns = written.filter(({ event }) => event === 'latency');
  expect(turns).toHaveLength(events.filter(({ type }) => type === 'latency').length);
  const said = events.flatMap((event) =>
    event.type === 'stt.final' ? event.text : event.type === 'bot.said' ? event.heard : [],
  );
  expect(said.length).toBeGreaterThan(4);
  for (const text of said) expect(JSON.stringify(written)).not.toContain(text);
});

it('has the line that says it is ready as everybody looks for it', () => {
  const [line] = lines((to) => to.note('✅ SYSTEM READY. Listening RTP on 0.0.0.0:10000'));
  expect(line).toMatchObject({ event: 'note', message: '✅ SYSTEM READY. Listening RTP on 0.0.0.0:10000' });
});
