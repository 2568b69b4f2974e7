import { create } from 'zustand';
import type { Request } from '../../backend/contract/window.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { placeDemoCall, talkToBot } from '../state/actions.ts';
import { attempt, useApp } from '../state/app.ts';
import { selectCall } from '../state/calls.ts';
import { rememberPlaced } from '../state/phone.ts';
import { callText } from './text.ts';

export type Placing = 'demo' | 'talk' | 'dial';

/** Which kind of call is being placed; null: none. */
export const usePlacing = create<{ readonly placing: Placing | null }>(() => ({ placing: null }));

/** Whether calls of this kind have to wait: one is being placed, or the bot they go to is not up yet. */
export function useBusy(kind: Placing): boolean {
  const placing = usePlacing((state) => state.placing);
  const starting = useStarting();
  return placing === kind || (starting && kind !== 'dial');
}

/** Nothing answers yet, and nothing went wrong either. */
export function useStarting(): boolean {
  return useApp(({ status }) => status?.listening === null && status.listenProblem === null);
}

export function placeDemo(): void {
  void place('demo', placeDemoCall);
}

export function placeTalk(): void {
  void place('talk', talkToBot);
}

/** The call comes on show. */
export function dial(request: Request<'call.place'>): void {
  void place('dial', async () => {
    const call = await attempt(textsNow(callText).callFailed, () => ask('call.place', request));
    if (call === null) return;
    rememberPlaced(call, request.who);
    selectCall(call);
  });
}

async function place(placing: Placing, work: () => Promise<void>): Promise<void> {
  usePlacing.setState({ placing });
  await work();
  usePlacing.setState({ placing: null });
}
