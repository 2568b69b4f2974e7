import type { CallEvent } from '../contract/events.ts';
import type { ReplayOptions, ReplayResult } from '../contract/traces.ts';
import type { HostOptions } from '../host/host.ts';
import type { ReplayMeans } from './replay.ts';
export interface ReplayThreadMeans extends Pick<ReplayMeans, 'limits' | 'tracesDir' | 'onProgress' | 'signal'>, Pick<HostOptions, 'modelsDir' | 'version' | 'env'> {
    /** Of the replayed calls. */
    onEvent(event: CallEvent): void;
}
/**
 * replayTrace() with an engine of its own, all in a thread of its own: reading an hour's packets and measuring what came
 * of them delays nothing here. @throws SidetoneError as replayTrace() does.
 */
export declare function replayInThread(options: ReplayOptions, { limits, tracesDir, onProgress, signal, modelsDir, version, env, onEvent }: ReplayThreadMeans): Promise<ReplayResult>;
