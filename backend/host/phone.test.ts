import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { loadBotFolder } from '../bot/folder.ts';
import type { CallEvent } from '../contract/events.ts';
import {
  accountSettings,
  type Account,
  type LineView,
  type NegotiatedMedia,
  type SipJob,
  type SipMessageView,
  type SipWork,
} from '../contract/sip.ts';
import { modelsDirectory } from '../models/directory.ts';
import { InferenceWorker } from '../providers/embedded/inference-worker.ts';
import { Phone, type PhoneWatch } from './phone.ts';
import type { SipLinkEvents, SipNews, SipThread } from './sip-link.ts';
import { WorkerLink } from './worker-link.ts';

/** A log that can be waited for. */
class Log<Entry> {
  readonly entries: Entry[] = [];
  #waiting: (() => void)[] = [];

  push(entry: Entry): void {
    this.entries.push(entry);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async first<Found extends Entry>(is: (entry: Entry) => entry is Found): Promise<Found> {
    for (;;) {
      const found = this.entries.find(is);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

type Asked = { readonly [J in SipJob]: { readonly job: J; readonly asked: SipWork[J]['asked'] } }[SipJob];

/** Stands in for the thread that speaks SIP: says yes to everything, and what the test has it say. */
class ScriptedSip implements SipThread {
  readonly asked = new Log<Asked>();
  /** Answered only once this is. */
  hold: Promise<void> = Promise.resolve();
  refuses: SipJob | null = null;
  readonly #events: SipLinkEvents;

  constructor(events: SipLinkEvents) {
    this.#events = events;
  }

  async ask<Job extends SipJob>(job: Job, asked: SipWork[Job]['asked']): Promise<SipWork[Job]['answer']> {
    // What is asked fits its job.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    this.asked.push({ job, asked } as Asked);
    await this.hold;
    if (job === this.refuses) throw new SidetoneError('refused', `no ${job} today`);
    const call = asked && 'call' in asked ? asked.call : '';
    return job === 'place' ? line(call, { direction: 'out', state: 'calling' }) : null;
  }

  async job<Job extends SipJob>(job: Job): Promise<SipWork[Job]['asked']> {
    const is = (one: Asked): one is Asked & { readonly asked: SipWork[Job]['asked'] } => one.job === job;
    return (await this.asked.first(is)).asked;
  }

  say(news: SipNews): void {
    this.#events.onNews(news);
  }

  crash(): void {
    this.#events.onCrash('out of memory');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function line(call: string, more: Partial<LineView> = {}): LineView {
  return {
    call,
    account: 'alice',
    direction: 'in',
    remote: { uri: 'sip:bob@example.com', name: 'Bob' },
    dialled: 'sip:alice@example.com',
    state: 'incoming',
    heldByUs: false,
    heldByThem: false,
    codec: 'PCMA',
    srtp: false,
    startedAt: 1,
    answeredAt: null,
    endedAt: null,
    end: null,
    transfer: null,
    ...more,
  };
}

const message = (call: string, text: string): SipMessageView => ({
  call,
  account: 'alice',
  direction: 'in',
  transport: 'udp',
  local: '127.0.0.1:5060',
  remote: '127.0.0.1:5070',
  at: 1,
  repeated: false,
  text,
});

const BOT = `greeting: Hello.
turn: { completeness: 'off' }
stt: { provider: scripted }
llm: { provider: scripted }
tts: { provider: scripted }
`;

/** Of all tests: a media worker. */
const threads = new Scope();
let worker: WorkerLink;
/** Of one test. */
let scope: Scope;
let folder: string;
let sip: ScriptedSip;
let phone: Phone;
let farEnd: dgram.Socket;
const events = { log: new Log<CallEvent>() };
const lines = { log: new Log<LineView>() };
const notices: string[] = [];

beforeAll(() => {
  const inference = new InferenceWorker(threads, modelsDirectory(), () => undefined);
  const means = {
    modelsDir: modelsDirectory(),
    recordsDir: null,
    version: 'test',
    inference: inference.connect(),
  };
  worker = new WorkerLink(means, threads, {
    onEvents: (_, told) => {
      for (const event of told) {
        events.log.push(event);
        if (event.type === 'call.ended') phone.callEnded(event.call, event.reason);
      }
    },
    onSignals: () => undefined,
    onAudio: () => undefined,
    onWish: (call, wish) => phone.wish(call, wish),
    onCrash: () => undefined,
  });
});
afterAll(() => threads.close());
beforeEach(async () => {
  scope = new Scope();
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-phone-'));
  await writeFile(path.join(folder, 'bot.yaml'), BOT);
  await writeFile(path.join(folder, 'prompt.md'), 'You are on the telephone.');
  events.log = new Log();
  lines.log = new Log();
  notices.length = 0;
  farEnd = dgram.createSocket('udp4');
  // Somebody who says what is said to them, with a source (SSRC) of their own. 8: PCMA, which is no report.
  farEnd.on('message', (datagram, { port, address }) => {
    if (((datagram[1] ?? 0) & 0x7f) !== 8) return;
    datagram[8] = (datagram[8] ?? 0) ^ 0xff;
    farEnd.send(datagram, port, address);
  });
  farEnd.bind(0, '127.0.0.1');
  await once(farEnd, 'listening');
});
afterEach(async () => {
  await phone.close();
  for (const { type, call } of events.log.entries) {
    if (type === 'call.started')
      await events.log.first((one): one is CallEvent => one.type === 'call.ended' && one.call === call);
  }
  await scope.close();
  farEnd.close();
  await rm(folder, { recursive: true, force: true });
});

const account = (settings: object = {}): Account => ({
  name: 'alice',
  settings: accountSettings.parse({ aor: 'sip:alice@example.com', bot: folder, ...settings }),
  password: null,
  tls: { verify: true, ca: null, certificate: null, key: null },
});

/** A phone with the one media worker. */
async function start(settings: object = {}, watch: PhoneWatch = {}, maxCalls = 10): Promise<void> {
  phone = new Phone({
    scope,
    maxCalls,
    watch: {
      onLine: (view) => lines.log.push(view),
      onSipNotice: (_, text) => notices.push(text),
      ...watch,
    },
    startSip: (linkEvents) => (sip = new ScriptedSip(linkEvents)),
    pickWorker: () => worker,
    callsGoingOn: () => phone.lines.length,
    usualBot: () => null,
    readyBot: async (dir, on) => {
      await (on ?? worker).request({ type: 'bot', folder: await loadBotFolder(dir, {}) });
      return { kind: 'bot', dir };
    },
  });
  await phone.setAccounts([account(settings)]);
}

const media = (): NegotiatedMedia => ({
  remote: { address: '127.0.0.1', port: farEnd.address().port },
  reports: null,
  codec: 'PCMA',
  ptimeMs: 20,
  eventPayload: { out: 101, in: 101 },
  sends: true,
  receives: true,
  srtp: null,
});

const event = <Type extends CallEvent['type']>(type: Type): Promise<Extract<CallEvent, { type: Type }>> =>
  events.log.first((one): one is Extract<CallEvent, { type: Type }> => one.type === type);
const types = (): string[] => events.log.entries.map(({ type }) => type);

/** Whether the port can be bound by somebody else. */
async function isFree(port: number): Promise<boolean> {
  const socket = dgram.createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('error', () => resolve(false));
  socket.bind(port, '127.0.0.1', () => resolve(true));
  return promise.finally(() => socket.close());
}

describe('a call that comes in', () => {
  it('rings, is answered by the bot on a port of its own, and is heard once it is connected', async () => {
    await start();
    sip.say({ type: 'sip', message: message('c1', 'INVITE') });
    sip.say({ type: 'line', line: line('c1') });
    const { media: port } = await sip.job('answer');
    expect(sip.asked.entries.map(({ job }) => job)).toEqual(['accounts', 'ring', 'answer']);
    expect(port.port % 2).toBe(0);
    sip.say({ type: 'media', call: 'c1', media: media() });
    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2 }) });
    expect(await event('call.line')).toMatchObject({
      call: 'c1',
      remote: 'sip:bob@example.com',
      name: 'Bob',
    });
    expect(await event('sip.message')).toMatchObject({ text: 'INVITE' });
    await event('bot.speaking');

    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2, heldByThem: true }) });
    expect(await event('call.held')).toMatchObject({ by: 'them', on: true });
    const remote = { uri: 'sip:carol@example.com', name: null };
    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2, remote }) });
    await events.log.first((one): one is CallEvent => one.type === 'call.line' && one.remote === remote.uri);
    const end = { by: 'them', code: null, reason: 'hung up', missed: false } as const;
    sip.say({ type: 'line', line: line('c1', { state: 'ended', answeredAt: 2, endedAt: 3, end }) });
    expect(await event('call.ended')).toMatchObject({ reason: 'hung up' });
  });

  it('takes orders from the moment its line is connected on, and none before', async () => {
    await start();
    sip.say({ type: 'line', line: line('c1') });
    await sip.job('answer');
    await expect(phone.workerOf('c1')).rejects.toThrow('not connected yet');
    // The worker is told of the call only now, and so has none yet.
    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2 }) });
    const sent = phone
      .workerOf('c1')
      .then((there) =>
        there.request({ type: 'call', call: 'c1', action: { type: 'send_dtmf', digits: '5' } }),
      );
    sip.say({ type: 'media', call: 'c1', media: media() });
    await sent;
    expect(await event('dtmf.sent')).toMatchObject({ call: 'c1', digit: '5' });
  });

  it('takes no orders that waited for a call that is over by then', async () => {
    await start();
    sip.say({ type: 'line', line: line('c1') });
    await sip.job('answer');
    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2 }) });
    const waiting = phone.workerOf('c1');
    const end = { by: 'them', code: null, reason: 'hung up', missed: false } as const;
    sip.say({ type: 'line', line: line('c1', { state: 'ended', answeredAt: 2, endedAt: 3, end }) });
    await expect(waiting).rejects.toThrow('the call is over');
    await expect(phone.workerOf('c1')).rejects.toThrow('the call is over');
  });

  it('is ended by SIP when our side hangs up', async () => {
    await start();
    sip.say({ type: 'line', line: line('c1') });
    await sip.job('answer');
    sip.say({ type: 'media', call: 'c1', media: media() });
    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2 }) });
    await event('call.started');
    await worker.request({ type: 'call', call: 'c1', action: { type: 'hang_up', reason: 'goodbye' } });
    expect(await sip.job('hang_up')).toEqual({ call: 'c1', reason: 'goodbye' });
    await expect(phone.reject('c1', 486, 'Busy Here')).rejects.toThrow('answered already');
  });

  it('gives its port back when the caller gives up while it is being answered', async () => {
    await start({ who: 'ring' }, { incoming: () => ({ type: 'wait' }) });
    sip.say({ type: 'line', line: line('c1') });
    await sip.job('ring');
    const answered = Promise.withResolvers<void>();
    sip.hold = answered.promise;
    const answering = phone.answer('c1', { kind: 'person' });
    const { media: port } = await sip.job('answer');
    await expect(phone.answer('c1', { kind: 'person' })).rejects.toThrow('answered already');
    const end = { by: 'them', code: 487, reason: 'gave up', missed: true } as const;
    sip.say({ type: 'line', line: line('c1', { state: 'ended', endedAt: 3, end }) });
    answered.resolve();
    await answering;
    await worker.request({ type: 'report' });
    expect(await isFree(port.port)).toBe(true);
    expect(types()).not.toContain('call.started');
    await expect(phone.answer('c1', { kind: 'person' })).rejects.toThrow('the call is over');
  });

  it('is refused as the account says, and when too many go on', async () => {
    await start({ who: 'reject' });
    sip.say({ type: 'line', line: line('c1') });
    expect(await sip.job('reject')).toMatchObject({ code: 603 });
    await start({}, {}, 0);
    sip.say({ type: 'line', line: line('c2') });
    expect(await sip.job('reject')).toMatchObject({ code: 486 });
    expect(notices.at(-1)).toContain('0 calls are going on');
    await start({ who: 'ring' });
    sip.say({ type: 'line', line: line('c3') });
    expect(await sip.job('reject')).toMatchObject({ code: 480 });
  });

  it('is told to try elsewhere when nobody new is answered any more', async () => {
    await start();
    phone.refuseNew();
    sip.say({ type: 'line', line: line('c1') });
    expect(await sip.job('reject')).toEqual({ call: 'c1', code: 503, reason: 'Service Unavailable' });
  });

  it('is refused, with a notice, when the bot is broken', async () => {
    await writeFile(path.join(folder, 'bot.yaml'), 'nam: x\n');
    await start();
    sip.say({ type: 'line', line: line('c1') });
    expect(await sip.job('reject')).toMatchObject({ code: 500 });
    expect(notices.some((text) => text.includes('unknown key `nam`'))).toBe(true);
  });
});

describe('a call that is placed', () => {
  const person = {
    account: null,
    target: 'sip:bob@example.com',
    party: { kind: 'person' },
    maxMs: null,
  } as const;

  it('has a person hear what comes before the answer, and a script only what comes after', async () => {
    await start();
    const heard = await phone.place(person);
    const early = (call: string): LineView => line(call, { direction: 'out', state: 'early' });
    sip.say({ type: 'media', call: heard, media: media() });
    sip.say({ type: 'line', line: early(heard) });
    expect((await event('call.started')).call).toBe(heard);

    const unheard = await phone.place({ ...person, party: { kind: 'bot', dir: folder } });
    sip.say({ type: 'media', call: unheard, media: media() });
    sip.say({ type: 'line', line: early(unheard) });
    await worker.request({ type: 'report' });
    expect(events.log.entries.some(({ call }) => call === unheard)).toBe(false);
    sip.say({ type: 'line', line: line(unheard, { direction: 'out', state: 'connected', answeredAt: 2 }) });
    await events.log.first((one): one is CallEvent => one.type === 'call.started' && one.call === unheard);
  });

  it('tells who placed it why it cannot be, and gives the port back', async () => {
    await start();
    sip.refuses = 'place';
    await expect(phone.place(person)).rejects.toThrow('no place today');
    const { media: port } = await sip.job('place');
    await worker.request({ type: 'report' });
    expect(await isFree(port.port)).toBe(true);
    expect(phone.lines).toEqual([]);
  });

  it('ends when its audio cannot be connected', async () => {
    await start();
    const call = await phone.place(person);
    sip.say({ type: 'media', call, media: { ...media(), remote: { address: 'nowhere', port: 1 } } });
    sip.say({ type: 'line', line: line(call, { direction: 'out', state: 'connected', answeredAt: 2 }) });
    expect((await sip.job('hang_up')).reason).toContain("'nowhere' is not an address");
    expect(notices.at(-1)).toContain('could not be connected');
  });

  it('tells its log of a transfer that failed, when its party had wished it', async () => {
    await start();
    const call = await phone.place(person);
    sip.say({ type: 'media', call, media: media() });
    sip.say({ type: 'line', line: line(call, { direction: 'out', state: 'connected', answeredAt: 2 }) });
    await event('call.started');
    sip.refuses = 'transfer';
    phone.wish(call, { type: 'transfer', target: 'sip:carol@example.com' });
    expect(await event('call.transfer')).toMatchObject({ state: 'failed', message: 'no transfer today' });
    phone.wish(call, { type: 'keys', digits: '12' });
    expect(await sip.job('keys')).toEqual({ call, digits: '12' });
  });
});

describe('a thread that crashes', () => {
  it('takes its calls along with a reason', async () => {
    await start();
    sip.say({ type: 'line', line: line('c1') });
    await sip.job('answer');
    sip.say({ type: 'media', call: 'c1', media: media() });
    sip.say({ type: 'line', line: line('c1', { state: 'connected', answeredAt: 2 }) });
    await event('call.started');
    sip.crash();
    expect((await event('call.ended')).reason).toContain('the thread that speaks SIP ended: out of memory');
    expect(lines.log.entries.at(-1)).toMatchObject({ state: 'ended', end: { by: 'network', missed: false } });
    expect(sip.asked.entries.filter(({ job }) => job === 'accounts')).toHaveLength(1);
    await sip.asked.first(
      (one): one is Asked => one.job === 'accounts' && sip.asked.entries.indexOf(one) > 0,
    );
  });

  it('of media has SIP end what had no more than a port there', async () => {
    await start({ who: 'ring' }, { incoming: () => ({ type: 'wait' }) });
    sip.say({ type: 'line', line: line('c1') });
    await phone.answer('c1', { kind: 'person' });
    phone.workerLost(worker, 'media worker crashed: x');
    expect(await sip.job('hang_up')).toEqual({ call: 'c1', reason: 'media worker crashed: x' });
  });
});

it('keeps a bounded number of messages, of a bounded number of calls', async () => {
  await start();
  for (let index = 0; index < 600; index += 1)
    sip.say({ type: 'sip', message: message('long', String(index)) });
  expect(phone.messages('long')).toHaveLength(500);
  sip.say({ type: 'line', line: line('long') });
  for (let index = 0; index < 150; index += 1)
    sip.say({ type: 'sip', message: message(`stray-${index}`, 'x') });
  expect(phone.messages('stray-0')).toEqual([]);
  expect(phone.messages('stray-149')).toHaveLength(1);
  expect(phone.messages('long')).toHaveLength(500);
});
