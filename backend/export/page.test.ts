import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { story } from '../fold/fixtures/logs.ts';
import { DEMO, INTERRUPTED, NO_METRICS, manifestOf } from './fixtures/trace.ts';
import { page, type PageSource } from './page.ts';

const SOURCE: PageSource = {
  entry: {
    id: '20261123-163410-cbc8cc',
    startedMs: Date.parse('2026-11-23T16:34:10.240Z'),
    origin: 'call',
    replayOf: null,
    party: 'harbor-dental',
    peer: '127.0.0.1:4000',
    codec: 'PCMU',
    durationMs: 44_000,
    state: 'complete',
    turns: 5,
    interruptions: 0,
    worstLatencyMs: 630,
    text: '',
    bytes: 1,
    pinned: false,
    notes: 0,
  },
  events: DEMO,
  metrics: NO_METRICS,
  manifest: manifestOf(DEMO),
  notes: { v: 1, pinned: false, notes: [] },
  problems: [],
  durationMs: 44_000,
  peaks: { stepMs: 2.5, caller: Int8Array.of(-3, 4), bot: Int8Array.of(-5, 6) },
  audio: { base64: 'UklGRg==', bytes: 4 },
};

/** What stands within an element of this name and attributes. */
function within(html: string, opening: string): string {
  const from = html.indexOf(`<${opening}>`) + opening.length + 2;
  return html.slice(from, html.indexOf('</', from));
}

describe('page', () => {
  it('asks nothing of any network, and lets no script run but its own', () => {
    const html = page(SOURCE);
    expect(html).not.toMatch(/<(link|img|iframe|object|embed|base|form)\b/i);
    expect(html).not.toMatch(/\s(src|srcset|poster|action|formaction|background)=/i);
    expect(new Set(html.match(/\shref="[^"]*"/g))).toEqual(new Set([' href="#"']));
    expect(within(html, 'style')).not.toMatch(/url\(|@import/i);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const script = html.slice(html.lastIndexOf('<script>') + 8, html.lastIndexOf('</script>'));
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; media-src blob:; base-uri 'none'; form-action 'none'`,
    );
    expect(() => new Script(script)).not.toThrow();
  });

  it('shows hostile words as words', () => {
    const hostile = `</script><script>alert('1')</script><img src=x onerror="alert(2)">`;
    const safe = '&lt;/script&gt;';
    const said = story(
      [0, { type: 'call.started', peer: hostile, codec: hostile, ptime_ms: 20, party: hostile }],
      [10, { type: 'speech.started', turn: 1, from: 0 }],
      [20, { type: 'speech.ended', turn: 1, to: 100 }],
      [20, { type: 'stt.started', turn: 1, request: 1, audio_ms: 10, from: 0, to: 80, speculative: false }],
      [30, { type: 'stt.final', turn: 1, request: 1, text: hostile, took_ms: 1 }],
      [31, { type: 'llm.started', turn: 1, generation: 1, speculative: false }],
      [32, { type: 'llm.token', generation: 1, text: hostile }],
      [33, { type: 'tool.called', generation: 1, name: hostile, arguments: hostile }],
      [40, { type: 'bot.speaking', turn: 1, generation: 1, at_sample: 320 }],
      [50, { type: 'bot.said', generation: 1, heard: hostile, unheard: hostile, interrupted: true }],
      [60, { type: 'call.warning', code: 'x', message: hostile }],
      [70, { type: 'call.ended', reason: hostile, duration_ms: 70 }],
    );
    const manifest = manifestOf(DEMO);
    const html = page({
      ...SOURCE,
      events: said,
      entry: { ...SOURCE.entry, id: hostile, party: hostile, peer: hostile, codec: hostile },
      manifest: {
        ...manifest,
        sidetone: hostile,
        bot: manifest.bot && { ...manifest.bot, language: hostile },
      },
      notes: { v: 1, pinned: false, notes: [{ id: 'n', at: 5, text: hostile }] },
      problems: [hostile],
    });
    expect(html).not.toContain(hostile);
    expect(html).not.toContain('<img');
    // Three scripts: data, audio, ours.
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html.match(/<\/script>/g)).toHaveLength(3);
    expect(html.replaceAll('&#60;', '&lt;').replaceAll('&#62;', '&gt;')).toContain(safe);
  });

  it('strikes what was not heard', () => {
    const cut = INTERRUPTED.find((event) => event.type === 'bot.said' && event.interrupted);
    const html = page({ ...SOURCE, events: INTERRUPTED });
    const struck = within(html, 's title="not heard by the caller"').replaceAll('&#39;', "'");
    expect(struck).not.toBe('');
    expect(cut?.type === 'bot.said' ? cut.unheard : '').toBe(struck);
  });

  it('carries what is drawn and played', () => {
    const html = page(SOURCE);
    const data: unknown = JSON.parse(within(html, 'script type="application/json" id="data"'));
    expect(data).toEqual({
      durationMs: 44_000,
      stepMs: 2.5,
      peaks: {
        caller: Buffer.from(Int8Array.of(-3, 4).buffer).toString('base64'),
        bot: Buffer.from(Int8Array.of(-5, 6).buffer).toString('base64'),
      },
      waits: [],
    });
    expect(within(html, 'script type="text/plain" id="audio"')).toBe('UklGRg==');
    expect(page({ ...SOURCE, audio: null })).not.toContain('id="audio"');
  });

  it('says what is wrong with the trace, and shows one of which nothing is known', () => {
    expect(page({ ...SOURCE, entry: { ...SOURCE.entry, state: 'abrupt' } })).toContain(
      'the record stops there',
    );
    const bare = page({ ...SOURCE, events: [], manifest: null, problems: ['manifest.json is missing'] });
    expect(bare).toContain('manifest.json is missing');
    expect(bare).toContain('Nothing was said');
  });

  it('shows each turn with the wire, the engine and what lies between', () => {
    const latency = DEMO.find((event) => event.type === 'latency');
    if (latency?.type !== 'latency') throw new Error('the fixture has no answers');
    const turn = {
      turn: 1,
      generation: latency.generation,
      callerEndedAt: 6410,
      botBeganAt: 7050,
      wireMs: 641.4,
      wireCallerClockMs: null,
      stages: latency.stages,
      engineMs: 600,
      residualMs: 41.4,
      cause: 'stalled',
      overlapped: [],
    } as const;
    const html = page({ ...SOURCE, metrics: { ...NO_METRICS, turns: [turn] } });
    for (const shown of ['641 ms', '600 ms', '<b>41 ms</b>', 'machine stalled', '"from":6410,"to":7050'])
      expect(html).toContain(shown);
  });
});
