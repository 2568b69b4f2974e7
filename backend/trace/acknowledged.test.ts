import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TRACE_FILES } from '../contract/trace.ts';
import { PCAP_RECORD_OVERHEAD, PcapFlow } from '../rtp/pcap.ts';
import { buildRtcp, type ReportBlock } from '../rtp/rtcp.ts';
import { acknowledgedPackets } from './acknowledged.ts';
import { writeCall } from './fixtures/written.ts';
import { openTrace } from './read.ts';

/** As fixtures/written.ts has them: a second of audio is 50 packets of the bot, numbered from 0. */
const SECOND = new Int16Array(8000);
const BOT_SSRC = 222;
const [CALLER, BOT] = ['10.0.0.1', '10.0.0.2'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-acknowledged-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function block(highestSequence: number, lost: number): ReportBlock {
  return {
    ssrc: BOT_SSRC,
    fractionLost: 0,
    lost,
    highestSequence,
    jitter: 0,
    lastSr: 0,
    delaySinceLastSr: 0,
  };
}

/** What a call's trace says after the far end has sent these reports from a port of its own. */
async function afterReports(port: number, ...reports: readonly (readonly ReportBlock[])[]) {
  const dir = await writeCall(folder, { caller: SECOND, bot: SECOND });
  const flow = new PcapFlow({ address: CALLER, port }, { address: BOT, port: 10_001 });
  for (const blocks of reports) {
    const datagram = buildRtcp({
      ssrc: 111,
      cname: 'a',
      epochMs: Date.now(),
      sender: null,
      blocks,
      bye: null,
    });
    const record = Buffer.alloc(datagram.length + PCAP_RECORD_OVERHEAD);
    const bytes = flow.write(record, 0, Date.now() * 1000, datagram);
    await appendFile(path.join(dir, TRACE_FILES.wire), record.subarray(0, bytes));
  }
  return acknowledgedPackets(await openTrace(dir));
}

it('is what the last report has seen of our packets, less what it misses', async () => {
  expect(await afterReports(4001, [block(19, 0)], [block(39, 4)])).toBe(36);
});

it('is none where the far end reports and has got nothing of ours', async () => {
  expect(await afterReports(4000, [])).toBe(0);
});

it('is not known where it sends no reports, or somebody else does', async () => {
  expect(await afterReports(4001)).toBeNull();
  expect(await afterReports(5000, [block(39, 0)])).toBeNull();
});
