import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scope } from '../../base/scope.ts';
import { SystemDns } from './dns.ts';
import { parseHop, resolveHop, showTarget } from './routing.ts';

const installed = spawnSync('dnsmasq', ['--version']).status === 0;
const RECORDS = [
  '--naptr-record=example.test,10,10,s,SIPS+D2T,,_sips._tcp.example.test',
  '--naptr-record=example.test,20,10,s,SIP+D2U,,_sip._udp.example.test',
  '--srv-host=_sips._tcp.example.test,one.example.test,5061,10,10',
  '--srv-host=_sip._udp.example.test,two.example.test,5080,10,10',
  '--srv-host=_sip._udp.example.test,one.example.test,5070,20,10',
  '--host-record=one.example.test,192.0.2.1,2001:db8::1',
  '--host-record=two.example.test,192.0.2.2',
];

/** A port that is free now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Against a real server: dnsmasq on a port of its own. */
describe.skipIf(!installed)('DNS by dnsmasq', () => {
  const scope = new Scope();
  let dns: SystemDns;

  beforeAll(async () => {
    const port = await freePort();
    const where = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--user='];
    const alone = ['--no-daemon', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--pid-file='];
    const child = spawn('dnsmasq', [...alone, ...where, '--local=/test/', ...RECORDS]);
    scope.defer(() => void child.kill());
    for await (const line of createInterface(child.stderr)) if (line.includes('started')) break;
    dns = new SystemDns([`127.0.0.1:${port}`]);
  });
  afterAll(() => scope.close());

  test('NAPTR, SRV and addresses lead to the servers in their order', async () => {
    const { targets, ttlS } = await resolveHop(parseHop('example.test'), dns, () => 0);
    expect(targets.map(showTarget)).toEqual([
      'TLS 192.0.2.1:5061',
      'TLS [2001:db8::1]:5061',
      'UDP 192.0.2.2:5080',
      'UDP 192.0.2.1:5070',
      'UDP [2001:db8::1]:5070',
    ]);
    expect(ttlS).toBeLessThanOrEqual(60);
  });

  test('what does not exist is nothing, and no failure', async () => {
    expect(await dns.srv('_sip._udp.nowhere.test')).toMatchObject({ records: [] });
    expect(await dns.addresses('nowhere.test')).toMatchObject({ records: [] });
  });
});

test('a server that is not there is said to be not there', async () => {
  const dns = new SystemDns([`127.0.0.1:${await freePort()}`]);
  await expect(dns.naptr('example.test')).rejects.toThrow('DNS has no answer for example.test');
});

test('without servers given, the hosts file counts', async () => {
  const { records } = await new SystemDns().addresses('localhost');
  expect(records).toContain('127.0.0.1');
});
