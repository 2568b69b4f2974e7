import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account } from './support/accounts.ts';
import { Capture, canCapture } from './support/capture.ts';
import { freePort, ownAddress } from './support/loopback.ts';
import { SipPeer } from './support/sip-peer.ts';
import { OUR_TUNE, Telephone } from './support/telephone.ts';
import { arrived } from './support/tones.ts';
import { until } from './support/until.ts';

const A_SECOND = 8000;

/** A peer that knows the rules only as far as a test wants it to (npm's `sip` reads and writes its messages). */
describe('a SIP peer that does as it likes, over UDP', () => {
  let telephone: Telephone;
  let us: { host: string; port: number };
  let uri: string;
  let capture: Capture | null = null;
  let calls = 0;

  beforeAll(async () => {
    capture = await Capture.start();
    const host = ownAddress();
    us = { host, port: await freePort(host) };
    uri = `sip:alice@${host}:${us.port}`;
    telephone = await Telephone.start([
      account('alice', {
        aor: `sip:alice@${host}`,
        register: false,
        transport: 'udp',
        bind: `${host}:${us.port}`,
        allow: ['127.0.0.0/8'],
        who: 'ring',
      }),
    ]);
  }, 60_000);

  afterAll(async () => {
    await telephone?.[Symbol.asyncDispose]();
    await capture?.[Symbol.asyncDispose]();
  });

  const newId = (): string => `call-${(calls += 1)}`;

  /** It calls us, and the person answers: our 200 lies there, not acknowledged yet. */
  async function answered(peer: SipPeer) {
    const [id, coming] = [newId(), telephone.incoming()];
    const invite = peer.invite(uri, id);
    peer.send(invite, us);
    const { call } = await coming;
    await telephone.engine.host.phone.answer(call, { kind: 'person' });
    return { id, call, invite, ok: await peer.answer(id, 'INVITE', 200) };
  }

  /** A call like any other, to its end: nothing that came before has harmed us. */
  async function expectSane(peer: SipPeer): Promise<void> {
    const { id, call, invite, ok } = await answered(peer);
    peer.send(peer.within('ACK', invite, ok, 1), us);
    await telephone.connected(call);
    peer.send(peer.within('BYE', invite, ok, 2), us);
    await peer.answer(id, 'BYE', 200);
    await telephone.ended(call);
  }

  /** A second of what we say arrives there whole; where the machine is busy, not the first one. */
  async function hearsUs(peer: SipPeer): Promise<void> {
    await until('our tune', async () => arrived(OUR_TUNE, await peer.hears(A_SECOND)) > 0.95);
  }

  it('repeats its INVITE, and its call is one call', async () => {
    await using peer = await SipPeer.open();
    const [id, coming] = [newId(), telephone.incoming()];
    const invite = peer.invite(uri, id);
    for (let times = 0; times < 5; times += 1) peer.send(invite, us);
    const { call } = await coming;
    await telephone.engine.host.phone.answer(call, { kind: 'person' });
    const ok = await peer.answer(id, 'INVITE', 200);
    peer.send(invite, us);
    const again = await peer.answer(id, 'INVITE', 200, 2);
    expect(again.headers.to.params['tag']).toBe(ok.headers.to.params['tag']);
    const of = telephone.engine.lines.filter(({ remote }) => remote.uri.includes(`${peer.port}`));
    expect(new Set(of.map((line) => line.call))).toEqual(new Set([call]));
    peer.send(peer.within('ACK', invite, ok, 1), us);
    await telephone.connected(call);
    const bye = peer.within('BYE', invite, ok, 2);
    peer.send(bye, us);
    peer.send(bye, us);
    await peer.answer(id, 'BYE', 200, 2);
    await telephone.ended(call);
    await expectSane(peer);
  });

  it('hangs up before it has acknowledged', async () => {
    await using peer = await SipPeer.open();
    const { id, call, invite, ok } = await answered(peer);
    peer.send(peer.within('BYE', invite, ok, 2), us);
    await peer.answer(id, 'BYE', 200);
    await telephone.ended(call);
    peer.send(peer.within('ACK', invite, ok, 1), us);
    await expectSane(peer);
  });

  it('says 200 again and again until it is acknowledged, and once more', async () => {
    await using peer = await SipPeer.open();
    const call = await telephone.call('alice', peer.uri);
    const invite = await peer.asked('INVITE');
    const ok = peer.response(invite, 200, { content: peer.sdp });
    for (let times = 0; times < 3; times += 1) peer.send(ok, us);
    await telephone.connected(call);
    await peer.asked('ACK', 3);
    await telephone.hangUp(call);
    peer.send(peer.response(await peer.asked('BYE'), 200), us);
    await telephone.ended(call);
    peer.send(ok, us);
    await expectSane(peer);
  });

  it('answers without a tag, with responses to nothing before and after', async () => {
    await using peer = await SipPeer.open();
    const call = await telephone.call('alice', peer.uri);
    const invite = await peer.asked('INVITE');
    peer.send(peer.response({ ...invite, headers: { ...invite.headers, via: [] } }, 200), us);
    peer.send(peer.response(invite, 180, { tag: null }), us);
    await telephone.line(call, 'ringing', ({ state }) => state === 'ringing');
    peer.send(peer.response(invite, 199, { tag: 'other' }), us);
    peer.send(peer.response(invite, 486, { tag: null }), us);
    await peer.asked('ACK');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them', code: 486 });
    peer.send(peer.response(invite, 200, { content: peer.sdp }), us);
    peer.send(peer.response(invite, 180), us);
    await expectSane(peer);
  });

  it('answers twice, as a fork does: the second answer is acknowledged and ended', async () => {
    await using peer = await SipPeer.open();
    const call = await telephone.call('alice', peer.uri);
    const invite = await peer.asked('INVITE');
    peer.send(peer.response(invite, 183, { tag: 'first', content: peer.sdp }), us);
    await telephone.line(call, 'early', ({ state }) => state === 'early');
    peer.send(peer.response(invite, 200, { tag: 'second', content: peer.sdp }), us);
    await telephone.connected(call);
    peer.send(peer.response(invite, 200, { tag: 'first', content: peer.sdp }), us);
    const bye = await peer.asked('BYE');
    expect(bye.headers.to.params['tag']).toBe('first');
    peer.send(peer.response(bye, 200), us);
    const acknowledged = peer.received
      .filter(({ method }) => method === 'ACK')
      .map(({ headers }) => headers.to.params['tag']);
    expect(new Set(acknowledged)).toEqual(new Set(['first', 'second']));
    await telephone.hangUp(call);
    peer.send(peer.response(await peer.asked('BYE', 2), 200), us);
    await telephone.ended(call);
  });

  it('answers while we cancel: the call is acknowledged and ended', async () => {
    await using peer = await SipPeer.open();
    const call = await telephone.call('alice', peer.uri);
    const invite = await peer.asked('INVITE');
    peer.send(peer.response(invite, 180), us);
    await telephone.line(call, 'ringing', ({ state }) => state === 'ringing');
    await telephone.hangUp(call);
    const cancel = await peer.asked('CANCEL');
    peer.send(peer.response(invite, 200, { content: peer.sdp }), us);
    peer.send(peer.response(cancel, 200), us);
    await peer.asked('ACK');
    peer.send(peer.response(await peer.asked('BYE'), 200), us);
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'us' });
    await expectSane(peer);
  });

  it('cancels: in time, too late, and what never was', async () => {
    await using peer = await SipPeer.open();
    const [id, coming] = [newId(), telephone.incoming()];
    const invite = peer.invite(uri, id);
    peer.send(invite, us);
    const { call } = await coming;
    peer.send(peer.cancelOf(invite), us);
    await peer.answer(id, 'CANCEL', 200);
    const terminated = await peer.answer(id, 'INVITE', 487);
    peer.send(peer.ackOf(invite, terminated), us);
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them', missed: true });

    const late = await answered(peer);
    peer.send(peer.cancelOf(late.invite), us);
    peer.send(peer.within('ACK', late.invite, late.ok, 1), us);
    await telephone.connected(late.call);

    const never = newId();
    peer.send(peer.cancelOf(peer.invite(uri, never)), us);
    await peer.answer(never, 'CANCEL', 481);
    peer.send(peer.within('BYE', late.invite, late.ok, 2), us);
    await telephone.ended(late.call);
    await expectSane(peer);
  });

  it('asks for what there is not, and is told so', async () => {
    await using peer = await SipPeer.open();
    const ask = async (status: number, method: string, draft = {}, to = uri) => {
      const id = newId();
      const request = peer.request(method, to, id, draft);
      peer.send(request, us);
      const response = await peer.answer(id, method, status);
      if (method === 'INVITE') peer.send(peer.ackOf(request, response), us);
      return response;
    };
    for (const method of ['SUBSCRIBE', 'DANCE']) {
      expect((await ask(405, method)).headers['allow']).toContain('INVITE');
    }
    expect((await ask(200, 'OPTIONS')).headers['allow']).toMatch(/INVITE.*UPDATE/);
    const required = await ask(420, 'INVITE', {
      headers: { require: 'teleport' },
      content: peer.sdp,
    });
    expect(required.headers['unsupported']).toContain('teleport');
    await ask(415, 'INVITE', { headers: { 'content-type': 'text/poem' }, content: 'a rose is a rose' });
    const none = peer.sdp.replace('RTP/AVP 8 101', 'RTP/AVP 18').replace(/a=.*\r\n/g, '');
    const refused = await ask(488, 'INVITE', { content: none });
    expect(String(refused.headers['warning'])).toMatch(/^30\d /);
    for (const method of ['BYE', 'INFO', 'NOTIFY', 'UPDATE', 'PRACK', 'REFER']) {
      const id = newId();
      const headers = { to: { uri, params: { tag: 'nobody' } }, event: 'refer', 'refer-to': peer.uri };
      peer.send(peer.request(method, uri, id, { headers }), us);
      await peer.answer(id, method, 481);
    }
    const stray = peer.request('ACK', uri, newId(), { headers: { to: { uri, params: { tag: 'nobody' } } } });
    peer.send(stray, us);
    await expectSane(peer);
  });

  it('offers nothing and leaves it to us', async () => {
    await using peer = await SipPeer.open();
    const [id, coming] = [newId(), telephone.incoming()];
    const invite = peer.invite(uri, id, { content: '' });
    peer.send(invite, us);
    const { call } = await coming;
    await telephone.engine.host.phone.answer(call, { kind: 'person' });
    const ok = await peer.answer(id, 'INVITE', 200);
    expect(ok.content).toContain('m=audio');
    peer.send(peer.within('ACK', invite, ok, 1, { content: peer.sdp }), us);
    await telephone.line(call, 'agreed on', ({ codec }) => codec === 'PCMA');
    peer.send(peer.within('INVITE', invite, ok, 2), us);
    const again = await peer.next(
      'an offer in 200',
      ({ status, headers }) => status === 200 && headers.cseq.seq === 2 && headers.cseq.method === 'INVITE',
    );
    expect(again.content).toContain('m=audio');
    peer.send(peer.within('ACK', invite, ok, 2, { content: peer.sdp }), us);
    peer.send(peer.within('INFO', invite, ok, 1), us);
    await peer.answer(id, 'INFO', 500);
    peer.send(peer.within('DANCE', invite, ok, 3), us);
    peer.send(peer.within('BYE', invite, ok, 4), us);
    await peer.answer(id, 'BYE', 200);
    await telephone.ended(call);
  });

  it('changes the call at the same moment as we do (491)', async () => {
    await using peer = await SipPeer.open();
    const { id, call, invite, ok } = await answered(peer);
    peer.send(peer.within('ACK', invite, ok, 1), us);
    await telephone.connected(call);
    await hearsUs(peer);
    const held = telephone.engine.host.phone.hold(call, true);
    const ours = await peer.asked('INVITE');
    const theirs = peer.within('INVITE', invite, ok, 2, { content: peer.sdp });
    peer.send(theirs, us);
    peer.send(peer.ackOf(theirs, await peer.answer(id, 'INVITE', 491)), us);
    peer.send(peer.response(ours, 491), us);
    await peer.asked('ACK');
    // Tried again after a moment (RFC 3261, section 14.1).
    const again = await peer.asked('INVITE', 2);
    peer.send(
      peer.response(again, 200, { content: peer.sdp.replace('a=rtpmap:8', 'a=recvonly\r\na=rtpmap:8') }),
      us,
    );
    await peer.asked('ACK', 2);
    await held;
    expect(again.content).toMatch(/a=(sendonly|inactive)/);
    await telephone.line(call, 'held', ({ heldByUs }) => heldByUs);
    await peer.hears(A_SECOND / 4);
    expect(arrived(OUR_TUNE, await peer.hears(A_SECOND))).toBeLessThan(0.5);
    const back = telephone.engine.host.phone.hold(call, false);
    peer.send(peer.response(await peer.asked('INVITE', 3), 200, { content: peer.sdp }), us);
    await back;
    await peer.hears(A_SECOND / 4);
    await hearsUs(peer);
    peer.send(peer.within('BYE', invite, ok, 3), us);
    await peer.answer(id, 'BYE', 200);
    await telephone.ended(call);
  });

  it('sends what is no SIP at all', async () => {
    await using peer = await SipPeer.open();
    for (const text of [
      '',
      '\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'SIP/2.0 200 OK\r\n\r\n',
      'SIP/2.0 999999 What\r\nCSeq: x\r\n\r\n',
      'INVITE sip:alice SIP/2.0\r\nVia: \r\nTo\r\n\r\n',
      `INVITE ${uri} SIP/2.0\r\nContent-Length: -5\r\n\r\n`,
      `BYE ${uri} SIP/3.0\r\n\r\n`,
      '\u0000'.repeat(2000),
      'x'.repeat(60_000),
    ]) {
      peer.send(text, us);
    }
    await expectSane(peer);
  });

  it('has left nothing behind', async () => {
    await until('all lines to be gone', () => telephone.engine.host.phone.lines.length === 0);
    await until('their audio to be over', async () => {
      const [report] = await telephone.engine.host.report();
      return report?.calls === 0;
    });
    expect(telephone.engine.notices.filter((notice) => /^(thread|internal|connect)/.test(notice))).toEqual(
      [],
    );
  });

  it.skipIf(!canCapture())('was sent no packet by us that tshark finds malformed', async () => {
    // Our audio leaves from the address that the way to the peer has.
    const verdict = await capture?.verdict([us.port], [us.host, '127.0.0.1']);
    expect(verdict?.wrong).toBe('');
    expect(verdict?.sip).toBeGreaterThan(50);
    expect(verdict?.rtp).toBeGreaterThan(200);
    // What the peer sent is.
    expect((await capture?.verdict([us.port]))?.wrong).not.toBe('');
  });
});
