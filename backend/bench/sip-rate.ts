import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Scope } from '../base/scope.ts';
import { type Account, type SipThreadMessage, accountSettings } from '../contract/sip.ts';
import type { SipRequest } from '../sip/worker.ts';
import type { BenchContext } from './context.ts';
import { single, spread } from './percentiles.ts';
import { sleep } from './sleep.ts';

const RATES = [20, 50, 100];
const GOAL_CORE_PERCENT = 50;
const TALK_MS = 300;
/** For the last calls to end. */
const SETTLE_MS = 1500;
const PARSE_ROUNDS = 400;
/** Nobody sends audio: the port is only named. */
const MEDIA = { port: 40_000 };
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 8 0 101\r\n' +
  'a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n';

/** What the SIP thread costs: calls in at a steady rate, INVITE to BYE, answered at once; and a message's parsing. */
export async function sipRateBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const common = { bench: 'sip-rate', control: null } as const;
  for (const rate of RATES) {
    const round = scope.child();
    const rig = await CallCentre.start(round);
    say(`${rate} calls a second`);
    // Compiled code is what a thread that has been up for a while runs.
    await rig.run(rate, 2);
    const { setUps, ended, placed, corePercent } = await rig.run(rate, quick ? 5 : 20);
    await round.close();
    figure({
      ...common,
      name: `${rate} calls/s: CPU of the SIP thread`,
      unit: '% of a core',
      measured: single(corePercent, placed),
      goal: rate === 100 ? { p50: GOAL_CORE_PERCENT } : null,
      note: `${placed} calls, ${setUps.length} answered, ${ended} BYEs answered`,
    });
    figure({
      ...common,
      name: `${rate} calls/s: set-up`,
      unit: 'ms',
      measured: spread(setUps),
      goal: null,
      note: 'from INVITE to 200, answered by the host as soon as it is told of the call',
    });
  }
  say('parsing');
  const { stock, ours } = await parsing(scope, quick ? PARSE_ROUNDS / 4 : PARSE_ROUNDS);
  figure({
    ...common,
    name: 'parsing a message',
    unit: 'ms',
    measured: spread(ours),
    goal: null,
    control: { what: "sip.js's parser as it comes", ...spread(stock) },
    note: 'mean of INVITE, ACK, BYE and their 200s',
  });
}

interface Outcome {
  readonly placed: number;
  /** Ms of those that were answered. */
  readonly setUps: readonly number[];
  readonly ended: number;
  readonly corePercent: number;
}

/** Raw datagrams to one account's SIP thread, whose proxy they come from; this thread is the host besides. */
class CallCentre {
  readonly #scope: Scope;
  readonly #thread: Worker;
  readonly #socket: Socket;
  #port = 0;
  #jobs = 0;
  #count = 0;
  /** When the INVITE of a call left, by Call-ID. */
  readonly #began = new Map<string, number>();
  #setUps: number[] = [];
  #ended = 0;

  private constructor(thread: Worker, socket: Socket, scope: Scope) {
    this.#thread = thread;
    this.#socket = socket;
    this.#scope = scope;
    socket.on('message', (bytes) => this.#take(bytes.toString('latin1')));
    thread.on('message', (message: SipThreadMessage) => {
      if (message.type === 'line' && message.line.state === 'incoming')
        this.#ask({ job: 'answer', asked: { call: message.line.call, media: MEDIA } });
    });
  }

  static async start(scope: Scope): Promise<CallCentre> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    scope.defer(() => new Promise<void>((resolve) => void socket.close(() => resolve())));
    await once(socket, 'listening');
    const thread = new Worker(new URL('../sip/worker.ts', import.meta.url), {
      workerData: { version: 'bench' },
    });
    scope.defer(async () => void (await thread.terminate()));
    const centre = new CallCentre(thread, socket, scope);
    const ready = new Promise<number>((resolve) =>
      thread.on('message', (message: SipThreadMessage) => {
        if (message.type === 'account' && message.view.state === 'ready')
          resolve(Number(message.view.contact?.split(':').at(-1)));
      }),
    );
    const accounts = [accountBehind(`127.0.0.1:${socket.address().port}`)];
    centre.#ask({ job: 'accounts', asked: { accounts } });
    centre.#port = await ready;
    return centre;
  }

  async run(rate: number, seconds: number): Promise<Outcome> {
    this.#setUps = [];
    this.#ended = 0;
    const placed = rate * seconds;
    const before = await this.#thread.cpuUsage();
    const beganAt = performance.now();
    for (let index = 0; index < placed; index += 1) {
      const wait = beganAt + (index * 1000) / rate - performance.now();
      if (wait > 0) await sleep(this.#scope, wait);
      this.#invite();
    }
    const lastedMs = performance.now() - beganAt;
    const { user, system } = await this.#thread.cpuUsage(before);
    await sleep(this.#scope, TALK_MS + SETTLE_MS);
    const corePercent = (user + system) / 10 / lastedMs;
    return { placed, setUps: this.#setUps, ended: this.#ended, corePercent };
  }

  #ask(asked: Omit<SipRequest, 'id'>): void {
    this.#jobs += 1;
    this.#thread.postMessage({ ...asked, id: this.#jobs });
  }

  #invite(): void {
    this.#count += 1;
    const callId = `rate-${this.#count}`;
    this.#began.set(callId, performance.now());
    this.#request('INVITE', callId, 1, '<sip:alice@example.com>', SDP);
  }

  #take(text: string): void {
    const [, callId = ''] = /^Call-ID: (\S+)/im.exec(text) ?? [];
    const [, to = ''] = /^To: ([^\r]+)/im.exec(text) ?? [];
    if (!text.startsWith('SIP/2.0 200')) return;
    if (/^CSeq: 2 BYE/im.test(text)) this.#ended += 1;
    const beganAt = this.#began.get(callId);
    if (!/^CSeq: 1 INVITE/im.test(text) || beganAt === undefined) return;
    this.#began.delete(callId);
    this.#setUps.push(performance.now() - beganAt);
    this.#request('ACK', callId, 1, to);
    this.#scope.after(TALK_MS, () => this.#request('BYE', callId, 2, to));
  }

  #request(method: string, callId: string, cseq: number, to: string, body = ''): void {
    const near = `127.0.0.1:${this.#socket.address().port}`;
    this.#socket.send(request({ method, callId, cseq, to, body, near }), this.#port, '127.0.0.1');
  }
}

interface RequestParts {
  readonly method: string;
  readonly callId: string;
  readonly cseq: number;
  readonly to: string;
  readonly body: string;
  /** HOST:PORT of who sends it. */
  readonly near: string;
}

function request({ method, callId, cseq, to, body, near }: RequestParts): string {
  return [
    `${method} sip:alice@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${near};branch=z9hG4bK${callId}${method};rport`,
    'Max-Forwards: 70',
    'From: "Bob" <sip:bob@example.com>;tag=bob',
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:bob@${near}>`,
    'User-Agent: bench',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

function accountBehind(proxy: string): Account {
  const settings = { aor: 'sip:alice@example.com', register: false, transport: 'udp', proxy };
  return {
    name: 'alice',
    settings: accountSettings.parse(settings),
    password: null,
    tls: { verify: true, ca: null, certificate: null, key: null },
  };
}

const number = z.array(z.number());
const parsed = z.object({ stock: number, ours: number });

/** In a thread of its own, where sip.js is as it comes. Ms a message. */
async function parsing(scope: Scope, rounds: number): Promise<z.infer<typeof parsed>> {
  const shared = { callId: 'parsed-1', near: '127.0.0.1:5060' };
  const to = '<sip:alice@example.com>;tag=abcdef';
  const requests = [
    request({ ...shared, method: 'INVITE', cseq: 1, to: '<sip:alice@example.com>', body: SDP }),
    request({ ...shared, method: 'ACK', cseq: 1, to, body: '' }),
    request({ ...shared, method: 'BYE', cseq: 2, to, body: '' }),
  ];
  const answers = requests
    .filter((text) => !text.startsWith('ACK'))
    .map((text) => text.replace(/^.*/, 'SIP/2.0 200 OK'));
  const thread = new Worker(new URL('sip-parse-worker.ts', import.meta.url), {
    workerData: { texts: [...requests, ...answers], rounds },
  });
  const forget = scope.defer(async () => void (await thread.terminate()));
  const result = parsed.parse((await once(thread, 'message'))[0]);
  await thread.terminate();
  forget();
  return result;
}
