import dgram from 'node:dgram';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { epochMs } from '../base/clock.ts';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { LINE_RATE } from '../contract/party.ts';
import { raiseThreadPriority } from '../rtp/pacer.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { codecOf } from '../rtp/payload-types.ts';
import { buildRtcp } from '../rtp/rtcp.ts';
import { CallerPlayer, type PlayerOptions } from './caller-player.ts';
import { voicedAudio } from './recorded-call.ts';

export interface CallerJob extends Omit<PlayerOptions, 'startsAt'> {
  readonly host: string;
  readonly port: number;
}

/** What the worker tells: the port it calls from, then that it has hung up. */
export type CallerNews = { readonly type: 'calling'; readonly port: number } | { readonly type: 'over' };

/** Timers are right to a millisecond or two: the rest is waited out with the thread asleep (as in rtp/pacer.ts). */
const WAKE_EARLY_MS = 1.5;
const STARTS_IN_MS = 50;
const KERNEL_BUFFER_BYTES = 1 << 18;

/** Entry of a replay's caller: one line in a thread of its own, so that its packets leave on time. */
async function main(port: MessagePort, job: CallerJob): Promise<void> {
  raiseThreadPriority();
  const scope = new Scope();
  const tell = (news: CallerNews): void => port.postMessage(news);
  const socket = await openSocket(job, scope);
  const player = new CallerPlayer({ ...job, startsAt: performance.now() + STARTS_IN_MS });
  listen(socket, player);
  tell({ type: 'calling', port: socket.address().port });

  const neverNotified = new Int32Array(new SharedArrayBuffer(4));
  const over = Promise.withResolvers<void>();
  const serve = (): void => {
    for (let { dueAt } = player; ; { dueAt } = player) {
      if (dueAt === null) return over.resolve();
      const left = dueAt - performance.now();
      if (left > WAKE_EARLY_MS) {
        scope.after(Math.floor(left - WAKE_EARLY_MS), serve);
        return;
      }
      if (left > 0) Atomics.wait(neverNotified, 0, 0, left);
      const packet = player.take();
      if (packet) socket.send(packet);
    }
  };
  // Any message means: hang up.
  port.once('message', () => over.resolve());
  serve();
  await over.promise;
  const bye = { ssrc: player.ssrc, cname: 'replay', epochMs: epochMs(), sender: null, blocks: [] };
  await new Promise<void>((resolve) =>
    socket.send(buildRtcp({ ...bye, bye: 'the recorded call is over' }), () => resolve()),
  );
  tell({ type: 'over' });
  await scope.close();
  port.close();
}

async function openSocket({ host, port }: CallerJob, scope: Scope): Promise<dgram.Socket> {
  const type = host.includes(':') ? 'udp6' : 'udp4';
  const socket = dgram.createSocket({ type, recvBufferSize: KERNEL_BUFFER_BYTES });
  // A far end that is gone: the call's end is told by its events.
  socket.on('error', () => undefined);
  scope.defer(() => void socket.close());
  await new Promise<void>((resolve) => socket.bind(0, host, () => resolve()));
  await new Promise<void>((resolve) => socket.connect(port, host, () => resolve()));
  return socket;
}

/** Tells the player when the bot speaks. */
function listen(socket: dgram.Socket, player: CallerPlayer): void {
  const packet = new RtpPacket();
  socket.on('message', (datagram) => {
    const now = performance.now();
    if (isRtcp(datagram) || parseRtp(datagram, packet) !== null) return;
    const codec = codecOf(packet.payloadType);
    if (codec === null) return;
    const { payloadOffset, payloadLength } = packet;
    const voiced = voicedAudio(codec, datagram.subarray(payloadOffset, payloadOffset + payloadLength));
    const ms = (samples: number): number => (samples * 1000) / LINE_RATE;
    if (voiced) player.heard(now + ms(voiced.from), now + ms(voiced.to));
  });
}

if (!parentPort) throw new SidetoneError('internal', 'caller-worker.ts runs as a worker thread');
await main(parentPort, workerData);
