import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ownAddress, ownTraffic } from './loopback.ts';
import { Program } from './program.ts';
import { has, output } from './tools.ts';
import { until } from './until.ts';

/** Whether packets can be captured here; says so where they cannot, for the tests that look at them are then skipped. */
export function canCapture(): boolean {
  if (!has('dumpcap') || !has('tshark')) return false;
  if (process.getuid?.() === 0) return true;
  process.stderr.write('no rights to capture packets: the tests that look at them are skipped\n');
  return false;
}

/**
 * tshark's verdicts on a packet: it cannot be read, or it breaks the rules of its protocol. Reports are left out: it takes
 * the encrypted ones of SRTP for plain ones. So is ICMP, by which the machine says that a peer has gone.
 */
const WRONG = '(_ws.malformed || _ws.expert.severity == "Error") && !rtcp && !icmp';

const FILE = 'all.pcapng';

/** All that the peers of this process (loopback.ts) exchange with anybody, from start to stop. */
export class Capture implements AsyncDisposable {
  readonly #dir: string;
  readonly #program: Program;
  #over: Promise<void> | null = null;

  private constructor(dir: string, program: Program) {
    this.#dir = dir;
    this.#program = program;
  }

  /** null where nothing can be captured. */
  static async start(): Promise<Capture | null> {
    if (!canCapture()) return null;
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-capture-'));
    const to = path.join(dir, FILE);
    const program = new Program('dumpcap', ['-i', 'lo', '-q', '-B', '16', '-f', ownTraffic(), '-w', to]);
    const capture = new Capture(dir, program);
    await program.until('capture', () => program.output.includes('File:'));
    return capture;
  }

  /**
   * Ends the capture and returns what tshark finds wrong with it, a line for each packet. `sip`: ports on which SIP is
   * spoken; where RTP goes tshark learns from the SDP. `from`: only what these addresses sent is looked at. Also how
   * many packets it could read as SIP and as RTP.
   */
  async verdict(
    sip: readonly number[],
    from: readonly string[] = [],
  ): Promise<{ wrong: string; sip: number; rtp: number }> {
    await (this.#over ??= this.#end());
    const decoding = sip.flatMap((port) => ['-d', `udp.port==${port},sip`, '-d', `tcp.port==${port},sip`]);
    const sent = from.length === 0 ? '' : ` && (${from.map((host) => `ip.src == ${host}`).join(' || ')})`;
    const read = (filter: string): Promise<string> =>
      output('tshark', ['-r', this.#file, ...decoding, '-Y', `${filter}${sent}`]);
    const count = async (filter: string): Promise<number> => (await read(filter)).split('\n').length - 1;
    return { wrong: await read(WRONG), sip: await count('sip'), rtp: await count('rtp') };
  }

  get #file(): string {
    return path.join(this.#dir, FILE);
  }

  /** dumpcap gives up what the kernel has not handed to it yet, so the last packet has to be one that is known. */
  async #end(): Promise<void> {
    const host = ownAddress();
    const socket = dgram.createSocket('udp4').bind(0, host);
    await once(socket, 'listening');
    const last = `the last packet, to ${host}`;
    socket.send(last, socket.address().port, host);
    await until('the capture to have all', async () => (await readFile(this.#file)).includes(last));
    socket.close();
    await this.#program.interrupt();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
