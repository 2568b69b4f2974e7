import { type Problem } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import type { ReplayLimits, ReplayOptions, ReplayResult } from '../contract/traces.ts';
import { type HostOptions } from '../host/host.ts';
/** What the thread is started with. */
export interface ReplayStart extends Pick<HostOptions, 'modelsDir' | 'version' | 'env'> {
    readonly options: ReplayOptions;
    readonly limits: ReplayLimits;
    readonly tracesDir: string;
}
/** What it tells; `result` or `failure` last. It is told 'stop', or nothing. */
export type ReplayNews = {
    readonly type: 'event';
    readonly event: CallEvent;
} | {
    readonly type: 'progress';
    readonly done: number;
    readonly of: number;
} | {
    readonly type: 'result';
    readonly result: ReplayResult;
} | {
    readonly type: 'failure';
    readonly problem: Problem;
};
