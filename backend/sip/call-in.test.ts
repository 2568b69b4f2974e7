import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineRig, account } from './fixtures/engine-rig.ts';
import { RawDialog } from './fixtures/raw-call.ts';
import { RawPeer, type RequestParts, sdp } from './fixtures/raw-peer.ts';

/** Calls in, against datagrams written by hand. */
let rig: EngineRig;
let peer: RawPeer;
let port: number;

beforeEach(async () => {
  rig = new EngineRig();
  peer = await RawPeer.open();
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
  port = ready.type === 'account' ? Number(ready.view.contact?.split(':').at(-1)) : 0;
});

afterEach(async () => {
  peer.polite = true;
  await rig.close();
  await peer[Symbol.asyncDispose]();
});

let calls = 0;

function invite(
  parts: Partial<RequestParts> = {},
  uri = `sip:alice@127.0.0.1:${port}`,
): { callId: string; branch: string } {
  calls += 1;
  const callId = `call-${calls}`;
  const { branch } = peer.request(
    'INVITE',
    uri,
    {
      from: '"Bob" <sip:bob@example.com>;tag=bob',
      to: '<sip:alice@127.0.0.1>',
      callId,
      cseq: 1,
      body: sdp(5000),
      ...parts,
    },
    port,
  );
  return { callId, branch };
}

async function incoming(parts: Partial<RequestParts> = {}, uri?: string): Promise<string> {
  invite(parts, uri);
  return (await rig.line({ state: 'incoming' })).call;
}

async function connected(parts: Partial<RequestParts> = {}): Promise<{ call: string; dialog: RawDialog }> {
  const call = await incoming(parts);
  await rig.ask('answer', { call, media: { port: 41_000 } });
  const dialog = RawDialog.calling(peer, await peer.next('200'));
  dialog.ack();
  return { call, dialog };
}

const rang = (): Promise<unknown> => peer.next('180');

describe('a call in', () => {
  it('rings, is answered and hung up by the caller', async () => {
    const call = await incoming();
    expect(rig.lines[0]).toMatchObject({
      account: 'alice',
      direction: 'in',
      remote: { uri: 'sip:bob@example.com', name: 'Bob' },
      dialled: 'sip:alice@127.0.0.1',
    });
    await rig.ask('ring', { call });
    await rang();
    await rig.ask('answer', { call, media: { port: 41_000 } });
    const answer = await peer.next('200');
    expect(answer.body).toContain('m=audio 41000 RTP/AVP 8');
    const dialog = RawDialog.calling(peer, answer);
    dialog.ack();
    expect(await rig.line({ state: 'connected' })).toMatchObject({ codec: 'PCMA' });
    dialog.request('BYE');
    await peer.next('200');
    expect((await rig.line({ state: 'ended' })).end).toMatchObject({ by: 'them', code: null, missed: false });
    expect(rig.engine.held.dialogs).toBe(0);
  });

  it('says a number of ours that was dialled', async () => {
    await incoming({}, `sip:+4930123@127.0.0.1:${port}`);
    expect(rig.lines[0]?.dialled).toBe(`sip:+4930123@127.0.0.1:${port}`);
  });

  it('is taken back: missed, unless somebody else has answered it', async () => {
    const parts = { from: '<sip:bob@example.com>;tag=bob', to: '<sip:alice@127.0.0.1>', cseq: 1 };
    const { callId, branch } = invite();
    await rig.line({ state: 'incoming' });
    const uri = `sip:alice@127.0.0.1:${port}`;
    peer.request('CANCEL', uri, { ...parts, callId, branch, contact: false }, port);
    await peer.next('487');
    expect((await rig.line({ state: 'ended' })).end).toEqual({
      by: 'them',
      code: 487,
      reason: 'the caller gave up',
      missed: true,
    });
    const other = invite();
    await rig.line({ state: 'incoming' });
    const headers = ['Reason: SIP;cause=200;text="Call completed elsewhere"'];
    peer.request('CANCEL', uri, { ...parts, ...other, contact: false, headers }, port);
    const { end } = await rig.line({ state: 'ended' }, 1);
    expect(end).toMatchObject({ reason: 'answered elsewhere', missed: false });
    expect(rig.engine.held.dialogs).toBe(0);
  });

  it('is refused with code and words', async () => {
    const call = await incoming();
    await rig.ask('ring', { call });
    await rig.ask('reject', { call, code: 486, reason: 'Busy Here' });
    await peer.next('486');
    expect((await rig.line({ state: 'ended' })).end).toMatchObject({ by: 'us', code: 486, missed: false });
    expect(rig.engine.held.dialogs).toBe(0);
  });

  it('rings reliably where the caller insists', async () => {
    const call = await incoming({ headers: ['Require: 100rel'] });
    await rig.ask('ring', { call });
    const ringing = await peer.next('180');
    expect(ringing.header('Require')).toBe('100rel');
    const dialog = RawDialog.calling(peer, ringing);
    dialog.request('PRACK', { headers: [`RAck: ${ringing.header('RSeq')} 1 INVITE`] });
    expect((await peer.next('200')).method).toBe('PRACK');
    await rig.ask('answer', { call, media: { port: 41_000 } });
    expect((await peer.next('200')).method).toBe('INVITE');
  });

  it('offers where the caller did not, and hangs up where no answer comes', async () => {
    const call = await incoming({ body: '' });
    await rig.ask('answer', { call, media: { port: 41_000 } });
    const offer = await peer.next('200');
    expect(offer.body).toContain('m=audio 41000 RTP/AVP 8 0 101');
    RawDialog.calling(peer, offer).ack(sdp(5002, { codec: '0 PCMU' }));
    expect(await rig.line({ codec: 'PCMU' })).toMatchObject({ state: 'connected' });
    const second = (await (invite({ body: '' }), rig.line({ state: 'incoming' }))).call;
    await rig.ask('answer', { call: second, media: { port: 41_002 } });
    RawDialog.calling(peer, await peer.next('200')).ack();
    await peer.next('BYE');
    expect((await rig.line({ call: second, state: 'ended' })).end?.reason).toBe(
      'the far end did not say where its audio goes',
    );
  });

  it('does not say BYE before the caller has confirmed the answer', async () => {
    const call = await incoming();
    await rig.ask('answer', { call, media: { port: 41_000 } });
    const answer = await peer.next('200');
    await rig.ask('hang_up', { call, reason: 'wrong number' });
    expect((await rig.line({ state: 'ended' })).end?.reason).toBe('wrong number');
    expect(peer.seen.some(({ start }) => start === 'BYE')).toBe(false);
    RawDialog.calling(peer, answer).ack();
    peer.reply(await peer.next('BYE'), '200 OK');
  });

  it('shows the name of who withholds the number only where the way is trusted', async () => {
    const anonymous = {
      from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x',
      headers: ['P-Asserted-Identity: "Carol" <sip:+49301234@example.com>', 'Privacy: id'],
    };
    await incoming(anonymous);
    expect(rig.lines[0]?.remote).toEqual({ uri: 'sip:anonymous@anonymous.invalid', name: 'Anonymous' });
  });
});

describe('what cannot be', () => {
  it.each([
    ['no common codec', { body: sdp(5000, { codec: '18 G729' }) }, '488'],
    ['no SDP', { body: 'garbage' }, '400'],
    ['another kind of body', { body: '{}', type: 'application/json' }, '415'],
    ['a session too short', { headers: ['Session-Expires: 30', 'Supported: timer'] }, '422'],
    ['an extension we lack', { headers: ['Require: telepathy'] }, '420'],
    ['no Contact', { contact: false }, '400'],
    ['the place of a call there is not', { headers: ['Replaces: a;to-tag=b;from-tag=c'] }, '481'],
    ['a Replaces of nothing', { headers: ['Replaces: a'] }, '400'],
  ])('%s is refused', async (_what, parts, code) => {
    invite(parts);
    await peer.next(code);
    expect(rig.lines).toEqual([]);
    expect(rig.engine.held.dialogs).toBe(0);
  });

  it('a BYE of nobody is answered 481, an OPTIONS 200', async () => {
    const parts = {
      from: '<sip:bob@example.com>;tag=bob',
      to: '<sip:alice@127.0.0.1>;tag=none',
      callId: 'x',
      cseq: 1,
    };
    peer.request('BYE', `sip:alice@127.0.0.1:${port}`, parts, port);
    await peer.next('481');
    const out = { ...parts, to: '<sip:alice@127.0.0.1>', callId: 'y' };
    peer.request('OPTIONS', `sip:alice@127.0.0.1:${port}`, out, port);
    expect((await peer.next('200')).header('Allow')).toContain('UPDATE');
  });

  it('no job is done on a call that is over', async () => {
    const { call, dialog } = await connected();
    dialog.request('BYE');
    await rig.line({ state: 'ended' });
    await rig.ask('hang_up', { call, reason: 'late' });
    await expect(rig.ask('hold', { call, on: true })).rejects.toThrow('there is no call');
  });
});

describe('session timers', () => {
  it('agrees to what the caller asks for', async () => {
    const call = await incoming({ headers: ['Session-Expires: 600;refresher=uac', 'Supported: timer'] });
    await rig.ask('answer', { call, media: { port: 41_000 } });
    const answer = await peer.next('200');
    expect(answer.header('Session-Expires')).toBe('600;refresher=uac');
    expect(answer.header('Require')).toBe('timer');
  });
});

describe('Replaces', () => {
  it('puts somebody else on the call: same call, same port, other far end', async () => {
    const { call, dialog } = await connected();
    const replaces = `Replaces: ${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}`;
    invite({ from: '"Carol" <sip:carol@example.com>;tag=carol', body: sdp(6000), headers: [replaces] });
    const answer = await peer.next('200');
    expect(answer.body).toContain('m=audio 41000');
    RawDialog.calling(peer, answer).ack();
    const bye = await peer.next('BYE');
    expect(bye.header('Call-ID')).toBe(dialog.callId);
    peer.reply(bye, '200 OK');
    expect(await rig.line({ call })).toMatchObject({
      state: 'connected',
      remote: { uri: 'sip:carol@example.com', name: 'Carol' },
    });
    expect(rig.media(call).at(-1)?.remote.port).toBe(6000);
    expect(rig.lines).toHaveLength(1);
  });

  it('picks up a call of ours that still rings elsewhere', async () => {
    const target = `sip:somebody@127.0.0.1:${peer.port}`;
    await rig.ask('place', { call: 'ours', account: 'alice', target, media: { port: 43_000 } });
    const ours = await peer.next('INVITE');
    peer.reply(ours, '180 Ringing');
    await rig.line({ call: 'ours', state: 'ringing' });
    const tag = /tag=([^;]+)/.exec(ours.header('From'))?.[1] ?? '';
    const replaces = `Replaces: ${ours.header('Call-ID')};to-tag=${tag};from-tag=peer;early-only`;
    invite({ from: '<sip:carol@example.com>;tag=carol', body: sdp(6000), headers: [replaces] });
    expect((await peer.next('200')).body).toContain('m=audio 43000');
    peer.reply(await peer.next('CANCEL'), '200 OK');
    expect(await rig.line({ call: 'ours', state: 'connected' })).toMatchObject({
      direction: 'out',
      remote: { uri: 'sip:carol@example.com' },
    });
  });

  it('keeps the call from who wanted it only while it rang', async () => {
    const { dialog } = await connected();
    const replaces = `Replaces: ${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag};early-only`;
    invite({ from: '<sip:carol@example.com>;tag=carol', headers: [replaces] });
    await peer.next('486');
  });
});

describe('the ladder', () => {
  it('has every message in order with its call, the first one too', async () => {
    const { call, dialog } = await connected();
    dialog.request('BYE');
    await peer.next('200');
    await rig.until(() => rig.steps('out', call).length === 3);
    expect(rig.steps('in', call)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(rig.steps('out', call)).toEqual(['100', '200', '200']);
  });
});
