import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

/**
 * An address of this machine that nobody else in this run uses: all of 127.0.0.0/8 is loopback on Linux. With one
 * address each, the peers of a test cannot take each other's ports, and a capture can be told to take only theirs.
 */
export function ownAddress(): string {
  addresses += 1;
  return `127.${40 + (process.pid % 200)}.${(process.pid >> 8) % 256}.${addresses}`;
}
let addresses = 0;

/** Where peers on 127.0.0.1 have their RTP: apart from those of other processes, from `freePort`'s and the system's. */
export function rtpPorts(): { readonly from: number; readonly to: number } {
  const from = 12_000 + (process.pid % 100) * 100;
  return { from, to: from + 99 };
}

/** What the peers of this process exchange with anybody, as a capture filter has it. */
export function ownTraffic(): string {
  const { from, to } = rtpPorts();
  return `net ${ownAddress().replace(/\.\d+$/, '.0')}/24 or (host 127.0.0.1 and udp portrange ${from}-${to})`;
}

/**
 * A port free for UDP and TCP a moment ago, and the `count - 1` after it, for programs that cannot choose one
 * themselves. Below those that the system gives to whoever asks for any: one of these may be taken again at once.
 */
export async function freePort(host: string, count = 1): Promise<number> {
  for (;;) {
    const first = randomInt(22_000, 32_000 - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map((port) => isFree(port, host)));
    if (free.every(Boolean)) return first;
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const socket = dgram.createSocket('udp4').bind(port, host);
  const server = net.createServer().listen(port, host);
  const listening = await Promise.allSettled([once(socket, 'listening'), once(server, 'listening')]);
  socket.close();
  server.close();
  return listening.every(({ status }) => status === 'fulfilled');
}
