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

/** Where peers on 127.0.0.1 have their RTP, apart from those of other processes and from ports the system gives. */
export function rtpPorts(): { readonly from: number; readonly to: number } {
  const from = 12_000 + (process.pid % 200) * 100;
  return { from, to: from + 99 };
}

/** What the peers of this process exchange with anybody, as a capture filter has it. */
export function ownTraffic(): string {
  const { from, to } = rtpPorts();
  return `net ${ownAddress().replace(/\.\d+$/, '.0')}/24 or (host 127.0.0.1 and udp portrange ${from}-${to})`;
}

/** A port free for UDP and TCP a moment ago, for programs that cannot choose one themselves. */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const socket = dgram.createSocket('udp4').bind(0, host);
    await once(socket, 'listening');
    const { port } = socket.address();
    const server = net.createServer().listen(port, host);
    // Refused by an error, when somebody has the port for TCP.
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    socket.close();
    if (free) return port;
  }
}
