import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ownTraffic } from './loopback.ts';
import { Program } from './program.ts';
import { has, output } from './tools.ts';

/** Whether packets can be captured here; says so where they cannot, for the tests that look at them are then skipped. */
export function canCapture(): boolean {
  if (!has('dumpcap') || !has('tshark')) return false;
  if (process.getuid?.() === 0) return true;
  process.stderr.write('no rights to capture packets: the tests that look at them are skipped\n');
  return false;
}

/**
 * tshark's verdicts on a packet: it cannot be read, or it breaks the rules of its protocol. Reports are left out: it takes
 * the encrypted ones of SRTP for plain ones.
 */
const WRONG = '(_ws.malformed || _ws.expert.severity == "Error") && !rtcp';

/** All that the peers of this process (loopback.ts) exchange with anybody, from start to stop. */
export class Capture implements AsyncDisposable {
  readonly #dir: string;
  readonly #program: Program;

  private constructor(dir: string, program: Program) {
    this.#dir = dir;
    this.#program = program;
  }

  static async start(): Promise<Capture> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-capture-'));
    const to = path.join(dir, 'all.pcapng');
    const program = new Program('dumpcap', ['-i', 'lo', '-q', '-B', '16', '-f', ownTraffic(), '-w', to]);
    const capture = new Capture(dir, program);
    await program.until('capture', () => program.output.includes('File:'));
    return capture;
  }

  /**
   * Ends the capture and returns what tshark finds wrong with it, a line for each packet. `sip`: ports on which SIP is
   * spoken; where RTP goes tshark learns from the SDP. Also how many packets it could read as SIP and as RTP.
   */
  async verdict(sip: readonly number[]): Promise<{ wrong: string; sip: number; rtp: number }> {
    await this.#program.interrupt();
    const decoding = sip.flatMap((port) => ['-d', `udp.port==${port},sip`, '-d', `tcp.port==${port},sip`]);
    const read = (filter: string): Promise<string> =>
      output('tshark', ['-r', path.join(this.#dir, 'all.pcapng'), ...decoding, '-Y', filter]);
    const count = async (filter: string): Promise<number> => (await read(filter)).split('\n').length - 1;
    return { wrong: await read(WRONG), sip: await count('sip'), rtp: await count('rtp') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
