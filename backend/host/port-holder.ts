import dgram from 'node:dgram';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { SidetoneError } from '../base/errors.ts';

/**
 * Binds the port exclusively for a moment. Workers share theirs by SO_REUSEPORT, which would also let a second
 * Sidetone share it in silence and take half the calls.
 * @throws SidetoneError 'environment' naming who holds it and the flag that picks another.
 */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.bind(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE') {
      const holder = await holderOf(port);
      const by = holder ? ` by ${holder.name} (pid ${holder.pid})` : '';
      throw new SidetoneError('environment', `UDP port ${port} is taken${by}`, {
        hint: 'end that program, or listen elsewhere with --rtp HOST:PORT',
        cause: error,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new SidetoneError('usage', `${host} is not an address of this machine`, {
        hint: 'use --rtp 0.0.0.0:PORT to listen on all of them',
        cause: error,
      });
    }
    throw error;
  } finally {
    socket.close();
  }
}

export interface PortHolder {
  readonly name: string;
  readonly pid: number;
  /** It is a `sidetone serve`. */
  readonly serves: boolean;
}

/** The process with a UDP socket on the port; null where the system does not say. */
export async function holderOf(port: number): Promise<PortHolder | null> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/udp', '/proc/net/udp6']) {
    for (const line of (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hexPort}`) && fields[9]) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return null;
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!inodes.has(target)) continue;
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      const serves = words.includes('serve') && words.some((word) => word.endsWith('cli/main.ts'));
      return { name, pid: Number(pid), serves };
    }
  }
  return null;
}
