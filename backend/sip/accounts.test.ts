import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountSettings } from '../contract/sip.ts';
import { changeOf, passingAccount } from './accounts.ts';
import { EngineRig, account } from './fixtures/engine-rig.ts';
import { RawPeer } from './fixtures/raw-peer.ts';
import { parseUri } from './sip-js.ts';

const base = { aor: 'sip:alice@127.0.0.1', register: false, bind: '127.0.0.1:0', allow: ['127.0.0.0/8'] };

function alice(
  settings: Partial<AccountSettings> = {},
  password: string | null = null,
): ReturnType<typeof account> {
  return account('alice', { ...base, ...settings }, password);
}

describe('a changed account', () => {
  it('is nothing, other manners, or begun anew', () => {
    expect(changeOf(alice(), alice())).toBe('none');
    expect(changeOf(alice(), alice({ who: 'ring', codecs: ['PCMU'] }))).toBe('manners');
    expect(changeOf(alice(), alice({}, 'new'))).toBe('anew');
    expect(changeOf(alice(), alice({ proxy: '10.0.0.1' }))).toBe('anew');
  });

  it('without anybody’s account is one for each far end', () => {
    const uri = parseUri('sip:bob@10.0.0.1:5070;transport=TCP');
    expect(uri && passingAccount(uri)).toMatchObject({
      key: 'sip:sidetone@10.0.0.1:5070;tcp',
      account: { settings: { register: false, transport: 'tcp' } },
    });
  });
});

describe('accounts of an engine', () => {
  let rig: EngineRig;

  beforeEach(() => {
    rig = new EngineRig();
  });

  afterEach(async () => {
    await rig.close();
  });

  const contacts = (name: string): string[] =>
    rig.said.flatMap((each) =>
      each.type === 'account' && each.view.name === name && each.view.state === 'ready'
        ? [each.view.contact ?? '']
        : [],
    );

  async function two(): Promise<{ from: string; to: string }> {
    const bob = account('bob', { ...base, aor: 'sip:bob@127.0.0.1' });
    await rig.ask('accounts', { accounts: [alice(), bob] });
    await rig.until(() => contacts('alice').length > 0 && contacts('bob').length > 0);
    const target = `sip:bob@${contacts('bob')[0] ?? ''}`;
    await rig.ask('place', { call: 'out', account: 'alice', target, media: { port: 40_000 } });
    const { call } = await rig.line({ direction: 'in' });
    await rig.ask('answer', { call, media: { port: 41_000 } });
    await rig.line({ call: 'out', state: 'connected' });
    return { from: 'out', to: call };
  }

  it('call each other', async () => {
    const { to } = await two();
    expect(rig.lines.find(({ call }) => call === to)).toMatchObject({
      account: 'bob',
      remote: { uri: 'sip:alice@127.0.0.1' },
    });
    await rig.ask('hang_up', { call: to, reason: 'done' });
    await rig.line({ call: 'out', state: 'ended' });
    await rig.until(() => rig.engine.held.dialogs === 0);
  });

  it('call themselves', async () => {
    await rig.ask('accounts', { accounts: [alice()] });
    await rig.until(() => contacts('alice').length > 0);
    const target = `sip:alice@${contacts('alice')[0] ?? ''}`;
    await rig.ask('place', { call: 'out', account: 'alice', target, media: { port: 40_000 } });
    const { call } = await rig.line({ direction: 'in' });
    await rig.ask('answer', { call, media: { port: 41_000 } });
    await rig.line({ call: 'out', state: 'connected' });
    await rig.ask('hang_up', { call: 'out', reason: 'done' });
    expect((await rig.line({ call, state: 'ended' })).end?.by).toBe('them');
    await rig.until(() => rig.engine.held.dialogs === 0);
  });

  it('that stay as they are keep their calls, and so do changed and removed ones until they are over', async () => {
    const { from, to } = await two();
    const bob = account('bob', { ...base, aor: 'sip:bob@127.0.0.1' });
    await rig.ask('accounts', { accounts: [alice({}, 'another'), bob] });
    await rig.until(() => contacts('alice').length === 2);
    expect(contacts('alice')[1]).not.toBe(contacts('alice')[0]);
    expect(contacts('bob')).toHaveLength(1);
    await rig.ask('hold', { call: from, on: true });
    expect(await rig.line({ call: to })).toMatchObject({ heldByThem: true });
    await rig.ask('accounts', { accounts: [] });
    await rig.ask('hold', { call: from, on: false });
    await rig.ask('hang_up', { call: from, reason: 'done' });
    await rig.line({ call: to, state: 'ended' });
  });

  it('that are begun anew on a port by number wait until it is free', async () => {
    const peer = await RawPeer.open();
    const bind = `127.0.0.1:${peer.port}`;
    await peer[Symbol.asyncDispose]();
    await rig.ask('accounts', { accounts: [alice({ bind })] });
    await rig.until(() => contacts('alice').length === 1);
    await rig.ask('accounts', { accounts: [alice({ bind }, 'another')] });
    await rig.until(() => contacts('alice').length === 2);
    expect(contacts('alice')).toEqual([bind, bind]);
  });

  it('says which accounts there are', async () => {
    await rig.ask('accounts', { accounts: [alice()] });
    await expect(rig.ask('refresh', { account: 'carol' })).rejects.toMatchObject({ hint: 'There is alice.' });
  });

  it('that cannot begin says why, and a call by it says so too', async () => {
    await rig.ask('accounts', { accounts: [alice({ bind: '192.0.2.1:5060' })] });
    await rig.until(({ said }) =>
      said.some((each) => each.type === 'account' && each.view.state === 'failed'),
    );
    const order = { call: 'out', account: 'alice', target: 'sip:bob@192.0.2.7', media: { port: 40_000 } };
    await expect(rig.ask('place', order)).rejects.toThrow('account alice is not up');
    expect(rig.lines).toEqual([]);
  });
});
