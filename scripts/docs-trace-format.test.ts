import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVENT_VERSION } from '../backend/contract/events.ts';
import { SIGNAL_TRACKS } from '../backend/contract/signals.ts';
import { TRACE_FILES, TRACE_VERSION, traceManifest } from '../backend/contract/trace.ts';

const root = path.resolve(import.meta.dirname, '..');
const text = readFileSync(path.join(root, 'docs/trace-format.md'), 'utf8');
const source = readFileSync(path.join(root, 'backend/contract/events.ts'), 'utf8');
const events = [...source.matchAll(/type: z\.literal\('([\w.]+)'\)/g)].map(([, type = '']) => type);

describe('docs/trace-format.md', () => {
  it('is about the versions that are written', () => {
    expect(text).toContain(`\`v\` is ${TRACE_VERSION}.`);
    expect(text).toContain(`\`v\` (${EVENT_VERSION})`);
  });

  it('has every event, file, track and key of the manifest', () => {
    expect(events.length).toBeGreaterThan(40);
    const named = [
      ...events,
      ...Object.values(TRACE_FILES),
      ...Object.keys(SIGNAL_TRACKS),
      ...Object.keys(traceManifest.shape),
    ];
    expect(named.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
