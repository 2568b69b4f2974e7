import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { encodeWav, readWav } from '../../backend/audio/wav.ts';
import type { Certificate } from './certificates.ts';
import { freePort, rtpPorts } from './loopback.ts';
import { Program } from './program.ts';
import { arrived } from './tones.ts';
import { until } from './until.ts';

export interface BaresipOptions {
  readonly user: string;
  readonly domain: string;
  readonly password?: string;
  /** Its registrar and outbound proxy, `sip:127.0.0.1:5060;transport=udp`; null: it is called, and calls, directly. */
  readonly via: string | null;
  /** What it says, again and again, 8 kHz. */
  readonly says: Int16Array;
  readonly answers?: 'auto' | 'manual';
  readonly codecs?: readonly ('PCMA' | 'PCMU')[];
  readonly dtmf?: 'rtpevent' | 'info';
  /** SDES; its calls are refused where the other side has none. */
  readonly srtp?: boolean;
  /** Its packets come from 127.0.0.1 whatever its own address is: with another one it is behind a NAT. */
  readonly host?: string;
  /** Its own certificate and the CA it believes, for TLS. */
  readonly tls?: { readonly certificate: Certificate; readonly ca: string };
}

/** What it tells of: `type` is CALL_ESTABLISHED, CALL_CLOSED, CALL_DTMF_START... */
export interface BaresipEvent {
  readonly type: string;
  readonly param: string;
  readonly peer: string;
}

const SAID_S = 60;

/** baresip with one account, steered over its control connection; records what it hears. */
export class Baresip implements AsyncDisposable {
  readonly user: string;
  readonly aor: string;
  /** Reaches it without a registrar. */
  readonly direct: string;
  readonly events: BaresipEvent[] = [];
  readonly #dir: string;
  readonly #program: Program;
  readonly #control: net.Socket;
  readonly #replies: { ok: boolean; data: string }[] = [];

  private constructor(
    options: BaresipOptions,
    place: { dir: string; address: string; program: Program; control: net.Socket },
  ) {
    this.user = options.user;
    this.aor = `sip:${options.user}@${options.domain}`;
    this.direct = `sip:${options.user}@${place.address}`;
    this.#dir = place.dir;
    this.#program = place.program;
    this.#control = place.control;
    this.#read();
  }

  /** Resolves when it is registered, where it is to be. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const { host = '127.0.0.1' } = options;
    // TLS is always one above the port for UDP and TCP.
    const sip = await freePort(host, 3);
    const control = sip + 2;
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-baresip-'));
    await mkdir(path.join(dir, 'heard'));
    await writeFile(path.join(dir, 'says.wav'), encodeWav(repeated(options.says), 8000));
    await writeFile(path.join(dir, 'config'), configuration(options, { dir, host, sip, control }));
    await writeFile(path.join(dir, 'accounts'), account(options));
    const program = new Program('baresip', ['-f', dir], { cwd: dir });
    try {
      const socket = await program.until('its control connection', () => connect(control, host));
      const phone = new Baresip(options, { dir, address: `${host}:${sip}`, program, control: socket });
      // Told of before anybody is connected to the control port, so it is read from its log.
      if (options.via !== null)
        await program.until('registration', () => / 200 OK .*binding/.test(program.output));
      return phone;
    } catch (error) {
      await program[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  get log(): string {
    return this.#program.output;
  }

  /** Runs one of its commands: `dial sip:bob@example.com`, `accept`, `hangup`, `hold`, `resume`, `sndcode 5`, `transfer URI`. */
  async command(line: string): Promise<string> {
    const [command = '', ...rest] = line.split(' ');
    const asked = this.#replies.length;
    const json = JSON.stringify({ command, params: rest.join(' ') });
    this.#control.write(`${Buffer.byteLength(json)}:${json},`);
    const reply = await this.#program.until(`an answer to ${line}`, () => this.#replies[asked]);
    return reply.data;
  }

  /** The `count`th event of the type, come already or still to come. */
  event(type: string, count = 1): Promise<BaresipEvent> {
    return until(
      `${type} at ${this.user}`,
      () => this.events.filter((event) => event.type === type)[count - 1],
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; there was ${JSON.stringify(this.events)}\n${this.log.slice(-3000)}`);
    });
  }

  /** What it has heard so far in all calls, one after the other, 8 kHz. */
  heard(): Promise<Int16Array> {
    return this.#recorded('dec');
  }

  /**
   * Resolves when what was said has arrived here: half a second of `heard` from sample `from` on correlates with it by
   * more than 0.95.
   */
  async hears(said: Int16Array, from = 0): Promise<void> {
    let looked = from;
    await this.#program.until('what it is to hear', async () => {
      // Looking costs time that the speaker in this process needs: once each second of new audio.
      const heard = await this.heard();
      if (heard.length < looked + 8000) return false;
      looked = heard.length;
      return arrived(said, heard.subarray(from)) > 0.95;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control.destroy();
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #recorded(direction: 'enc' | 'dec'): Promise<Int16Array> {
    const dir = path.join(this.#dir, 'heard');
    const files = (await readdir(dir)).filter((name) => name.endsWith(`-${direction}.wav`)).toSorted();
    const parts = await Promise.all(files.map((name) => readFile(path.join(dir, name))));
    return joined(parts.filter((bytes) => bytes.length > 44).map((bytes) => readWav(bytes).pcm));
  }

  /** Netstrings of JSON: `12:{...},`. */
  #read(): void {
    let pending = Buffer.alloc(0);
    this.#control.on('data', (part) => {
      pending = Buffer.concat([pending, part]);
      for (;;) {
        const colon = pending.indexOf(':');
        const length = Number(pending.subarray(0, Math.max(0, colon)).toString());
        if (colon < 0 || pending.length < colon + length + 2) return;
        this.#take(JSON.parse(pending.subarray(colon + 1, colon + 1 + length).toString()));
        pending = pending.subarray(colon + length + 2);
      }
    });
    this.#control.on('error', () => undefined);
  }

  #take(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    const text = (key: string): string => String(Reflect.get(message, key) ?? '');
    if (Reflect.has(message, 'response'))
      this.#replies.push({ ok: text('ok') === 'true', data: text('data') });
    else this.events.push({ type: text('type'), param: text('param'), peer: text('peeruri') });
  }
}

async function connect(port: number, host: string): Promise<net.Socket | null> {
  const socket = net.connect(port, host);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return null;
  }
}

function repeated(pcm: Int16Array): Int16Array {
  return joined(Array.from({ length: Math.ceil((SAID_S * 8000) / pcm.length) }, () => pcm));
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function account(options: BaresipOptions): string {
  const { user, domain, via, password = '', answers = 'auto', dtmf = 'rtpevent' } = options;
  const transport = /transport=(\w+)/.exec(via ?? '')?.[1] ?? 'udp';
  const settings = [
    `auth_user=${user}`,
    `auth_pass=${password}`,
    `answermode=${answers}`,
    `regint=${via === null ? 0 : 600}`,
    `audio_codecs=${(options.codecs ?? ['PCMA', 'PCMU']).map((codec) => `${codec}/8000/1`).join(',')}`,
    `dtmfmode=${dtmf}`,
    ...(via === null ? [] : [`outbound="${via}"`]),
    ...(options.srtp === true ? ['mediaenc=srtp-mand'] : []),
  ];
  return `<sip:${user}@${domain};transport=${transport}>;${settings.join(';')}\n`;
}

function configuration(
  options: BaresipOptions,
  place: { dir: string; host: string; sip: number; control: number },
): string {
  const { dir, host, sip, control } = place;
  const { from, to } = rtpPorts();
  return `
poll_method epoll
sip_listen ${host}:${sip}
${options.tls ? `sip_certificate ${options.tls.certificate.both}\nsip_cafile ${options.tls.ca}` : ''}
audio_player aubridge,player
audio_source aufile,${path.join(dir, 'says.wav')}
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_ports ${from}-${to}
net_interface ${host}
call_local_timeout 120
call_max_calls 20
snd_path ${path.join(dir, 'heard')}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
${options.srtp === true ? 'module srtp.so' : ''}
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
module_app debug_cmd.so
ctrl_tcp_listen ${host}:${control}
`;
}
