import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { story } from '../fold/fixtures/logs.ts';
import { DEMO, NO_METRICS, manifestOf } from './fixtures/trace.ts';
import { vcon, type VconSource } from './vcon.ts';

const schema: unknown = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'fixtures/vcon-core-04.schema.json'), 'utf8'),
);
const validate = new Ajv({ allErrors: true }).compile(z.record(z.string(), z.unknown()).parse(schema));

const SOURCE: VconSource = {
  call: '20261123-163410-cbc8cc',
  events: DEMO,
  metrics: NO_METRICS,
  manifest: manifestOf(DEMO),
  notes: { v: 1, pinned: false, notes: [{ id: 'n', at: 5, text: 'odd' }] },
  party: 'joe',
  peer: '10.0.0.7:4000',
  startedMs: Date.parse('2026-11-23T16:34:10.240Z'),
  durationMs: 43_964,
  nowMs: Date.parse('2026-11-24T08:00:00Z'),
  transcript: 'WEBVTT\n',
  audio: 'UklGRg',
};

const shape = z.object({
  uuid: z.string(),
  parties: z.array(z.record(z.string(), z.unknown())),
  dialog: z.tuple([z.record(z.string(), z.unknown())]),
  attachments: z.array(z.object({ filename: z.string() })),
});

function made(change: Partial<VconSource> = {}): z.infer<typeof shape> {
  const value: unknown = JSON.parse(vcon({ ...SOURCE, ...change }));
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return shape.parse(value);
}

describe('vcon', () => {
  it('is of the shape of draft-ietf-vcon-vcon-core-04, whatever the trace has', () => {
    made();
    made({ manifest: null, audio: null, events: [], notes: { v: 1, pinned: false, notes: [] } });
    made({ peer: '', party: 'person', durationMs: 0 });
  });

  it('says who is on which channel', () => {
    const { dialog, parties } = made();
    expect(dialog[0]).toMatchObject({
      type: 'recording',
      start: '2026-11-23T16:34:10.240Z',
      duration: 43.964,
      parties: [0, 1],
      mediatype: 'audio/x-wav',
      encoding: 'base64url',
      body: 'UklGRg',
    });
    expect(parties).toMatchObject([
      { name: 'caller at 10.0.0.7:4000' },
      { name: 'harbor-dental', type: 'bot' },
      { name: 'Sidetone', type: 'organization' },
    ]);
    expect(made({ peer: 'sip:alice@example.com' }).parties[0]).toMatchObject({ sip: 'alice@example.com' });
    expect(made({ party: 'script' }).dialog[0]['originator']).toBe(1);
  });

  it('tells what was pressed, by whom and when', () => {
    const events = story(
      [1000, { type: 'dtmf.received', digit: '5', duration_ms: 120 }],
      [2000, { type: 'dtmf.sent', digit: '#', duration_ms: 100 }],
    );
    const history = z
      .array(z.record(z.string(), z.unknown()))
      .parse(made({ events }).dialog[0]['party_history']);
    expect(history.filter(({ button }) => button !== undefined)).toEqual([
      { party: 0, time: '2026-11-23T16:34:11.120Z', event: 'keydown', button: '5' },
      { party: 0, time: '2026-11-23T16:34:11.240Z', event: 'keyup', button: '5' },
      { party: 1, time: '2026-11-23T16:34:12.140Z', event: 'keydown', button: '#' },
      { party: 1, time: '2026-11-23T16:34:12.240Z', event: 'keyup', button: '#' },
    ]);
  });

  it('has an id that tells the time and stays the same', () => {
    const { uuid } = made();
    expect(Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)).toBe(SOURCE.startedMs);
    expect(made({ nowMs: 0 }).uuid).toBe(uuid);
    expect(made({ call: 'another' }).uuid).not.toBe(uuid);
  });

  it('is made of a trace that claims impossible times', () => {
    for (const startedMs of [8.64e15, -8.64e15]) made({ startedMs, durationMs: 1e300 });
  });
});
