import { ask, listen } from '../bridge/bridge.ts';
import { notify, show, useApp } from './app.ts';
import { selectCall, takeEvents, takeSignals, useCalls } from './calls.ts';
import { dialField } from './dial.ts';
import { takeMessages, takePhone, takePhoneChange, takeStep, usePhone } from './phone.ts';
import { openTrace, takeTraceChanges } from './traces.ts';

/** Joins the window to the main process: what there is to show, then each change. Called once. */
export async function start(onMenu: Parameters<typeof listen>[0]['menu']): Promise<void> {
  listen({
    'call.events': (events) => {
      takeEvents(events);
      if (events.some(({ type }) => type === 'call.started')) followNewCall();
    },
    signals: ({ batch, bytes }) => {
      takeSignals(bytes);
      void ask('signals.taken', { batch });
    },
    'settings.changed': (settings) => useApp.setState({ settings }),
    'host.status': (status) => useApp.setState({ status }),
    'bot.changed': (bot) => useApp.setState({ bot }),
    'models.changed': (models) => useApp.setState({ models }),
    'traces.changed': takeTraceChanges,
    'trace.show': ({ id }) => void openTrace(id),
    'phone.changed': takePhoneChange,
    'phone.messages': takeMessages,
    'sip.step': takeStep,
    'phone.dial': ({ target }) => {
      show('call');
      dialField(target);
    },
    'phone.show': ({ call }) => {
      selectCall(call);
      show('call');
    },
    notice: (notice) => notify(notice),
    ...(onMenu ? { menu: onMenu } : {}),
  });
  const snapshot = await ask('window.open', null);
  const { settings, status, bots, bot, models, secrets } = snapshot;
  useApp.setState({ snapshot, settings, status, bots, bot, models, secrets });
  takePhone(snapshot.phone);
  for (const events of snapshot.calls) takeEvents(events);
  followNewCall();
}

/** With nothing on show, or only what has ended, the newest call comes on show. */
function followNewCall(): void {
  const { calls, selected } = useCalls.getState();
  const shown = selected === null ? null : calls.get(selected);
  if (shown && shown.summary.state === 'live') return;
  // A call that is being placed, or that came in and is looked at, stays on show.
  const line = selected === null ? undefined : usePhone.getState().lines.get(selected);
  if (!shown && line && line.state !== 'ended') return;
  const newest = [...calls.values()].findLast(
    ({ summary }) => summary.state === 'live' && summary.party !== 'script' && summary.party !== 'person',
  );
  const any = newest ?? (shown ? undefined : [...calls.values()].at(-1));
  if (any && any.id !== selected) selectCall(any.id);
}
