import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineRig, account } from './fixtures/engine-rig.ts';
import { RawDialog } from './fixtures/raw-call.ts';
import { RawPeer, sdp } from './fixtures/raw-peer.ts';

/** Transfers either way, against datagrams written by hand. */
let rig: EngineRig;
let peer: RawPeer;
let third: RawPeer;

beforeEach(async () => {
  rig = new EngineRig();
  peer = await RawPeer.open();
  third = await RawPeer.open();
});

afterEach(async () => {
  peer.polite = true;
  third.polite = true;
  await rig.close();
  await peer[Symbol.asyncDispose]();
  await third[Symbol.asyncDispose]();
});

async function connected(call = 'c', to = peer): Promise<RawDialog> {
  await rig.ask('place', { call, account: null, target: to.uri, media: { port: 40_000 } });
  const invite = await to.next('INVITE');
  to.reply(invite, '200 OK', { sdp: sdp(5000) });
  await to.next('ACK');
  await rig.line({ call, state: 'connected' });
  return RawDialog.called(to, invite);
}

function tell(dialog: RawDialog, status: string, state = 'active;expires=60'): void {
  dialog.request('NOTIFY', {
    headers: ['Event: refer', `Subscription-State: ${state}`],
    type: 'message/sipfrag',
    body: `SIP/2.0 ${status}\r\n`,
  });
}

describe('a blind transfer of ours', () => {
  it('is told step by step, and ends our call when it is done', async () => {
    const dialog = await connected();
    const asking = rig.ask('transfer', { call: 'c', target: 'sip:carol@example.com' });
    const refer = await peer.next('REFER');
    expect(refer.header('Refer-To')).toBe('<sip:carol@example.com>');
    peer.reply(refer, '202 Accepted');
    await asking;
    tell(dialog, '100 Trying');
    await rig.until(() => rig.lines[0]?.transfer?.message === 'the far end calls');
    tell(dialog, '180 Ringing');
    await rig.until(() => rig.lines[0]?.transfer?.message === 'it rings there');
    tell(dialog, '200 OK', 'terminated;reason=noresource');
    peer.reply(await peer.next('BYE'), '200 OK');
    expect(await rig.line({ state: 'ended' })).toMatchObject({
      end: { by: 'us', reason: 'transferred to sip:carol@example.com' },
      transfer: { state: 'done', target: 'sip:carol@example.com' },
    });
  });

  it('that fails leaves the call as it is', async () => {
    const dialog = await connected();
    const asking = rig.ask('transfer', { call: 'c', target: 'sip:carol@example.com' });
    peer.reply(await peer.next('REFER'), '202 Accepted');
    await asking;
    tell(dialog, '486 Busy Here', 'terminated;reason=noresource');
    await rig.until(() => rig.lines[0]?.transfer?.state === 'failed');
    expect(rig.lines[0]).toMatchObject({ state: 'connected', transfer: { message: 'busy (486)' } });
  });

  it('that is not wanted is refused', async () => {
    await connected();
    const asking = rig.ask('transfer', { call: 'c', target: 'sip:carol@example.com' });
    peer.reply(await peer.next('REFER'), '603 Decline');
    await expect(asking).rejects.toThrow('the far end did not transfer the call: declined (603)');
    expect(rig.lines[0]).toMatchObject({ state: 'connected', transfer: { state: 'failed' } });
  });

  it('counts as done when the far end agreed and hangs up', async () => {
    const dialog = await connected();
    const asking = rig.ask('transfer', { call: 'c', target: 'sip:carol@example.com' });
    peer.reply(await peer.next('REFER'), '202 Accepted');
    await asking;
    dialog.request('BYE');
    expect(await rig.line({ state: 'ended' })).toMatchObject({
      end: { by: 'them', reason: 'transferred to sip:carol@example.com' },
      transfer: { state: 'done' },
    });
  });

  it('needs no NOTIFY where the far end will send none', async () => {
    await connected();
    const asking = rig.ask('transfer', { call: 'c', target: 'sip:carol@example.com' });
    peer.reply(await peer.next('REFER'), '202 Accepted', { headers: ['Refer-Sub: false'] });
    await asking;
    await peer.next('BYE');
  });
});

describe('an attended transfer of ours', () => {
  it('names the other call so that its far end finds it', async () => {
    const first = await connected('one', peer);
    const second = await connected('two', third);
    const joining = rig.ask('join', { call: 'one', other: 'two' });
    const refer = await peer.next('REFER');
    peer.reply(refer, '202 Accepted');
    await joining;
    const value = decodeURIComponent(/Replaces=([^>]*)/.exec(refer.header('Refer-To'))?.[1] ?? '');
    // Tags as the receiver of the INVITE sees them (RFC 3891, section 3).
    expect(value).toBe(`${second.callId};to-tag=${second.localTag};from-tag=${second.remoteTag}`);
    expect(refer.header('Refer-To')).toContain(`sip:peer@127.0.0.1:${third.port}`);
    tell(first, '200 OK', 'terminated;reason=noresource');
    peer.reply(await peer.next('BYE'), '200 OK');
    await rig.line({ call: 'one', state: 'ended' });
    second.request('BYE');
    expect((await rig.line({ call: 'two', state: 'ended' })).end).toMatchObject({
      by: 'them',
      reason: `joined with sip:peer@127.0.0.1:${peer.port}`,
    });
  });
});

describe('three Sidetones', () => {
  it('leave two of them talking when the one between transfers', async () => {
    const ends = [new EngineRig(), new EngineRig()];
    const [left, right] = ends;
    if (!left || !right) throw new Error('two were made');
    const contacts = await Promise.all(ends.map((each, index) => listen(each, `user${index}`)));
    await Promise.all(
      contacts.map((contact, index) =>
        rig.ask('place', {
          call: `call${index}`,
          account: null,
          target: contact,
          media: { port: 40_000 + index * 2 },
        }),
      ),
    );
    const lines = await Promise.all(ends.map((each) => each.line({ state: 'incoming' })));
    await left.ask('answer', { call: lines[0]?.call ?? '', media: { port: 50_000 } });
    await right.ask('answer', { call: lines[1]?.call ?? '', media: { port: 60_000 } });
    await rig.line({ call: 'call0', state: 'connected' });
    await rig.line({ call: 'call1', state: 'connected' });
    await rig.ask('hold', { call: 'call0', on: true });
    await rig.ask('join', { call: 'call0', other: 'call1' });
    await rig.line({ call: 'call0', state: 'ended' });
    await rig.line({ call: 'call1', state: 'ended' });
    await left.until(() => left.media(lines[0]?.call ?? '').at(-1)?.remote.port === 60_000);
    await right.until(() => right.media(lines[1]?.call ?? '').at(-1)?.remote.port === 50_000);
    for (const each of ends) {
      expect(each.lines).toHaveLength(1);
      expect(each.lines[0]).toMatchObject({ state: 'connected', heldByThem: false });
      await expect.poll(() => each.engine.held.dialogs).toBe(1);
      expect(each.notices).toEqual([]);
    }
    await left.ask('hang_up', { call: lines[0]?.call ?? '', reason: 'bye' });
    await right.line({ state: 'ended' });
    await Promise.all(ends.map((each) => each.close()));
  });
});

async function listen(each: EngineRig, name: string): Promise<string> {
  const settings = {
    aor: `sip:${name}@127.0.0.1`,
    register: false,
    bind: '127.0.0.1:0',
    allow: ['127.0.0.0/8'],
  };
  await each.ask('accounts', { accounts: [account(name, settings)] });
  const ready = await each.until(({ said }) =>
    said.find((message) => message.type === 'account' && message.view.state === 'ready'),
  );
  return ready.type === 'account' ? `sip:${name}@${ready.view.contact ?? ''}` : '';
}

describe('being transferred', () => {
  it('calls whom the far end names; call and port stay', async () => {
    const dialog = await connected();
    dialog.request('REFER', { headers: [`Refer-To: <${third.uri}>`, 'Referred-By: <sip:boss@example.com>'] });
    await peer.next('202');
    const trying = await peer.next('NOTIFY');
    expect(trying.body).toBe('SIP/2.0 100 Trying\r\n');
    peer.reply(trying, '200 OK');
    const invite = await third.next('INVITE');
    expect(invite.header('Referred-By')).toBe('<sip:boss@example.com>');
    expect(invite.body).toContain('m=audio 40000');
    third.reply(invite, '200 OK', { sdp: sdp(7000) });
    await third.next('ACK');
    const done = await peer.next('NOTIFY');
    expect(done.body).toContain('SIP/2.0 200');
    expect(done.header('Subscription-State')).toContain('terminated');
    peer.reply(done, '200 OK');
    dialog.request('BYE');
    await peer.next('200');
    expect(await rig.line({ call: 'c' })).toMatchObject({
      state: 'connected',
      remote: { uri: `sip:peer@127.0.0.1:${third.port}` },
      transfer: { state: 'done' },
    });
    expect(rig.media('c').at(-1)?.remote.port).toBe(7000);
  });

  it('goes on with the old far end where nobody answers', async () => {
    const dialog = await connected();
    dialog.request('REFER', { headers: [`Refer-To: <${third.uri}>`] });
    peer.reply(await peer.next('NOTIFY'), '200 OK');
    third.reply(await third.next('INVITE'), '486 Busy Here');
    const said = await peer.next('NOTIFY');
    expect(said.body).toContain('SIP/2.0 486');
    peer.reply(said, '200 OK');
    expect(await rig.line({ call: 'c' })).toMatchObject({
      state: 'connected',
      transfer: { state: 'failed' },
    });
  });

  it('survives the end of the old dialog while the new one rings, and ends where that fails', async () => {
    const dialog = await connected();
    dialog.request('REFER', { headers: [`Refer-To: <${third.uri}>`, 'Refer-Sub: false'] });
    expect((await peer.next('202')).header('Refer-Sub')).toBe('false');
    const invite = await third.next('INVITE');
    dialog.request('BYE');
    await peer.next('200');
    expect((await rig.line({ call: 'c' })).state).toBe('connected');
    third.reply(invite, '404 Not Found');
    expect((await rig.line({ state: 'ended' })).end).toMatchObject({ by: 'them', reason: 'hung up' });
    expect(peer.seen.some(({ start }) => start === 'NOTIFY')).toBe(false);
  });

  it('carries Replaces on where it was given', async () => {
    const dialog = await connected();
    const target = `<${third.uri}?Replaces=abc%40host%3Bto-tag%3Dt%3Bfrom-tag%3Df>`;
    dialog.request('REFER', { headers: [`Refer-To: ${target}`] });
    expect((await third.next('INVITE')).header('Replaces')).toBe('abc@host;to-tag=t;from-tag=f');
  });

  it.each(['Refer-To: <mailto:a@b>', 'Refer-To: <sip:a@127.0.0.1;method=BYE>', 'X: y'])(
    'refuses %s',
    async (header) => {
      const dialog = await connected();
      dialog.request('REFER', { headers: [header] });
      await peer.next('400');
    },
  );
});
