import { newCallId } from '../base/call-id.ts';
import { explain } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Account, LineView, NegotiatedMedia } from '../contract/sip.ts';
import type { Told } from './ping.ts';
import { ToneEnd, type Heard } from './tone-end.ts';
import type { Trial } from './trial.ts';

const RING_MS = 15_000;
const MEDIA_MS = 3000;
const TONE_MS = 1000;
/** What arrives in that time of a tone that began a moment apart at either end, on a line that loses little. */
const MOST_OF_IT = 0.8;

/**
 * Has the account call its own address through its server, answers, and sends a tone both ways for a moment: no echo
 * service is certain to exist, but this number is. `trial` has the account up already. Other telephones of the same
 * address may ring for an instant.
 */
export async function echo(trial: Trial, account: Account, family: 'udp4' | 'udp6'): Promise<Told> {
  const { aor, register } = account.settings;
  if (!register) return cannot('the account does not register, so no server can send it a call');
  await using scope = new Scope();
  // Who calls is an account of its own: no telephone has to answer itself.
  const caller: Account = {
    ...account,
    name: `${account.name}-caller`,
    settings: { ...account.settings, register: false },
  };
  await trial.bringUp([account, caller], caller.name, RING_MS);
  const [near, far] = [await ToneEnd.open(family, scope), await ToneEnd.open(family, scope)];
  const call = newCallId();
  const nearMedia = mediaOf(trial, (id) => id === call);
  const farMedia = mediaOf(trial, (id) => id !== call);
  const arrived = trial.until(RING_MS, (message) => {
    if (message.type !== 'line') return null;
    const { line } = message;
    const ours = line.call === call;
    if (ours && (line.state === 'ended' || line.state === 'connected')) return line;
    return !ours && line.state === 'incoming' && userOf(line.remote.uri) === userOf(aor) ? line : null;
  });
  const line = await placed(trial, call, caller.name, aor, near.port)
    .then(() => arrived)
    .catch((error: unknown) => explain(error));
  try {
    if (line === null) return cannot(`a call to ${aor} neither arrives nor ends`);
    if (typeof line === 'string') return cannot(`${aor} cannot be called: ${line}`);
    if (line.call === call) return cannot(notUs(line, aor));
    await trial.engine.carryOut({ job: 'answer', asked: { call: line.call, media: { port: far.port } } });
    const media = [await nearMedia, await farMedia] as const;
    if (!media[0] || !media[1]) return cannot('the call was answered and nothing was agreed on about audio');
    await Promise.all([near.start(media[0]), far.start(media[1])]);
    const done = Promise.withResolvers<void>();
    scope.after(TONE_MS, done.resolve);
    await done.promise;
    return verdict(near.heard, far.heard, media[0]);
  } finally {
    await trial.engine.carryOut({ job: 'hang_up', asked: { call, reason: 'check' } });
  }
}

async function placed(
  trial: Trial,
  call: string,
  account: string,
  target: string,
  port: number,
): Promise<void> {
  await trial.engine.carryOut({ job: 'place', asked: { call, account, target, media: { port } } });
}

function mediaOf(trial: Trial, of: (call: string) => boolean): Promise<NegotiatedMedia | null> {
  return trial.until(RING_MS + MEDIA_MS, (message) =>
    message.type === 'media' && of(message.call) ? message.media : null,
  );
}

function notUs(line: LineView, aor: string): string {
  if (line.state === 'connected') {
    return `a call to ${aor} was answered by something else: another telephone, or a mailbox`;
  }
  return `${aor} cannot be called: ${line.end?.reason ?? 'it ended at once'}`;
}

function verdict(near: Heard, far: Heard, { codec, srtp, remote }: NegotiatedMedia): Told {
  const how = `${codec}${srtp ? ', SRTP' : ''}, over ${remote.address}`;
  const counts = `${far.packets} of ${near.sent} packets there, ${near.packets} of ${far.sent} back`;
  const silent = [
    ...(far.packets === 0 ? ['to the telephone that is called'] : []),
    ...(near.packets === 0 ? ['back to the one that calls'] : []),
  ];
  if (silent.length > 0) {
    return {
      verdict: 'fail',
      message: `no audio ${silent.join(' nor ')} (${how}; ${counts})`,
      hint: `Let UDP to and from ${remote.address} through the firewall, switch SIP ALG off in the router, and let the server relay media (Asterisk: direct_media=no, rtp_symmetric=yes).`,
    };
  }
  const share = Math.min(far.packets / near.sent, near.packets / far.sent);
  if (share < MOST_OF_IT) {
    return {
      verdict: 'fail',
      message: `audio is lost (${how}; ${counts})`,
      hint: 'Look at the network: Wi-Fi, VPN, a full line.',
    };
  }
  const whole = far.tone === far.packets && near.tone === near.packets;
  const sound = whole
    ? 'a tone both ways, unchanged'
    : 'a tone both ways, changed on the way (the server converts it)';
  return { verdict: 'ok', message: `${sound} (${how}; ${counts})`, hint: null };
}

function cannot(message: string): Told {
  return { verdict: 'info', message: `audio was not tried: ${message}`, hint: null };
}

function userOf(uri: string): string | null {
  return /^sips?:([^@]*)@/i.exec(uri)?.[1] ?? null;
}
