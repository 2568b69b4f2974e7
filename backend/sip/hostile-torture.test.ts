import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { EngineRig, account } from './fixtures/engine-rig.ts';
import { RawDialog } from './fixtures/raw-call.ts';
import { RawPeer, sdp, type RawMessage } from './fixtures/raw-peer.ts';
import { TORTURE, type TortureMessage } from './fixtures/torture.ts';

/** One account, a call that goes on all the time, and beside it every message of RFC 4475 and RFC 5118. */
const rig = new EngineRig();
let friend: RawPeer;
let dialog: RawDialog;
let port: number;
/** Of the call's own INVITE, whose transaction outlives its answer (RFC 6026). */
let servers: number;

beforeAll(async () => {
  friend = await RawPeer.open();
  // As the proxy it may say anything, at any rate.
  const settings = {
    aor: 'sip:alice@127.0.0.1',
    register: false,
    proxy: `127.0.0.1:${friend.port}`,
  } as const;
  await rig.ask('accounts', { accounts: [account('alice', { ...settings, transport: 'udp' })] });
  const ready = await rig.until(({ said }) =>
    said.find((each) => each.type === 'account' && each.view.state === 'ready'),
  );
  port = ready.type === 'account' ? Number(ready.view.contact?.split(':').at(-1)) : 0;
  const parts = { from: '<sip:bob@example.com>;tag=bob', to: '<sip:alice@127.0.0.1>', callId: 'going-on' };
  friend.request('INVITE', `sip:alice@127.0.0.1:${port}`, { ...parts, cseq: 1, body: sdp(5000) }, port);
  const { call } = await rig.line({ state: 'incoming' });
  await rig.ask('answer', { call, media: { port: 41_000 } });
  dialog = RawDialog.calling(friend, await friend.next('200'));
  dialog.ack();
  await rig.line({ state: 'connected' });
  ({ servers } = rig.engine.held);
});

afterAll(async () => {
  await rig.close();
  await friend[Symbol.asyncDispose]();
});

/** Sends it, and after it a request that is always answered: what has come by then is all that will. */
async function outcomeOf({ text }: TortureMessage): Promise<TortureMessage['expected']> {
  await using peer = await RawPeer.open();
  const known = rig.lines.length;
  peer.send(text.replaceAll('{port}', String(peer.port)), port);
  await probe(peer, 1);
  const rung = rig.lines[known];
  if (rung) {
    await rig.ask('reject', { call: rung.call, code: 486, reason: '' });
    acknowledge(peer, await peer.next('486'));
    await probe(peer, 2);
    return 'rings';
  }
  const answers = peer.seen.filter((message) => !message.header('Call-ID').startsWith('probe-'));
  expect(answers.length).toBeLessThanOrEqual(1);
  const [answer] = answers;
  if (answer?.method === 'INVITE') acknowledge(peer, answer);
  await probe(peer, 2);
  return answer ? Number(answer.start) : 'silence';
}

async function probe(peer: RawPeer, cseq: number): Promise<void> {
  const callId = `probe-${peer.port}-${cseq}`;
  const parts = { from: '<sip:p@example.com>;tag=p', to: '<sip:alice@127.0.0.1>', cseq, contact: false };
  peer.request('OPTIONS', 'sip:alice@127.0.0.1', { ...parts, callId }, port);
  for (;;) if ((await peer.next('200')).header('Call-ID') === callId) return;
}

/** RFC 3261 section 17.1.1.3. */
function acknowledge(peer: RawPeer, refusal: RawMessage): void {
  const copied = ['From', 'To', 'Call-ID'].map((name) => `${name}: ${refusal.header(name)}`);
  const [via = ''] = refusal.headers('Via');
  const lines = ['ACK sip:alice@127.0.0.1 SIP/2.0', `Via: ${via}`, ...copied, `CSeq: ${refusal.cseq} ACK`];
  peer.send([...lines, 'Content-Length: 0', '', ''].join('\r\n'), port);
}

it.each(TORTURE)('$name: $expected', async (message) => {
  expect(await outcomeOf(message)).toBe(message.expected);
});

/** sip.js forgets an answered request only after a timer of 0 ms. */
const held = (what: typeof rig.engine.held): Promise<void> =>
  vi.waitFor(() => expect(rig.engine.held).toEqual(what));

it('leaves the call as it was, and nothing behind', async () => {
  await held({ dialogs: 1, servers, clients: 0 });
  expect(rig.lines[0]).toMatchObject({ state: 'connected' });
  dialog.request('BYE');
  await friend.next('200');
  expect(await rig.line({ state: 'ended' })).toMatchObject({ end: { by: 'them' } });
  await held({ dialogs: 0, servers, clients: 0 });
});
