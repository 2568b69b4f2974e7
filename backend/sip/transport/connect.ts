import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { isIP } from 'node:net';
import { showAddress } from '../../base/address.ts';
import { SidetoneError } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import type { Account } from '../../contract/sip.ts';
import { certificateProblem, checkSipIdentity, connectProblem, handshakeProblem } from './certificate.ts';
import type { Target } from './routing.ts';

/** A server that is down is found out by then, so that another one can be asked. */
const CONNECT_WITHIN_MS = 8000;

/** @throws SidetoneError in words */
export async function tcpTo(target: Target): Promise<Socket> {
  const socket = connectTcp({ host: target.address, port: target.port });
  const where = showAddress({ host: target.address, port: target.port });
  await ready(socket, 'connect', 'TCP', where, (error) => connectProblem('TCP', where, error));
  return socket;
}

/** @throws SidetoneError in words; a refused certificate says which, for whom and why */
export async function tlsTo(
  target: Target,
  { verify, ca, certificate, key }: Account['tls'],
): Promise<TLSSocket> {
  const where = showAddress({ host: target.address, port: target.port });
  let socket: TLSSocket;
  try {
    socket = connectTls({
      host: target.address,
      port: target.port,
      ...(isIP(target.domain) === 0 ? { servername: target.domain } : {}),
      ...(ca === null ? {} : { ca }),
      ...(certificate === null ? {} : { cert: certificate }),
      ...(key === null ? {} : { key }),
      // Judged below, before a byte is sent: only then is the certificate at hand to tell what is wrong with it.
      rejectUnauthorized: false,
      checkServerIdentity: (_host, peer) => checkSipIdentity(target.domain, peer),
    });
  } catch (error) {
    throw new SidetoneError('usage', "the account's TLS certificate or key cannot be read", {
      hint: 'tls.certificate and tls.key have to be PEM files that belong together, tls.ca one with certificates.',
      cause: error,
    });
  }
  await ready(socket, 'secureConnect', 'TLS', where, (error) => handshakeProblem(where, error));
  const problem = verify ? certificateProblem(socket, target.domain) : null;
  if (!problem) return socket;
  socket.destroy();
  throw problem;
}

async function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  protocol: string,
  where: string,
  inWords: (error: unknown) => SidetoneError,
): Promise<void> {
  await using patience = new Scope();
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      socket.destroy();
      reject(inWords(error));
    };
    patience.after(CONNECT_WITHIN_MS, () =>
      fail(new SidetoneError('timeout', `no answer from ${where} over ${protocol}`, { retryable: true })),
    );
    socket.once('error', fail);
    socket.once('close', () => fail(new SidetoneError('unreachable', `${where} closed the connection`)));
    socket.once(event, () => {
      socket.removeAllListeners('error').removeAllListeners('close');
      resolve();
    });
  });
  // Until its owner listens: an error in between would end the process.
  socket.once('error', () => undefined);
}
