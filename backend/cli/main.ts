import { Command, CommanderError, Option } from 'commander';
import { SidetoneError, explain } from '../base/errors.ts';
import { bench } from './bench.ts';
import { call } from './call.ts';
import { doctor } from './doctor.ts';
import { listModels, pullModels, removeModel } from './models.ts';
import { serve } from './serve.ts';
import { VERSION } from './paths.ts';

/** Exit codes: 0 ok, 1 the thing tested failed, 2 wrong usage or settings, 3 the environment lacks something. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_ENVIRONMENT = 3;

const json = (): Option =>
  new Option('--json', 'one JSON object per line on stdout, everything else on stderr');
const traces = (): Option =>
  new Option('--traces <dir>', 'folder for the records of calls').default('traces');

const program = new Command('sidetone')
  .description('Testbench and softphone for AI voice bots on the telephone.')
  .version(VERSION)
  .showHelpAfterError('(add --help for what is allowed)')
  .configureHelp({ sortSubcommands: false })
  .exitOverride();

program
  .command('serve')
  .description('answer calls with a bot')
  .option('--bot <dir>', 'folder with bot.yaml', 'bots/demo')
  .option('--rtp <host:port>', 'where to listen for RTP', '0.0.0.0:10000')
  .option('--allow <cidr...>', 'networks that may call; default: anyone')
  .option('--max-calls <n>', 'calls at once before others are refused', wholeNumber, 1000)
  .option('--workers <n>', 'media worker threads; default: cores - 1', wholeNumber)
  .option('--demo', 'place a demo call to the bot once it listens')
  .addOption(traces())
  .addOption(json())
  .action(serve);

program
  .command('call')
  .description('place a call and act the caller')
  .argument('<target>', 'rtp:HOST:PORT')
  .requiredOption('--audio <wav...>', 'what the caller says, one file a turn')
  .option('--barge-in-ms <ms>', 'say the next turn this long after the bot began to answer', wholeNumber)
  .option('--codec <name>', 'PCMU or PCMA', 'PCMU')
  .option('--for <seconds>', 'hang up after this long', wholeNumber)
  .option('--no-listen', 'do not transcribe what the bot said')
  .addOption(traces())
  .addOption(json())
  .action(call);

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
  .command('doctor')
  .description('check ports, models, endpoints and packet timing on this machine')
  .option('--bot <dir>', 'folder with bot.yaml', 'bots/demo')
  .option('--rtp <host:port>', 'where the bot would listen', '0.0.0.0:10000')
  .addOption(json())
  .action(doctor);

program
  .command('bench')
  .description('measure how fast it is here')
  .argument('<name>', 'turn, pacing, load, barge-in, embedded, memory, window or audio-path')
  .option('--quick', 'a shorter run with fewer samples')
  .addOption(json())
  .action(bench);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own message already; --help and --version end this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  process.stderr.write(`sidetone: ${explain(error)}\n`);
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
