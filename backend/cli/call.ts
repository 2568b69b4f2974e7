import path from 'node:path';
import { parseAddress } from '../base/address.ts';
import { SidetoneError } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import { Host } from '../host/host.ts';
import { withDotEnv } from '../bot/folder.ts';
import { modelsDirectory } from '../models/directory.ts';
import { interrupted } from './interrupt.ts';
import { LiveView } from './live-view.ts';
import { tellRecord } from './record-note.ts';
import { VERSION } from './paths.ts';

interface CallOptions {
  readonly audio: string[];
  readonly bargeInMs?: number;
  readonly codec: string;
  readonly for?: number;
  readonly listen: boolean;
  /** false: --no-traces. */
  readonly traces: string | false;
  readonly json?: true;
}

/** `sidetone call`: acts the caller; exit code 1 when the far end never spoke. */
export async function call(target: string, options: CallOptions): Promise<void> {
  const address = /^rtp:(.+)$/.exec(target)?.[1];
  if (!address) {
    throw new SidetoneError('usage', `'${target}' cannot be called`, { hint: 'use rtp:HOST:PORT' });
  }
  const { host, port } = parseAddress(address, 'target');
  const codec = options.codec.toUpperCase();
  if (codec !== 'PCMU' && codec !== 'PCMA') {
    throw new SidetoneError('usage', `codec '${options.codec}' is not offered`, { hint: 'use PCMU or PCMA' });
  }
  const view = new LiveView(options.json ? process.stderr : process.stdout);
  const over = Promise.withResolvers<void>();
  let answers = 0;
  const stop = interrupted();
  const engine = Host.start({
    modelsDir: modelsDirectory(),
    recordsDir: options.traces === false ? null : path.resolve(options.traces),
    version: VERSION,
    workers: 1,
    env: await withDotEnv(process.cwd(), process.env),
    onEvent(event: CallEvent) {
      if (options.json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else view.event(event);
      if (event.type === 'script.latency') answers += 1;
      if (event.type === 'call.ended') over.resolve();
    },
  });
  try {
    const id = await engine.place({
      host,
      port,
      codec,
      party: {
        kind: 'script',
        audio: options.audio.map((file) => path.resolve(file)),
        barge_in_ms: options.bargeInMs ?? null,
        listen: options.listen,
      },
      maxMs: options.for === undefined ? null : options.for * 1000,
    });
    void stop.promise
      .then((signal) => engine.act(id, { type: 'hang_up', reason: signal }))
      .catch(() => undefined);
    await over.promise;
    tellRecord(view, options.traces, id);
  } finally {
    stop.dispose();
    await engine.close();
  }
  if (answers === 0) throw new SidetoneError('unreachable', `nothing at ${host}:${port} answered in words`);
}
