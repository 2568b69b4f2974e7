import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StubFault } from '../backend/bench/stubs/answers.ts';
import type { StubStage } from '../backend/bench/stubs/stub.ts';
import { CALLER, makeBot, speech } from './support/bots.ts';
import { Ears } from './support/ears.ts';
import { StubEndpoint } from './support/endpoint.ts';
import { Engine } from './support/engine.ts';
import { audioOf } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { overlap } from './support/words.ts';

const REPLY = 'I can help with that.';
const APOLOGY = 'I am sorry, please say that once more.';

interface Fault {
  readonly stage: 'stt' | 'llm' | 'tts';
  readonly what: string;
  /** Of the provider.failed event: what went wrong, and what to do. */
  readonly kind: string;
  readonly says: RegExp;
  readonly hints: RegExp;
  begin(endpoint: StubEndpoint): Promise<void>;
}

const down = (endpoint: StubEndpoint): Promise<void> => endpoint.stop();
const fault =
  (stage: StubStage, fault: StubFault) =>
  (endpoint: StubEndpoint): Promise<void> => {
    endpoint.stub.fail(stage, fault);
    return Promise.resolve();
  };

const FAULTS: readonly Fault[] = [
  {
    stage: 'llm',
    what: 'is down',
    kind: 'unreachable',
    says: /nothing listens at/,
    hints: /start that server, or correct llm\.base_url in bot\.yaml/,
    begin: down,
  },
  {
    stage: 'llm',
    what: 'refuses the key',
    kind: 'refused',
    says: /answered 401: Incorrect API key provided/,
    hints: /llm\.api_key_env/,
    begin: (endpoint) => endpoint.restart({ apiKey: 'another' }),
  },
  {
    stage: 'llm',
    what: 'answers with a web page',
    kind: 'garbled',
    says: /text\/html/,
    hints: /check that llm\.base_url in bot\.yaml is the root of an OpenAI-shaped API/,
    begin: fault('llm', 'html'),
  },
  {
    stage: 'llm',
    what: 'never ends its answer',
    kind: 'garbled',
    says: /does not end its reply/,
    hints: /max_tokens/,
    begin: fault('llm', 'endless'),
  },
  {
    stage: 'llm',
    what: 'does not answer at all',
    kind: 'timeout',
    says: /700 ms/,
    hints: /timeout_ms/,
    begin: fault('llm', 'hang'),
  },
  {
    stage: 'stt',
    what: 'is down',
    kind: 'unreachable',
    says: /nothing listens at/,
    hints: /stt\.base_url/,
    begin: down,
  },
  {
    stage: 'stt',
    what: 'answers with a web page',
    kind: 'garbled',
    says: /text\/html/,
    hints: /stt\.base_url/,
    begin: fault('stt', 'html'),
  },
  {
    stage: 'tts',
    what: 'is down',
    kind: 'unreachable',
    says: /nothing listens at/,
    hints: /tts\.base_url/,
    begin: down,
  },
  {
    stage: 'tts',
    what: 'breaks down',
    kind: 'refused',
    says: /answered 500: CUDA out of memory/,
    hints: /see its log/,
    begin: fault('tts', 'broken'),
  },
];

describe('an endpoint that fails in a call', () => {
  let engine: Engine;
  let ears: Ears;

  beforeAll(async () => {
    engine = await Engine.start();
    ears = new Ears();
  });

  afterAll(async () => {
    await ears[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  it.concurrent.each(FAULTS)(
    '$stage $what: named, apologised for, and forgotten when it is back',
    async (fault) => {
      const { stage, kind, says, hints } = fault;
      const options = {
        sttMs: 20,
        llmMs: 20,
        tokenMs: 1,
        ttsMs: 20,
        transcripts: [CALLER.name.words],
        replies: [{ text: REPLY }],
      };
      await using failing = await StubEndpoint.start(options);
      await using working = await StubEndpoint.start(options);
      const at = (other: string): string => (other === stage ? failing : working).url;
      const dir = await makeBot(
        engine.folder,
        `
phrases: { apology: '${APOLOGY}' }
turn: { completeness: 'off', min_silence_ms: 500 }
voice: { speed: 2 }
stt: { provider: openai, model: ears, base_url: '${at('stt')}' }
llm: { provider: openai, model: mind, base_url: '${at('llm')}', timeout_ms: 700, max_tokens: 8 }
tts: { provider: openai, model: mouth, base_url: '${at('tts')}' }
`,
      );
      await fault.begin(failing);
      await using phone = await Phone.waiting();
      const party = { kind: 'bot', dir } as const;
      const call = await engine.host.place({
        host: '127.0.0.1',
        port: phone.port,
        codec: 'PCMU',
        party,
        maxMs: null,
      });

      await phone.say(speech(CALLER.name));
      const failed = await engine.event(call, 'provider.failed', ({ retrying }) => !retrying);
      expect(failed).toMatchObject({ stage, kind });
      expect(failed.message).toContain(failing.url.replace(/\/v1$/, ''));
      expect(failed.message).toMatch(says);
      expect(failed.message).toMatch(hints);

      const apology = await engine.event(call, 'bot.said', ({ heard }) => heard === APOLOGY);
      expect(apology).toMatchObject({ unheard: '', interrupted: false });
      if (stage === 'tts') {
        // In the embedded voice, so there are words to understand.
        const heard = await ears.hear(audioOf(phone.received));
        expect(overlap(APOLOGY, heard), heard).toBeGreaterThanOrEqual(0.7);
      }

      await failing.restart();
      await phone.say(speech(CALLER.name));
      await engine.event(
        call,
        'bot.said',
        ({ seq, heard, interrupted }) => seq > apology.seq && heard === REPLY && !interrupted,
      );
      expect(engine.all(call, 'call.ended')).toEqual([]);
      // A call that speaks on to a port that is closed would reach the next phone that is given it.
      await engine.host.act(call, { type: 'hang_up', reason: 'enough' });
      await engine.over(call);
    },
  );
});
