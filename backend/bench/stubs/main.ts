import { fstatSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { explain } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import { FAULTS } from './answers.ts';
import { startStub, type StubOptions } from './stub.ts';

/**
 * The stub server as a process of its own, so that its work is not counted as the engine's. Prints one line of JSON
 * with its URL, then serves until a signal comes or stdin, if it is a pipe, ends: `node backend/bench/stubs/main.ts --stt 100`.
 */

const scope = new Scope();
const number = (text: string) => {
  const value = Number(text);
  if (text === '' || !(value >= 0)) throw new InvalidArgumentError('expected a number that is not negative');
  return value;
};
const faultOf = (stage: string) =>
  new Option(`--${stage}-fault <fault>`, `what goes wrong at ${stage}`).choices(FAULTS);

const command = new Command('stubs')
  .option('--port <port>', 'port on 127.0.0.1; 0: any free one', number, 0)
  .option('--stt <ms>', 'delay of a transcript', number, 100)
  .option('--llm <ms>', "delay of a reply's first clause", number, 150)
  .option('--token <ms>', 'time between tokens', number, 15)
  .option('--tts <ms>', 'delay of the first audio', number, 100)
  .option('--rate <hz>', 'sample rate of the audio', number, 24_000)
  .option('--transcript <text...>', 'transcripts, in turn')
  .option('--reply <text...>', 'replies, in turn')
  .addOption(faultOf('stt'))
  .addOption(faultOf('llm'))
  .addOption(faultOf('tts'))
  .parse();

const given = command.opts<{
  port: number;
  stt: number;
  llm: number;
  token: number;
  tts: number;
  rate: number;
  transcript?: string[];
  reply?: string[];
  sttFault?: (typeof FAULTS)[number];
  llmFault?: (typeof FAULTS)[number];
  ttsFault?: (typeof FAULTS)[number];
}>();

const options: StubOptions = {
  port: given.port,
  sttMs: given.stt,
  llmMs: given.llm,
  tokenMs: given.token,
  ttsMs: given.tts,
  sampleRate: given.rate,
  ...(given.transcript ? { transcripts: given.transcript } : {}),
  ...(given.reply ? { replies: given.reply.map((text) => ({ text })) } : {}),
  faults: {
    ...(given.sttFault ? { stt: given.sttFault } : {}),
    ...(given.llmFault ? { llm: given.llmFault } : {}),
    ...(given.ttsFault ? { tts: given.ttsFault } : {}),
  },
};

try {
  const { url } = await startStub(options, scope);
  process.stdout.write(`${JSON.stringify({ url })}\n`);
  const stop = () => void scope.close().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // Ends with whoever holds the other end of stdin, even if that one was killed.
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.once('end', stop).once('error', stop).resume();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 3;
}
