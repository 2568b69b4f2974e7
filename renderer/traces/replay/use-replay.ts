import { create } from 'zustand';
import type { Messages, Request } from '../../../backend/contract/window.ts';
import type { ReplayResult } from '../../../backend/contract/traces.ts';
import { textsNow } from '../../base/text.ts';
import { ask } from '../../bridge/bridge.ts';
import { attempt } from '../../state/app.ts';
import { replayText } from './text.ts';

interface Progress {
  readonly done: number;
  readonly of: number;
}

/** One replay at a time; it goes on when the dialog is closed. */
const useProgress = create<{ readonly progress: Progress | null }>(() => ({ progress: null }));

/** For the message of that name. */
export function takeReplayProgress({ done, of }: Messages['replay.progress']): void {
  if (useProgress.getState().progress !== null) useProgress.setState({ progress: { done, of } });
}

export interface Replay {
  /** null: none is running. */
  readonly progress: Progress | null;
  /** null: it failed or was stopped, and a notice said so. */
  readonly run: (request: Request<'trace.replay'>) => Promise<ReplayResult | null>;
}

export function useReplay(): Replay {
  const { progress } = useProgress();
  return { progress, run };
}

async function run(request: Request<'trace.replay'>): Promise<ReplayResult | null> {
  useProgress.setState({ progress: { done: 0, of: request.repeat } });
  try {
    return await attempt(textsNow(replayText).failed, () => ask('trace.replay', request));
  } finally {
    useProgress.setState({ progress: null });
  }
}
