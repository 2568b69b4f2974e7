import { SidetoneError } from '../base/errors.ts';
import { modelsDirectory } from '../models/directory.ts';
import { ModelStore, type PullProgress } from '../models/fetch.ts';
import { interrupted } from './interrupt.ts';

interface JsonOption {
  readonly json?: true;
}

const MEGABYTE = 1e6;

export async function listModels({ json }: JsonOption): Promise<void> {
  for (const { model, bytes, installed } of await new ModelStore(modelsDirectory()).list()) {
    const { name, purpose, languages, licence, about } = model;
    if (json) {
      process.stdout.write(
        `${JSON.stringify({ name, purpose, languages, licence, about, bytes, default: model.default, installed })}\n`,
      );
      continue;
    }
    const mark = installed ? '✓' : model.default ? '!' : ' ';
    const size = `${(bytes / MEGABYTE).toFixed(0).padStart(5)} MB`;
    process.stdout.write(
      `${mark} ${name.padEnd(24)} ${purpose.padEnd(5)} ${(languages.join(',') || 'any').padEnd(6)} ${size}  ${licence.padEnd(14)} ${about}\n`,
    );
  }
  if (!json) process.stdout.write(`✓ installed, ! needed offline and missing (sidetone models pull)\n`);
}

export async function pullModels(names: string[], { json }: JsonOption): Promise<void> {
  const stop = interrupted();
  const abort = new AbortController();
  void stop.promise.then(() => abort.abort());
  const view = json
    ? (progress: PullProgress) => process.stdout.write(`${JSON.stringify(progress)}\n`)
    : pullView();
  try {
    await new ModelStore(modelsDirectory()).pull(names, { signal: abort.signal, onProgress: view });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new SidetoneError('cancelled', 'stopped; what has come is kept', { cause: error });
  } finally {
    stop.dispose();
  }
}

export async function removeModel(name: string): Promise<void> {
  await new ModelStore(modelsDirectory()).remove(name);
}

/** A line per model, rewritten in place on a terminal. */
function pullView(): (progress: PullProgress) => void {
  const out = process.stderr;
  let shownPercent = -1;
  return (progress) => {
    switch (progress.type) {
      case 'source':
        shownPercent = -1;
        out.write(
          `${progress.model}: ${(progress.bytes / MEGABYTE).toFixed(1)} MB from ${progress.source}\n`,
        );
        break;
      case 'bytes': {
        const percent = Math.floor((progress.received / Math.max(1, progress.bytes)) * 100);
        if (!out.isTTY || percent === shownPercent) break;
        shownPercent = percent;
        const megabytes = (progress.received / MEGABYTE).toFixed(1);
        out.write(
          `\r\u001B[K  ${progress.file} ${megabytes} of ${(progress.bytes / MEGABYTE).toFixed(1)} MB (${percent} %)`,
        );
        if (percent === 100) out.write('\r\u001B[K');
        break;
      }
      case 'source_failed':
        out.write(`${progress.model}: ${progress.source} gave way: ${progress.reason}\n`);
        break;
      case 'installed':
        out.write(`${progress.model}: installed\n`);
        break;
    }
  };
}
