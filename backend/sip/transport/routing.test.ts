import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { accountSettings } from '../../contract/sip.ts';
import { DnsCache, type Dns, type Naptr, type Records, type Srv } from './dns.ts';
import { SipMessage } from './message.ts';
import { Router } from './router.ts';
import { bySrvOrder, hopOf, parseHop, resolveHop, showTarget, type Hop } from './routing.ts';

/** A zone by hand. */
class Zone implements Dns {
  readonly asked: string[] = [];
  readonly naptrs: Record<string, Naptr[]> = {};
  readonly srvs: Record<string, Srv[]> = {};
  readonly hosts: Record<string, string[]> = {};

  #answer<T>(kind: string, table: Record<string, T[]>, name: string): Promise<Records<T>> {
    this.asked.push(`${kind} ${name}`);
    return Promise.resolve({ records: table[name] ?? [], ttlS: 60 });
  }

  naptr(name: string): Promise<Records<Naptr>> {
    return this.#answer('NAPTR', this.naptrs, name);
  }

  srv(name: string): Promise<Records<Srv>> {
    return this.#answer('SRV', this.srvs, name);
  }

  addresses(name: string): Promise<Records<string>> {
    return this.#answer('A', this.hosts, name);
  }
}

function example(): Zone {
  const zone = new Zone();
  zone.hosts['example.com'] = ['192.0.2.1'];
  zone.hosts['a.example.com'] = ['192.0.2.10', '2001:db8::10'];
  zone.hosts['b.example.com'] = ['192.0.2.11'];
  return zone;
}

function hop(text: string): Hop {
  return hopOf(text) ?? parseHop(text);
}

async function targets(zone: Dns, text: string, random = (): number => 0): Promise<string[]> {
  return (await resolveHop(hop(text), zone, random)).targets.map(showTarget);
}

const srv = (priority: number, weight: number, name: string, port = 5060): Srv => ({
  priority,
  weight,
  name,
  port,
});

describe('RFC 3263', () => {
  test.each([
    ['sip:192.0.2.5', ['UDP 192.0.2.5:5060']],
    ['sip:192.0.2.5:5080;transport=tcp', ['TCP 192.0.2.5:5080']],
    ['sips:192.0.2.5', ['TLS 192.0.2.5:5061']],
    ['sips:192.0.2.5;transport=tcp', ['TLS 192.0.2.5:5061']],
    ['sip:[2001:db8::5]:5070', ['UDP [2001:db8::5]:5070']],
  ])('asks nobody about %s', async (uri, wanted) => {
    const zone = example();
    expect(await targets(zone, uri)).toEqual(wanted);
    expect(zone.asked).toEqual([]);
  });

  test('with a port only the address is asked for', async () => {
    const zone = example();
    expect(await targets(zone, 'sip:a.example.com:5080')).toEqual([
      'UDP 192.0.2.10:5080',
      'UDP [2001:db8::10]:5080',
    ]);
    expect(zone.asked).toEqual(['A a.example.com']);
  });

  test('NAPTR chooses the transport, by order and preference; what we do not speak is passed over', async () => {
    const zone = example();
    const naptr = (order: number, preference: number, service: string, replacement: string): Naptr => ({
      order,
      preference,
      flags: 's',
      service,
      replacement,
    });
    zone.naptrs['example.com'] = [
      naptr(20, 1, 'SIP+D2U', '_sip._udp.example.com'),
      naptr(10, 5, 'SIP+D2S', '_sip._sctp.example.com'),
      naptr(10, 9, 'SIPS+D2T', '_sips._tcp.example.com'),
    ];
    zone.srvs['_sips._tcp.example.com'] = [srv(1, 1, 'a.example.com', 5061)];
    zone.srvs['_sip._udp.example.com'] = [srv(1, 1, 'b.example.com')];
    expect(await targets(zone, 'sip:example.com')).toEqual([
      'TLS 192.0.2.10:5061',
      'TLS [2001:db8::10]:5061',
      'UDP 192.0.2.11:5060',
    ]);
    expect(await targets(zone, 'sips:example.com')).toEqual([
      'TLS 192.0.2.10:5061',
      'TLS [2001:db8::10]:5061',
    ]);
  });

  test('without NAPTR the SRV names of all transports; without those the address', async () => {
    const zone = example();
    zone.srvs['_sip._tcp.example.com'] = [srv(1, 1, 'b.example.com', 5065)];
    expect(await targets(zone, 'sip:example.com')).toEqual(['TCP 192.0.2.11:5065']);
    expect(await targets(zone, 'sip:b.example.com')).toEqual(['UDP 192.0.2.11:5060']);
    expect(await targets(zone, 'sips:b.example.com')).toEqual(['TLS 192.0.2.11:5061']);
  });

  test('a transport that is named is the only one asked for', async () => {
    const zone = example();
    zone.srvs['_sip._tcp.example.com'] = [srv(1, 1, 'b.example.com')];
    expect(await targets(zone, 'sip:example.com;transport=tcp')).toEqual(['TCP 192.0.2.11:5060']);
    expect(zone.asked).toEqual(['SRV _sip._tcp.example.com', 'A b.example.com']);
  });

  test('a name that does not exist is said', async () => {
    await expect(targets(example(), 'sip:nowhere.invalid')).rejects.toThrow(
      'DNS knows no address of nowhere.invalid',
    );
  });
});

describe('SRV records', () => {
  test('the lowest priority first', () => {
    const order = bySrvOrder([srv(20, 9, 'c'), srv(10, 0, 'a'), srv(15, 0, 'b')], () => 0.5);
    expect(order.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('equals are drawn by weight (RFC 2782), and none is left out', () => {
    let draw = 0;
    const random = (): number => (draw = (draw + 0.618_033_988_75) % 1);
    const first: Record<string, number> = { a: 0, b: 0 };
    for (let count = 0; count < 1000; count += 1) {
      const order = bySrvOrder([srv(1, 3, 'a'), srv(1, 1, 'b')], random).map(({ name }) => name);
      expect(order.toSorted()).toEqual(['a', 'b']);
      const [name = ''] = order;
      first[name] = (first[name] ?? 0) + 1;
    }
    expect(first['a']).toBeGreaterThan(700);
    expect(first['a']).toBeLessThan(800);
  });

  test('a lone dot means: no such service', () => {
    expect(bySrvOrder([srv(0, 0, '.')], () => 0)).toEqual([]);
    expect(bySrvOrder([srv(0, 0, '')], () => 0)).toEqual([]);
  });
});

test.each([
  ['pbx.example.com', { host: 'pbx.example.com', port: null, transport: null, secure: false, path: '/' }],
  ['10.0.0.1:5080', { host: '10.0.0.1', port: 5080, transport: null }],
  ['<sip:p.example.com:5061;transport=tls;lr>', { host: 'p.example.com', port: 5061, transport: 'tls' }],
  ['wss://pbx.example.com:8443/ws', { host: 'pbx.example.com', port: 8443, transport: 'wss', path: '/ws' }],
  ['[2001:db8::1]:5060', { host: '2001:db8::1', port: 5060 }],
])('a hop written as %s', (text, wanted) => {
  expect(parseHop(text)).toMatchObject(wanted);
});

test.each(['', 'http://x', 'a b', 'sip:host:99999', '10.0.0.1:0'])(
  "a hop written as '%s' is refused",
  (text) => {
    expect(() => parseHop(text)).toThrow("is not a SIP server's address");
  },
);

test('answers are kept for as long as they hold', async () => {
  const clock = new ManualClock();
  const zone = example();
  const cache = new DnsCache(zone, clock);
  await targets(cache, 'sip:b.example.com:5060');
  clock.advance(59_000);
  await targets(cache, 'sip:b.example.com:5060');
  expect(zone.asked).toHaveLength(1);
  clock.advance(2000);
  await targets(cache, 'sip:b.example.com:5060');
  expect(zone.asked).toHaveLength(2);
});

describe('requests of an account', () => {
  const request = (uri: string, route?: string): SipMessage =>
    new SipMessage(`INVITE ${uri} SIP/2.0`, route === undefined ? [] : [['Route', route]], '');
  const router = (settings: object): Router =>
    new Router(accountSettings.parse({ aor: 'sip:alice@example.com', ...settings }), example(), () => 0);
  const way = async (settings: object, uri: string, route?: string): Promise<string[]> =>
    (await router(settings).route(request(uri, route))).map(showTarget);

  test('go to the outbound proxy, whatever they are for', async () => {
    const settings = { proxy: 'sip:192.0.2.9:5070;transport=tcp' };
    expect(await way(settings, 'sip:bob@b.example.com')).toEqual(['TCP 192.0.2.9:5070']);
    expect(await way(settings, 'sip:bob@b.example.com', '<sip:192.0.2.77;lr>')).toEqual([
      'TCP 192.0.2.9:5070',
    ]);
  });

  test("go to the registrar when they are for the account's domain", async () => {
    const settings = { registrar: '192.0.2.8:5062' };
    expect(await way(settings, 'sip:bob@example.com')).toEqual(['UDP 192.0.2.8:5062']);
    expect(await way(settings, 'sip:bob@b.example.com:5070')).toEqual(['UDP 192.0.2.11:5070']);
  });

  test('go where Route says', async () => {
    expect(
      await way({}, 'sip:bob@example.com', '<sip:b.example.com:5088;transport=tcp;lr>, <sip:x;lr>'),
    ).toEqual(['TCP 192.0.2.11:5088']);
  });

  test("go over the account's transport unless they name another", async () => {
    expect(await way({ transport: 'tls' }, 'sip:bob@b.example.com')).toEqual(['TLS 192.0.2.11:5061']);
    expect(await way({ transport: 'tls' }, 'sip:bob@b.example.com;transport=udp')).toEqual([
      'UDP 192.0.2.11:5060',
    ]);
  });

  test('go first to whoever answered last', async () => {
    const routes = router({ proxy: 'a.example.com:5060' });
    const [first, second] = await routes.route(request('sip:bob@example.com'));
    if (!first || !second) throw new Error('two targets');
    routes.remember(second, true);
    expect(await routes.route(request('sip:bob@example.com'))).toEqual([second, first]);
    routes.remember(second, false);
    expect(await routes.route(request('sip:bob@example.com'))).toEqual([first, second]);
  });
});
