import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callEvent, type CallEvent } from '../backend/contract/events.ts';
import { readManifest } from '../backend/trace/manifest-file.ts';
import { CALLER, SCRIPTED_BOT, makeBot, speech } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Phone } from './support/phone.ts';
import { until } from './support/until.ts';

/** `serve` as the container of gpu-stack runs it, and `doctor` beside it. */

let folder: string;
let traces: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-stack-'));
  traces = path.join(folder, 'traces');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const GREETING = 'Good morning, this is the harbour dental practice, how can I help you today?';

async function serve(yaml: string, ...more: string[]): Promise<Cli> {
  const bot = await makeBot(folder, yaml);
  return new Cli(['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--traces', traces, ...more]);
}

function eventsOf(cli: Cli): CallEvent[] {
  return cli.json.flatMap((line) => callEvent.safeParse(line).data ?? []);
}

describe('serve', () => {
  it('on SIGTERM lets the bot finish its sentence, and answers nobody new', async () => {
    await using cli = await serve(`greeting: ${GREETING}\n${SCRIPTED_BOT}`, '--json');
    const port = await cli.ready();
    await using phone = await Phone.call(port);
    await phone.hears();
    cli.terminate();
    await until('the end to begin', () => cli.stderr.includes('Ending: nobody new is answered'));
    await using late = await Phone.call(port);
    expect(await cli.exit()).toBe(0);
    const events = eventsOf(cli);
    expect(events.find(({ type }) => type === 'bot.said')).toMatchObject({
      heard: GREETING,
      interrupted: false,
    });
    expect(late.received).toEqual([]);
    const calls = (await readdir(traces)).filter((name) => !name.startsWith('.'));
    expect(calls).toHaveLength(1);
    const manifest = await readManifest(path.join(traces, calls[0] ?? ''));
    expect(manifest).toMatchObject({ state: 'complete', ended: 'Sidetone is closing' });
  });

  it('does not let a sentence take longer than --grace', async () => {
    const long = Array.from({ length: 5 }, () => GREETING).join(' ');
    await using cli = await serve(`greeting: ${long}\n${SCRIPTED_BOT}`, '--json', '--grace', '1');
    await using phone = await Phone.call(await cli.ready());
    await phone.hears();
    cli.terminate();
    expect(await cli.exit()).toBe(0);
    const events = eventsOf(cli);
    expect(events.some((event) => event.type === 'bot.said' && !event.interrupted)).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: 'call.ended', reason: 'Sidetone is closing' });
  });

  it('answers nobody before its endpoints are ready, and says what it waits for', async () => {
    let loaded = false;
    const server = http.createServer((request, response) => {
      const ready = request.url !== '/ready' || loaded;
      const body = ready ? { data: [{ id: 'a-model' }] } : { error: { message: 'warming up' } };
      response.writeHead(ready ? 200 : 503).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- not a pipe
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const llm = `llm: { provider: openai, base_url: ${url}, model: a-model }`;
      await using cli = await serve(
        SCRIPTED_BOT.replace('llm: { provider: scripted }', llm),
        '--wait',
        '60',
        '--log',
        'json',
      );
      const lines = () => cli.json.map((line) => Object(line));
      const waiting = await until('what it waits for', () => lines()[0]);
      expect(waiting).toMatchObject({ level: 'info', service: 'voice-bot', event: 'note' });
      expect(waiting.message).toMatch(/^waiting for llm \(\d+ s\): LLM at .* is not ready: warming up$/);
      loaded = true;
      await cli.ready();
      expect(lines().map(({ message }) => String(message).slice(0, 9))).toEqual([
        'waiting f',
        'ready llm',
        '✅ SYSTEM ',
      ]);
      cli.interrupt();
      expect(await cli.exit()).toBe(0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('doctor', () => {
  it('says why a call went wrong or that it did not, and whom nobody could answer', async () => {
    await using cli = await serve(SCRIPTED_BOT, '--json');
    const port = await cli.ready();
    await using phone = await Phone.call(port);
    await using wideband = await Phone.call(port, { payloadType: 9 });
    await phone.say(speech(CALLER.name));
    await until('an answer', () => eventsOf(cli).some(({ type }) => type === 'bot.said'));
    await until('a refusal', () => eventsOf(cli).some(({ type }) => type === 'call.refused'));
    await wideband.vanish();
    cli.interrupt();
    expect(await cli.exit()).toBe(0);
    const call = eventsOf(cli).find(({ type }) => type === 'call.started')?.call ?? '';
    const ofCall = await Cli.run(['doctor', call, '--traces', traces]);
    expect(ofCall.exitCode).toBe(0);
    // This telephone sends no RTCP, as External Media does not.
    const audioOut = /! audio out +\d+ packets sent, none acknowledged.*10000-10001/;
    expect(ofCall.stdout.split('\n')).toEqual([
      expect.stringMatching(/^✓ audio in +\d+ packets came/),
      expect.stringMatching(/^✓ transcripts/),
      expect.stringMatching(audioOut),
      '',
    ]);
    const bot = await makeBot(folder, SCRIPTED_BOT);
    const doctor = await Cli.run(['doctor', '--bot', bot, '--rtp', '127.0.0.1:0', '--traces', traces]);
    expect(doctor.stdout).toMatch(/! refused caller .*payload type 9 \(G722\).*PCMU or PCMA/);
    expect(doctor.stdout).toContain('last call, audio out');
  });
});
