import type { Phone } from '../backend/host/phone.ts';
import type { Handlers } from './gate.ts';
import type { Softphone } from './softphone.ts';

type PhoneCommand = Extract<keyof Handlers, `${'line' | 'account' | 'history'}.${string}`>;

/** The window's commands to the phone, carried out. */
export function phoneHandlers(
  { desk, accounts }: Softphone,
  phone: () => Phone,
): Pick<Handlers, PhoneCommand> {
  return {
    'line.answer': ({ call, who }) => done(desk.answer(call, who)),
    'line.reject': ({ call, why }) => done(desk.reject(call, why)),
    'line.hold': ({ call, on }) => done(phone().hold(call, on)),
    'line.activate': ({ call }) => done(desk.activate(call)),
    'line.transfer': ({ call, target }) => done(phone().transfer(call, target)),
    'line.join': ({ call, other }) => done(phone().join(call, other)),
    'line.messages': ({ call }) => phone().messages(call),
    'account.list': () => accounts.list(),
    'account.save': (request) => accounts.save(request),
    'account.remove': ({ name }) => accounts.remove(name),
    'account.refresh': ({ name }) => done(phone().refresh(name)),
    'account.check': ({ id, name }) => phone().check(id, name),
    'account.probe': ({ id, request }) => phone().probe(id, request),
    'history.clear': ({ call }) => {
      desk.clearHistory(call);
      return null;
    },
    'history.seen': () => {
      desk.seeHistory();
      return null;
    },
  };
}

/** What is answered with nothing. */
export async function done(work: Promise<unknown>): Promise<null> {
  await work;
  return null;
}
