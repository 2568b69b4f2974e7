import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { traceId } from '../backend/export/otlp.ts';
import { CALLER, SCRIPTED_BOT, makeBot } from './support/bots.ts';
import { Cli, REPOSITORY } from './support/cli.ts';
import { has, output } from './support/tools.ts';

const BOT = `name: exporter\ngreeting: Hello.\n${SCRIPTED_BOT}`;

const record = z.record(z.string(), z.unknown());
const request = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(z.object({ traceId: z.string(), spanId: z.string(), name: z.string() })),
        }),
      ),
    }),
  ),
});
type Span = z.infer<typeof request>['resourceSpans'][0]['scopeSpans'][0]['spans'][0];

function spansIn(text: string): readonly Span[] {
  return request
    .parse(JSON.parse(text))
    .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

describe('a call to a bot, its trace exported', () => {
  let folder: string;
  let trace: string;
  let id: string;
  const live: Span[] = [];
  let posted = '';

  /** Exports by the command line, as a person does. */
  async function exported(format: string): Promise<string> {
    const cli = await Cli.run(['trace', 'export', trace, '--format', format, '--out', folder]);
    expect(cli.stderr).toBe('');
    expect(cli.exitCode).toBe(0);
    return cli.stdout.trim();
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-export-'));
    const collector = createServer((incoming, answer) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
      incoming.on('end', () => {
        posted = incoming.url ?? '';
        live.push(...spansIn(text));
        answer.end('{}');
      });
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const address = collector.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const traces = path.join(folder, 'served');
    const bot = await makeBot(folder, BOT);
    {
      const otlp = `http://127.0.0.1:${port}`;
      await using served = new Cli([
        'serve',
        '--bot',
        bot,
        '--rtp',
        '127.0.0.1:0',
        '--traces',
        traces,
        '--otlp',
        otlp,
      ]);
      const target = `rtp:127.0.0.1:${await served.ready()}`;
      const own = path.join(folder, 'placed');
      const caller = await Cli.run([
        'call',
        target,
        '--audio',
        CALLER.name.file,
        '--for',
        '9',
        '--no-listen',
        '--traces',
        own,
      ]);
      expect(caller.exitCode, caller.stderr).toBe(0);
      served.interrupt();
      await served.exit();
    }
    collector.close();
    [id = ''] = await readdir(traces);
    trace = path.join(traces, id);
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has its spans at a collector already, by the ids of the export', async () => {
    expect(posted).toBe('/v1/traces');
    const own = spansIn(await readFile(await exported('otel'), 'utf8'));
    expect(new Set(own.map((span) => span.traceId))).toEqual(new Set([traceId(id)]));
    expect(live.map(({ spanId }) => spanId).sort()).toEqual(own.map(({ spanId }) => spanId).sort());
    expect(own.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['call', 'invoke_agent exporter', 'endpointing', 'playout']),
    );
  });

  it.skipIf(!has('sox'))('has recordings that sox reads, left and right as they say', async () => {
    const stereo = await exported('stereo');
    expect((await output('soxi', ['-c', stereo])).trim()).toBe('2');
    expect((await output('soxi', ['-r', stereo])).trim()).toBe('8000');
    const both = (await exported('wav')).split('\n');
    expect(both.map((file) => path.basename(file))).toEqual([`${id}-caller.wav`, `${id}-bot.wav`]);
    /** Its samples as text, one a line. */
    const samples = async (file: string, ...effects: string[]): Promise<string> =>
      (await output('sox', [file, '-t', 'dat', '-', ...effects])).replace(/^;.*\n/gm, '');
    for (const [index, file] of both.entries()) {
      const alone = await samples(file);
      expect(alone.length).toBeGreaterThan(0);
      expect(await samples(path.join(trace, index === 0 ? 'caller.wav' : 'bot.wav'))).toBe(alone);
      expect((await samples(stereo, 'remix', String(index + 1))).slice(0, alone.length)).toBe(alone);
    }
  });

  it.skipIf(!has('tshark'))('has its packets as tshark reads them', async () => {
    const numbers = (file: string): Promise<string> =>
      output('tshark', [
        '-r',
        file,
        '-d',
        'udp.port==1-65535,rtp',
        '-T',
        'fields',
        '-e',
        'rtp.seq',
        '-e',
        'frame.time_epoch',
      ]);
    const packets = await numbers(await exported('pcap'));
    expect(packets.split('\n').length).toBeGreaterThan(500);
    expect(packets).toBe(await numbers(path.join(trace, 'wire.pcap')));
  });

  it('is a vCon of the current draft, the recording within', async () => {
    const schema = record.parse(
      JSON.parse(
        await readFile(path.join(REPOSITORY, 'backend/export/fixtures/vcon-core-04.schema.json'), 'utf8'),
      ),
    );
    const validate = new Ajv({ allErrors: true }).compile(schema);
    const vcon: unknown = JSON.parse(await readFile(await exported('vcon'), 'utf8'));
    validate(vcon);
    expect(validate.errors ?? []).toEqual([]);
    const { dialog, analysis } = z
      .object({
        dialog: z.tuple([z.object({ body: z.string() })]),
        analysis: z.array(z.object({ type: z.string(), body: z.unknown() })),
      })
      .parse(vcon);
    expect(Buffer.from(dialog[0].body, 'base64url')).toEqual(await readFile(await exported('stereo')));
    expect(analysis[0]?.body).toBe(await readFile(await exported('vtt'), 'utf8'));
    expect(analysis[1]?.type).toBe('report');
  });

  it('is a Chrome trace with the words of the call in its lanes', async () => {
    const { traceEvents } = z
      .object({
        traceEvents: z.array(z.object({ ph: z.string(), name: z.string(), cat: z.string().optional() })),
      })
      .parse(JSON.parse(await readFile(await exported('chrome'), 'utf8')));
    const inLane = (lane: string): readonly string[] =>
      traceEvents.filter(({ ph, cat }) => ph === 'X' && cat === lane).map(({ name }) => name);
    expect(inLane('bot speech')[0]).toBe('Hello.');
    expect(inLane('caller words').join(' ')).toContain('Yes, please.');
    expect(inLane('waits').length).toBeGreaterThan(0);
    expect(traceEvents.some(({ ph, name }) => ph === 'C' && name === 'level, dBFS')).toBe(true);
  });

  it('is a page that holds the recording', async () => {
    const html = await readFile(await exported('html'), 'utf8');
    expect(html).toContain('Yes, please.');
    const lines = /id="audio">([^<]*)</.exec(html)?.[1]?.trim().split('\n') ?? [];
    const recording = Buffer.concat(lines.map((line) => Buffer.from(line, 'base64')));
    expect(recording).toEqual(await readFile(await exported('stereo')));
  });

  it('goes to standard output where one file is enough', async () => {
    const vtt = await Cli.run([
      'trace',
      'export',
      await exported('sidetone'),
      '--format',
      'vtt',
      '--out',
      '-',
    ]);
    expect(vtt.stdout).toBe(await readFile(await exported('vtt'), 'utf8'));
    const wav = await Cli.run(['trace', 'export', trace, '--format', 'wav', '--out', '-']);
    expect(wav.exitCode).toBe(2);
    expect(wav.stderr).toContain('--format stereo');
  });
});
