import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineRig } from './fixtures/engine-rig.ts';
import { RawDialog } from './fixtures/raw-call.ts';
import { type RawMessage, RawPeer, sdp } from './fixtures/raw-peer.ts';

/** Calls out, against datagrams written by hand. */
let rig: EngineRig;
let peer: RawPeer;

beforeEach(async () => {
  rig = new EngineRig();
  peer = await RawPeer.open();
});

afterEach(async () => {
  peer.polite = true;
  await rig.close();
  await peer[Symbol.asyncDispose]();
});

async function place(): Promise<RawMessage> {
  await rig.ask('place', { call: 'c', account: null, target: peer.uri, media: { port: 40_000 } });
  return peer.next('INVITE');
}

/** A call that is answered. */
async function connected(): Promise<RawDialog> {
  const invite = await place();
  peer.reply(invite, '200 OK', { sdp: sdp(5000), headers: ['Allow: INVITE, ACK, BYE, UPDATE'] });
  await peer.next('ACK');
  await rig.line({ state: 'connected' });
  return RawDialog.called(peer, invite);
}

describe('a call out', () => {
  it('offers our codecs, rings, is answered, and is hung up by us', async () => {
    const invite = await place();
    expect(invite.body).toContain('m=audio 40000 RTP/AVP 8 0 101');
    expect(invite.header('Supported')).toContain('100rel');
    expect(invite.header('Session-Expires')).toBe('1800');
    peer.reply(invite, '180 Ringing');
    await rig.line({ state: 'ringing' });
    peer.reply(invite, '200 OK', { sdp: sdp(5000) });
    await peer.next('ACK');
    const line = await rig.line({ state: 'connected' });
    expect(line).toMatchObject({ codec: 'PCMA', heldByThem: false, direction: 'out', account: 'direct' });
    expect(rig.media('c').at(-1)).toMatchObject({
      remote: { address: '127.0.0.1', port: 5000 },
      sends: true,
    });
    await rig.ask('hang_up', { call: 'c', reason: 'enough' });
    const bye = await peer.next('BYE');
    peer.reply(bye, '200 OK');
    expect(await rig.line({ state: 'ended' })).toMatchObject({
      end: { by: 'us', code: null, reason: 'enough' },
    });
    expect(rig.engine.held.dialogs).toBe(0);
  });

  it.each([
    ['486 Busy Here', { by: 'them', code: 486, reason: 'busy (486)' }],
    ['603 Decline', { by: 'them', code: 603, reason: 'declined (603)' }],
    ['404 Not Found', { by: 'them', code: 404, reason: 'not found (404)' }],
    ['599 Odd', { by: 'them', code: 599, reason: 'odd (599)' }],
  ])('ends with %s', async (status, end) => {
    peer.reply(await place(), status);
    expect((await rig.line({ state: 'ended' })).end).toMatchObject(end);
    expect(rig.engine.held.dialogs).toBe(0);
  });

  it('tells what a Warning says', async () => {
    peer.reply(await place(), '488 Not Acceptable Here', { headers: ['Warning: 305 pbx "only G.729 here"'] });
    expect((await rig.line({ state: 'ended' })).end?.reason).toBe(
      'not acceptable there (488): only G.729 here',
    );
  });

  it('takes early audio from every branch and the call from the one that answers', async () => {
    const invite = await place();
    peer.reply(invite, '183 Session Progress', { tag: 'a', sdp: sdp(5000) });
    await rig.line({ state: 'early' });
    peer.reply(invite, '183 Session Progress', { tag: 'b', sdp: sdp(6000) });
    await rig.until((all) => all.media('c').length === 2);
    peer.reply(invite, '200 OK', { tag: 'c', sdp: sdp(7000) });
    await peer.next('ACK');
    await rig.line({ state: 'connected' });
    expect(rig.media('c').map(({ remote }) => remote.port)).toEqual([5000, 6000, 7000]);
    peer.reply(invite, '200 OK', { tag: 'b', sdp: sdp(6000) });
    const ack = await peer.next('ACK');
    expect(ack.header('To')).toContain('tag=b');
    const bye = await peer.next('BYE');
    expect(bye.header('To')).toContain('tag=b');
    peer.reply(bye, '200 OK');
    expect((await rig.line({ call: 'c' })).state).toBe('connected');
  });

  it('rings and has early audio where the responses have no tag, and the call is with the tag that answers', async () => {
    const invite = await place();
    peer.reply(invite, '180 Ringing', { tag: '' });
    await rig.line({ state: 'ringing' });
    peer.reply(invite, '183 Session Progress', { tag: '', sdp: sdp(5000) });
    await rig.line({ state: 'early' });
    peer.reply(invite, '200 OK', { tag: 'real', sdp: sdp(6000) });
    expect((await peer.next('ACK')).header('To')).toMatch(/;tag=real$/);
    await rig.line({ state: 'connected' });
    expect(rig.media('c').map(({ remote }) => remote.port)).toEqual([5000, 6000]);
    await rig.ask('hang_up', { call: 'c', reason: 'enough' });
    const bye = await peer.next('BYE');
    expect(bye.header('To')).toMatch(/;tag=real$/);
    peer.reply(bye, '200 OK');
    await rig.line({ state: 'ended' });
  });

  it('acknowledges reliable responses, and keeps the answer they carried', async () => {
    const invite = await place();
    peer.reply(invite, '183 Session Progress', {
      sdp: sdp(5000),
      headers: ['Require: 100rel', 'RSeq: 17'],
    });
    const prack = await peer.next('PRACK');
    expect(prack.header('RAck')).toBe(`17 ${invite.cseq} INVITE`);
    peer.reply(prack, '200 OK');
    await rig.line({ state: 'early' });
    peer.reply(invite, '200 OK');
    await peer.next('ACK');
    expect(await rig.line({ state: 'connected' })).toMatchObject({ codec: 'PCMA' });
  });

  it('takes an UPDATE before the answer, once a first answer is there', async () => {
    const invite = await place();
    peer.reply(invite, '183 Session Progress', {
      sdp: sdp(5000),
      headers: ['Require: 100rel', 'RSeq: 1'],
    });
    peer.reply(await peer.next('PRACK'), '200 OK');
    await rig.line({ state: 'early' });
    const dialog = RawDialog.called(peer, invite);
    dialog.request('UPDATE', { body: sdp(5008, { version: 2 }) });
    expect((await peer.next('200')).body).toContain('m=audio 40000');
    await rig.until(() => rig.media('c').at(-1)?.remote.port === 5008);
    peer.reply(invite, '200 OK');
    await peer.next('ACK');
    await rig.line({ state: 'connected' });
    expect(rig.media('c').at(-1)?.remote.port).toBe(5008);
  });

  it('ends a call whose answer names no audio', async () => {
    peer.reply(await place(), '200 OK');
    await peer.next('ACK');
    await peer.next('BYE');
    const { end } = await rig.line({ state: 'ended' });
    expect(end?.reason).toBe('no audio could be agreed on: it did not say where its audio goes');
  });

  it('cancels, and hangs up where the answer crosses the CANCEL', async () => {
    const invite = await place();
    peer.reply(invite, '180 Ringing');
    await rig.line({ state: 'ringing' });
    await rig.ask('hang_up', { call: 'c', reason: 'changed my mind' });
    expect((await rig.line({ state: 'ended' })).end).toMatchObject({ by: 'us', code: 487 });
    const cancel = await peer.next('CANCEL');
    expect(cancel.cseq).toBe(invite.cseq);
    peer.reply(cancel, '200 OK');
    peer.reply(invite, '200 OK', { sdp: sdp(5000) });
    await peer.next('ACK');
    peer.reply(await peer.next('BYE'), '200 OK');
    await rig.until(() => rig.engine.held.dialogs === 0);
  });

  it('cancels only after the far end has said anything at all', async () => {
    const invite = await place();
    await rig.ask('hang_up', { call: 'c', reason: 'no' });
    expect(peer.seen.map(({ start }) => start)).toEqual(['INVITE']);
    peer.reply(invite, '100 Trying');
    peer.reply(await peer.next('CANCEL'), '200 OK');
    peer.reply(invite, '487 Request Terminated');
    await peer.next('ACK');
  });

  it('follows a redirection with the same Call-ID, and stops at one that goes in circles', async () => {
    const invite = await place();
    peer.reply(invite, '302 Moved', {
      contact: false,
      headers: [`Contact: <sip:other@127.0.0.1:${peer.port}>`],
    });
    const second = await peer.next('INVITE');
    expect(second.uri).toBe(`sip:other@127.0.0.1:${peer.port}`);
    expect(second.header('Call-ID')).toBe(invite.header('Call-ID'));
    expect(second.cseq).toBeGreaterThan(invite.cseq);
    peer.reply(second, '302 Moved', { contact: false, headers: [`Contact: <${peer.uri}>`] });
    expect((await rig.line({ state: 'ended' })).end).toMatchObject({ code: 302 });
  });

  it('asks for a longer session where ours is too short for somebody', async () => {
    const invite = await place();
    peer.reply(invite, '422 Session Interval Too Small', { headers: ['Min-SE: 3600'] });
    const second = await peer.next('INVITE');
    expect(second.header('Session-Expires')).toBe('3600');
    expect(second.header('Min-SE')).toBe('3600');
    peer.reply(second, '486 Busy Here');
    await rig.line({ state: 'ended' });
  });

  it('connects where the far end forgot its Contact', async () => {
    peer.reply(await place(), '200 OK', { sdp: sdp(5000), contact: false });
    await peer.next('ACK');
    await rig.line({ state: 'connected' });
  });

  it('ends when the far end hangs up, with what it says', async () => {
    const dialog = await connected();
    dialog.request('BYE', { headers: ['Reason: Q.850;cause=38;text="Network out of order"'] });
    await peer.next('200');
    expect((await rig.line({ state: 'ended' })).end).toEqual({
      by: 'them',
      code: null,
      reason: 'hung up: Network out of order',
      missed: false,
    });
  });

  it('is refused what is no address', async () => {
    const wrong = { call: 'c', account: null, target: 'bob', media: { port: 40_000 } };
    await expect(rig.ask('place', wrong)).rejects.toThrow('without an account "bob" cannot be called');
    const unknown = { call: 'c', account: 'alice', target: 'bob', media: { port: 40_000 } };
    await expect(rig.ask('place', unknown)).rejects.toThrow('there is no account alice');
  });
});

describe('holding', () => {
  it('asks by re-INVITE both ways, and keeps the call where it is refused', async () => {
    await connected();
    const holding = rig.ask('hold', { call: 'c', on: true });
    const hold = await peer.next('INVITE');
    expect(hold.body).toContain('a=sendonly');
    peer.reply(hold, '200 OK', { sdp: sdp(5000, { way: 'recvonly' }) });
    await peer.next('ACK');
    await holding;
    expect(await rig.line({ heldByUs: true })).toMatchObject({ heldByThem: false });
    const resuming = rig.ask('hold', { call: 'c', on: false });
    const resume = await peer.next('INVITE');
    peer.reply(resume, '403 Forbidden');
    await expect(resuming).rejects.toThrow('the far end did not agree to go on: forbidden (403)');
    expect(await rig.line({ call: 'c' })).toMatchObject({ heldByUs: true, state: 'connected' });
  });

  it('is held by theirs, also by UPDATE', async () => {
    const dialog = await connected();
    dialog.request('INVITE', { body: sdp(5000, { way: 'sendonly', version: 2 }) });
    expect((await peer.next('200')).body).toContain('a=recvonly');
    dialog.ack();
    await rig.line({ heldByThem: true });
    dialog.request('UPDATE', { body: sdp(5002, { version: 3 }) });
    expect((await peer.next('200')).body).toContain('a=sendrecv');
    await rig.line({ heldByThem: false });
    expect(rig.media('c').at(-1)?.remote.port).toBe(5002);
    dialog.request('UPDATE');
    const refreshed = await peer.next('200');
    expect(refreshed.method).toBe('UPDATE');
    expect(refreshed.body).toBe('');
  });

  it('offers when asked without an offer, and takes the answer from the ACK', async () => {
    const dialog = await connected();
    dialog.request('INVITE');
    const offer = await peer.next('200');
    expect(offer.body).toContain('m=audio 40000');
    dialog.ack(sdp(5004, { way: 'sendonly' }));
    await rig.line({ heldByThem: true });
    expect(rig.media('c').at(-1)?.remote.port).toBe(5004);
  });

  it('answers the same description alike, and what it cannot agree to with 488', async () => {
    const dialog = await connected();
    dialog.request('INVITE', { body: sdp(5000) });
    const first = await peer.next('200');
    dialog.ack();
    dialog.request('INVITE', { body: sdp(5000) });
    const second = await peer.next('200');
    dialog.ack();
    expect(second.body).toBe(first.body);
    dialog.request('INVITE', { body: sdp(5000, { codec: '18 G729' }) });
    const refused = await peer.next('488');
    expect(refused.header('Warning')).toMatch(/^305 /);
    expect((await rig.line({ call: 'c' })).state).toBe('connected');
  });

  it('gives way when both change the call at once, and tries again', async () => {
    rig = new EngineRig(() => 0);
    const dialog = await connected();
    const holding = rig.ask('hold', { call: 'c', on: true });
    const ours = await peer.next('INVITE');
    dialog.request('INVITE', { body: sdp(5000) });
    expect((await peer.next('491')).method).toBe('INVITE');
    dialog.request('UPDATE', { body: sdp(5000) });
    expect((await peer.next('491')).method).toBe('UPDATE');
    peer.reply(ours, '491 Request Pending');
    const again = await peer.next('INVITE');
    peer.reply(again, '200 OK', { sdp: sdp(5000, { way: 'recvonly' }) });
    await holding;
    expect(await rig.line({ call: 'c' })).toMatchObject({ heldByUs: true });
  });

  it('ends a call that the far end no longer knows', async () => {
    await connected();
    const holding = rig.ask('hold', { call: 'c', on: true });
    peer.reply(await peer.next('INVITE'), '481 Call/Transaction Does Not Exist');
    await expect(holding).rejects.toThrow('(481)');
    expect((await rig.line({ state: 'ended' })).end).toMatchObject({
      by: 'network',
      reason: 'the far end does not know this call (481)',
    });
  });
});

describe('keys by INFO', () => {
  it('sends them one after the other, and says when they are not taken', async () => {
    await connected();
    const sending = rig.ask('keys', { call: 'c', digits: '1#' });
    const first = await peer.next('INFO');
    expect(first.body).toBe('Signal=1\r\nDuration=160\r\n');
    peer.reply(first, '200 OK');
    const second = await peer.next('INFO');
    expect(second.body).toContain('Signal=#');
    peer.reply(second, '415 Unsupported Media Type');
    await expect(sending).rejects.toThrow('the far end took no key by SIP INFO');
  });

  it('hears them', async () => {
    const dialog = await connected();
    dialog.request('INFO', { type: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=240\r\n' });
    await peer.next('200');
    dialog.request('INFO', { type: 'application/dtmf', body: '*' });
    await peer.next('200');
    dialog.request('INFO', { type: 'application/json', body: '{}' });
    await peer.next('415');
    expect(rig.said.filter(({ type }) => type === 'key')).toMatchObject([
      { digit: '5', durationMs: 240 },
      { digit: '*', durationMs: 160 },
    ]);
  });
});
