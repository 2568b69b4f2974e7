import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineRig, account } from './fixtures/engine-rig.ts';
import { RawDialog } from './fixtures/raw-call.ts';
import { RawPeer, sdp } from './fixtures/raw-peer.ts';

/** What happens when time passes and nobody says anything. The clock is moved by hand; the datagrams are real. */
let rig: EngineRig;
let peer: RawPeer;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  rig = new EngineRig();
  peer = await RawPeer.open();
});

afterEach(async () => {
  const closing = rig.close();
  await vi.advanceTimersByTimeAsync(5_000);
  await closing;
  await peer[Symbol.asyncDispose]();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function connected(answer: readonly string[]): Promise<RawDialog> {
  await rig.ask('place', { call: 'c', account: null, target: peer.uri, media: { port: 40_000 } });
  const invite = await peer.next('INVITE');
  peer.reply(invite, '200 OK', { sdp: sdp(5000), headers: answer });
  await peer.next('ACK');
  await rig.line({ state: 'connected' });
  return RawDialog.called(peer, invite);
}

/** Waits for what the timers have set off to arrive here, letting them go on meanwhile. */
async function soon(start: string): ReturnType<RawPeer['next']> {
  const coming = peer.next(start);
  const here = coming.then(() => true);
  const turn = async (): Promise<boolean> => {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    await pass(1);
    return false;
  };
  while (!(await Promise.race([here, turn()])));
  return coming;
}

describe('a session timer', () => {
  it('is refreshed by UPDATE where the far end allows it, at half time', async () => {
    await connected(['Session-Expires: 90;refresher=uac', 'Require: timer', 'Allow: INVITE, UPDATE']);
    await pass(44_000);
    expect(peer.seen.some(({ start }) => start === 'UPDATE')).toBe(false);
    await pass(1_500);
    const update = await soon('UPDATE');
    expect(update.header('Session-Expires')).toBe('90;refresher=uac');
    expect(update.body).toBe('');
    peer.reply(update, '200 OK', { headers: ['Session-Expires: 90;refresher=uac'] });
    await pass(46_000);
    await soon('UPDATE');
  });

  it('is refreshed by re-INVITE with the same description where it does not', async () => {
    await connected(['Session-Expires: 90;refresher=uac', 'Allow: INVITE']);
    const first = peer.seen[0]?.body;
    await pass(45_500);
    const again = await soon('INVITE');
    expect(/o=.*/.exec(again.body)?.[0]).toBe(/o=.*/.exec(first ?? '')?.[0]);
    peer.reply(again, '200 OK', { sdp: sdp(5000) });
    await soon('ACK');
  });

  it('ends the call where the far end was to refresh and does not', async () => {
    await connected(['Session-Expires: 90;refresher=uas', 'Require: timer']);
    await pass(59_000);
    expect(peer.seen.some(({ start }) => start === 'BYE')).toBe(false);
    await pass(2_000);
    await soon('BYE');
    expect((await rig.line({ state: 'ended' })).end).toEqual({
      by: 'network',
      code: null,
      reason: 'the far end no longer confirmed that it is there (session timer)',
      missed: false,
    });
  });

  it('tells by itself that a far end without timers is gone', async () => {
    await connected([]);
    await pass(900_500);
    const again = await soon('INVITE');
    peer.reply(again, '481 Call/Transaction Does Not Exist');
    const { end } = await rig.line({ state: 'ended' });
    expect(end).toMatchObject({ by: 'network', reason: 'the far end does not know this call (481)' });
  });
});

describe('nobody there', () => {
  it('is said in words when an INVITE is not answered', async () => {
    await rig.ask('place', { call: 'c', account: null, target: peer.uri, media: { port: 40_000 } });
    await peer.next('INVITE');
    await pass(33_000);
    const { end } = await rig.line({ state: 'ended' });
    expect(end).toMatchObject({ by: 'network', code: 408 });
    expect(end?.reason).toBe(`no answer from 127.0.0.1:${peer.port} over UDP`);
    await pass(40_000);
    expect(rig.engine.held).toEqual({ dialogs: 0, servers: 0, clients: 0 });
  });

  it('ends an answered call that is never confirmed', async () => {
    const alice = account('alice', {
      aor: 'sip:alice@127.0.0.1',
      register: false,
      bind: '127.0.0.1:0',
      allow: ['127.0.0.0/8'],
    });
    await rig.ask('accounts', { accounts: [alice] });
    const ready = await rig.until(({ said }) =>
      said.find((each) => each.type === 'account' && each.view.state === 'ready'),
    );
    const port = ready.type === 'account' ? Number(ready.view.contact?.split(':').at(-1)) : 0;
    peer.request(
      'INVITE',
      `sip:alice@127.0.0.1:${port}`,
      {
        from: '<sip:bob@a.example>;tag=b',
        to: '<sip:alice@127.0.0.1>',
        callId: 'x',
        cseq: 1,
        body: sdp(5000),
      },
      port,
    );
    const { call } = await rig.line({ state: 'incoming' });
    await rig.ask('answer', { call, media: { port: 41_000 } });
    await peer.next('200');
    await pass(33_000);
    await soon('BYE');
    const { end } = await rig.line({ state: 'ended' });
    expect(end?.reason).toBe('the far end never confirmed that the call was answered (no ACK)');
  });

  it('leaves nothing behind of a call that was cancelled and never answered again', async () => {
    await rig.ask('place', { call: 'c', account: null, target: peer.uri, media: { port: 40_000 } });
    const invite = await peer.next('INVITE');
    peer.reply(invite, '180 Ringing');
    await rig.line({ state: 'ringing' });
    await rig.ask('hang_up', { call: 'c', reason: 'enough' });
    await soon('CANCEL');
    await pass(70_000);
    expect(rig.engine.held).toEqual({ dialogs: 0, servers: 0, clients: 0 });
  });

  it('gives a BYE that is not answered up', async () => {
    await connected([]);
    await rig.ask('hang_up', { call: 'c', reason: 'enough' });
    await soon('BYE');
    await pass(50);
    expect((await rig.line({ state: 'ended' })).end?.reason).toBe('enough');
    await pass(70_000);
    expect(rig.engine.held).toEqual({ dialogs: 0, servers: 0, clients: 0 });
  });
});
