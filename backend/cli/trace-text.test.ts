import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TraceEntry, TraceMetrics } from '../contract/traces.ts';
import { packTrace } from '../trace/archive.ts';
import { withTrace } from './trace-target.ts';
import { listLines, showLines } from './trace-text.ts';

const entry: TraceEntry = {
  id: '20261123-163410-cbc8cc',
  startedMs: Date.UTC(2026, 10, 23, 16, 34, 10),
  origin: 'call',
  replayOf: null,
  party: 'harbor-dental',
  peer: '127.0.0.1:34805',
  codec: 'PCMU',
  durationMs: 43_964,
  state: 'abrupt',
  turns: 1,
  interruptions: 0,
  worstLatencyMs: 629.97,
  text: '',
  bytes: 3_700_000,
  pinned: true,
  notes: 0,
};

const metrics: TraceMetrics = {
  version: 1,
  turns: [
    {
      turn: 1,
      generation: 2,
      callerEndedAt: 6415,
      botBeganAt: 7091,
      wireMs: 676,
      wireCallerClockMs: 676,
      stages: {
        endpointing: 305,
        stt: 85,
        llm_first_token: 51,
        llm_first_clause: 9,
        tts_first_audio: 177,
        packet: 3,
      },
      engineMs: 630,
      residualMs: 46,
      cause: 'stalled',
      overlapped: [{ stage: 'stt', from: 6484, to: 6803 }],
    },
  ],
  wire: { count: 1, min: 676, p50: 676, p95: 676, p99: 676, max: 676, ci95: null },
  engine: null,
  residual: { count: 12, min: -4, p50: 2, p95: 46, p99: 46, max: 46, ci95: [-1, 5] },
  bargeIns: [
    { at: 9000, stoppedAfterMs: 140, false: false, generation: 2 },
    { at: 65_000, stoppedAfterMs: 90, false: true, generation: 3 },
  ],
  callerInterrupted: [12_345],
  silences: [{ from: 20_000, to: 22_500 }],
  callerSpeechMs: 10_660,
  botSpeechMs: 23_510,
  overlapMs: 140,
  wordsGenerated: 75,
  wordsHeard: 70,
  wordsStruck: 5,
  network: {
    received: 2196,
    lost: 1,
    late: 2,
    duplicated: 0,
    reordered: 3,
    concealedMs: 60,
    jitterMs: 0.05,
    roundTripMs: 0.64,
    skewPpm: -12.4,
    mos: 4.335,
  },
};

describe('a trace in a terminal', () => {
  it('is one line in a list', () => {
    expect(listLines([entry])).toEqual([
      '* 20261123-163410-cbc8cc        2026-11-23 16:34:10  harbor-dental          0:44.0    1 turns    worst 630 ms  abrupt',
    ]);
  });

  it('shows its turns as waterfalls and all else that was measured', () => {
    expect(showLines(entry, metrics, ['caller.wav is missing'])).toEqual([
      '20261123-163410-cbc8cc  harbor-dental  127.0.0.1:34805  PCMU',
      '2026-11-23 16:34:10  0:44.0  3.7 MB  abrupt',
      '! caller.wav is missing',
      '',
      'turn 1     0:06.4   wire 676 ms   engine 630 ms   residual +46 ms',
      '         ! the machine stood still just then',
      '         end of turn      305 ms  ███████████████████',
      '         speech to text    85 ms                     ██████',
      '         first token       51 ms                           ███',
      '         first clause       9 ms                              █',
      '         first audio      177 ms                               ███████████',
      '         to the wire        3 ms',
      '         ahead: stt 0:06.5 to 0:06.8, 319 ms',
      '',
      'voice to voice median 676 ms of 1, 676 ms to 676 ms',
      'residual       median 2 ms (95 %: -1 ms to 5 ms), p95 46 ms, p99 46 ms of 12, -4 ms to 46 ms',
      'talk           caller 10.7 s, bot 23.5 s, both 0.1 s, caller 31 %',
      'barge-in       0:09.0: the bot stopped after 140 ms',
      'barge-in       1:05.0: the bot paused, then went on',
      'interrupted    0:12.3: the bot began while the caller spoke',
      'silence        0:20.0 to 0:22.5: 2.5 s',
      'words          75 written, 70 heard, 5 struck',
      'network        2196 packets, 1 lost, 2 late, 3 reordered, 0 twice, 60 ms concealed',
      '               jitter 0.1 ms, round trip 0.6 ms, clock skew -12 ppm, MOS 4.33',
    ]);
  });
});

describe('withTrace', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-target-'));
    await mkdir(path.join(folder, 'one'));
    await writeFile(path.join(folder, 'one', 'manifest.json'), '{"v":2}');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const manifest = (dir: string): Promise<string> => readFile(path.join(dir, 'manifest.json'), 'utf8');

  it('takes a folder, an id among the traces, or a file that is unpacked for as long as it is used', async () => {
    const archive = path.join(folder, 'two.sidetone');
    await packTrace(path.join(folder, 'one'), archive);
    for (const target of [path.join(folder, 'one'), 'one', archive])
      expect(await withTrace(target, folder, manifest)).toBe('{"v":2}');
    let unpacked = '';
    await withTrace(archive, folder, (dir) => {
      unpacked = dir;
      return Promise.resolve();
    });
    expect(path.basename(unpacked)).toBe('two');
    await expect(stat(unpacked)).rejects.toThrow('ENOENT');
  });

  it('says what to give when there is no such trace', async () => {
    for (const target of ['three', '../one', ''])
      await expect(withTrace(target, path.join(folder, 'one'), manifest)).rejects.toMatchObject({
        kind: 'usage',
      });
  });
});
