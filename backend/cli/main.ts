import { Command, CommanderError, Option } from 'commander';
import { SidetoneError, explain } from '../base/errors.ts';
import { EXPORT_FORMATS } from '../contract/traces.ts';
import { accountsOption } from './accounts-option.ts';
import { bench } from './bench.ts';
import { call } from './call.ts';
import { doctor } from './doctor.ts';
import { listModels, pullModels, removeModel } from './models.ts';
import { printable } from './printable.ts';
import { watchReader } from './reader.ts';
import { serve } from './serve.ts';
import { sipCheck } from './sip-check.ts';
import { compareTraces } from './trace-compare.ts';
import { traceExport } from './trace-export.ts';
import { traceImport } from './trace-import.ts';
import { openInWindow } from './trace-open.ts';
import { replay } from './trace-replay.ts';
import { listTraces, showTrace, verify } from './trace.ts';
import { VERSION } from './paths.ts';

/** Exit codes: 0 ok, 1 the thing tested failed, 2 wrong usage or settings, 3 the environment lacks something. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_ENVIRONMENT = 3;

const json = (): Option =>
  new Option('--json', 'one JSON object per line on stdout, everything else on stderr');
const traces = (): Option =>
  new Option('--traces <dir>', 'folder for the records of calls').default('traces');
const noTraces = (): Option => new Option('--no-traces', 'keep no records of calls');

const program = new Command('sidetone')
  .description('Testbench and softphone for AI voice bots on the telephone.')
  .version(VERSION)
  .showHelpAfterError('(add --help for what is allowed)')
  .configureHelp({ sortSubcommands: false })
  .exitOverride();

program
  .command('serve')
  .description('answer calls with a bot, over raw RTP and on SIP accounts')
  .option('--bot <dir>', 'folder with bot.yaml', 'bots/demo')
  .option('--rtp <host:port>', 'where to listen for RTP', '0.0.0.0:10000')
  .option('--allow <cidr...>', 'networks that may call; default: anyone')
  .option('--max-calls <n>', 'calls at once before others are refused', wholeNumber, 1000)
  .option('--workers <n>', 'media worker threads; default: cores - 1', wholeNumber)
  .option(
    '--wait <seconds>',
    'answer nobody before the endpoints are ready, for at most this long',
    wholeNumber,
    0,
  )
  .option('--grace <seconds>', 'on SIGTERM, time for what the bot is saying to end', wholeNumber, 8)
  .addOption(
    new Option(
      '--log <how>',
      'how it tells what happens: for people, or a JSON line each without what is said',
    )
      .choices(['text', 'json'])
      .default('text'),
  )
  .option('--demo', 'place a demo call to the bot once it listens')
  .addOption(accountsOption())
  .option('--otlp <url>', 'send spans of calls to this OpenTelemetry endpoint, as http://localhost:4318')
  .addOption(traces())
  .addOption(noTraces())
  .addOption(json())
  .action(serve);

program
  .command('call')
  .description('place a call and act the caller')
  .argument(
    '<target>',
    'rtp:HOST:PORT, sip:USER@HOST, tel:NUMBER or, with an account, a number or user alone',
  )
  .requiredOption('--audio <wav...>', 'what the caller says, one file a turn')
  .option('--barge-in-ms <ms>', 'say the next turn this long after the bot began to answer', wholeNumber)
  .option('--codec <name>', 'PCMU or PCMA, of raw RTP; SIP negotiates', 'PCMU')
  .option('--account <name>', 'SIP account to call with; default: one of that domain, else the first')
  .option('--no-account', 'call over SIP without an account')
  .addOption(accountsOption())
  .option('--for <seconds>', 'hang up after this long', wholeNumber)
  .option('--no-listen', 'do not transcribe what the bot said')
  .addOption(traces())
  .addOption(noTraces())
  .addOption(json())
  .action(call);

const sip = program.command('sip').description('SIP accounts (docs/sip.md)');
sip
  .command('check')
  .description('what an account needs: DNS, TLS, registration, a media echo; exits 1 where something fails')
  .argument('<account>')
  .addOption(accountsOption())
  .addOption(json())
  .action(sipCheck);

const models = program.command('models').description('the embedded models');
models.command('list').description('what there is, what is installed').addOption(json()).action(listModels);
models
  .command('pull')
  .description('fetch models; without names, those that offline use needs')
  .argument('[names...]')
  .addOption(json())
  .action(pullModels);
models.command('rm').description('remove a model').argument('<name>').action(removeModel);

program
  .command('replay')
  .description('put the recorded caller of a trace on the line again, and compare')
  .argument('<trace>', 'folder of a trace, a .sidetone file, or an id in --traces')
  .option('--bot <dir>', 'folder with bot.yaml; default: that of the call')
  .option('--freeze <stages>', 'stages that answer from the trace: some of stt,llm,tts')
  .option('--repeat <n>', 'how often', wholeNumber, 1)
  .addOption(
    new Option('--pace <pace>', 'when the caller speaks: as recorded, or when the bot has answered')
      .choices(['original', 'conversation'])
      .default('original'),
  )
  .option('--max-latency <ms>', 'fail above this p95 of the latency on the wire', wholeNumber)
  .option('--max-slower <ms>', 'fail when the median is this much above the original', wholeNumber)
  .option('--same-text', 'fail when anybody says other words')
  .addOption(traces())
  .addOption(json())
  .action(replay);

const trace = program
  .command('trace')
  .description('traces of calls: TRACE is a folder, a .sidetone file or an id');
trace.command('list').description('what there is').addOption(traces()).addOption(json()).action(listTraces);
trace
  .command('show')
  .description('turns, latency, barge-ins, network: all that is measured')
  .argument('<trace>')
  .addOption(traces())
  .addOption(json())
  .action(showTrace);
trace
  .command('open')
  .description('look at it in the window: also a capture (pcap, pcapng)')
  .argument('<trace>')
  .addOption(traces())
  .action(openInWindow);
trace
  .command('verify')
  .description('check hashes, order of events and alignment; exits 1 with the first fault')
  .argument('<trace>')
  .addOption(traces())
  .addOption(json())
  .action(verify);
trace
  .command('import')
  .description('make a trace of a call in a capture (pcap, pcapng), or bring in a .sidetone file')
  .argument('<file>')
  .option('--caller <stream>', "the caller's stream: the ADDR:PORT it comes from, or its SSRC")
  .option('--bot <stream>', 'the stream that answers, likewise')
  .addOption(traces())
  .addOption(json())
  .action(traceImport);
trace
  .command('compare')
  .description('two traces side by side: words, latency, what differs in the bot')
  .argument('<left>')
  .argument('<right>')
  .addOption(traces())
  .addOption(json())
  .action(compareTraces);
trace
  .command('export')
  .description('write a trace in another format (docs/export.md)')
  .argument('<trace>')
  .addOption(new Option('--format <name>', 'what to write').choices(EXPORT_FORMATS).makeOptionMandatory())
  .option('--out <file>', 'file or folder to write to; - is standard output; default: NAME.EXT here')
  .addOption(traces())
  .action(traceExport);

program
  .command('doctor')
  .description(
    'check ports, models, endpoints and packet timing here, and the latest call; or one call alone',
  )
  .argument('[trace]', 'folder of a trace, a .sidetone file, or an id in --traces: why it went wrong')
  .option('--bot <dir>', 'folder with bot.yaml', 'bots/demo')
  .option('--rtp <host:port>', 'where the bot would listen', '0.0.0.0:10000')
  .addOption(accountsOption())
  .addOption(traces())
  .addOption(json())
  .action(doctor);

program
  .command('bench')
  .description('measure how fast it is here')
  .argument(
    '<name>',
    'turn, pacing, load, barge-in, embedded, memory, record, window, trace, audio-path, sip-loss or sip-rate',
  )
  .option('--quick', 'a shorter run with fewer samples')
  .addOption(json())
  .action(bench);

const readerGone = watchReader();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = readerGone() ? 0 : exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own message already; --help and --version end this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  process.stderr.write(`sidetone: ${explain(error).split('\n').map(printable).join('\n')}\n`);
  if (!(error instanceof SidetoneError)) return EXIT_FAILED;
  if (error.kind === 'usage') return EXIT_USAGE;
  return error.kind === 'environment' ? EXIT_ENVIRONMENT : EXIT_FAILED;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    throw new SidetoneError('usage', `'${text}' is not a whole number`, { hint: 'for example 300' });
  }
  return value;
}
