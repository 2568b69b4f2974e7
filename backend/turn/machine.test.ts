import { describe, expect, it } from 'vitest';
import { turnSettings } from '../contract/settings.ts';
import { startMachine, step, turnRules } from './machine.ts';
import { World } from './test-world.ts';
import type { WorldOptions } from './test-world.ts';

/** The caller's VAD hears speech 80 ms after it begins and until 80 ms before it ends; verdicts come later still. */
interface Story {
  readonly name: string;
  readonly options?: WorldOptions;
  readonly caller: (world: World) => World;
  readonly until?: number;
  readonly story: readonly string[];
  /** Words of each turn and how the bot's answer to them ended. */
  readonly context: readonly string[];
}

/** A question from 1000 to 2000, answered from 2330 to 5330. */
const QUESTION = [
  '2030 transcribe 880-2030',
  '2130 reply 1 "when are you open" speculative',
  '2220 turn_ended 1 waited 300',
  '2220 release 1',
];
const question = (world: World): World => world.caller(1000, 1000, 'when are you open');

const stories: readonly Story[] = [
  {
    name: 'a question is answered; speculation has the answer ready when the turn ends, on the exact millisecond',
    caller: question,
    story: QUESTION,
    context: ['when are you open > whole'],
  },
  {
    name: 'the caller pauses and goes on: what was begun is dropped unheard and the whole is transcribed anew',
    caller: (world) => world.caller(1000, 1000, 'i would like').caller(2070, 900, 'to book a table'),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "i would like" speculative',
      '2210 drop_reply 1',
      '2210 drop_transcript 1',
      '3000 transcribe 880-3000',
      '3100 reply 2 "i would like to book a table" speculative',
      '3190 turn_ended 1 waited 300',
      '3190 release 2',
    ],
    context: ['i would like to book a table > whole'],
  },
  {
    name: 'what sounds unfinished is given more time',
    options: { settings: { completeness: 'auto' }, complete: () => 0 },
    caller: question,
    story: [...QUESTION.slice(0, 2), '3120 turn_ended 1 waited 1200', '3120 release 1'],
    context: ['when are you open > whole'],
  },
  {
    name: 'a completeness model that does not answer in time does not hold the turn up',
    options: { settings: { completeness: 'auto' }, complete: () => 0, judgeMs: 500 },
    caller: question,
    story: QUESTION,
    context: ['when are you open > whole'],
  },
  {
    name: 'a verdict on an earlier pause says nothing about this one',
    options: { settings: { completeness: 'auto' }, complete: (to) => (to < 2000 ? 0 : null), judgeMs: 1000 },
    caller: (world) => world.caller(1000, 1000, 'i would like').caller(2070, 900, 'to book a table'),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "i would like" speculative',
      '2210 drop_reply 1',
      '2210 drop_transcript 2',
      '3000 transcribe 880-3000',
      '3100 reply 2 "i would like to book a table" speculative',
      '3190 turn_ended 1 waited 300',
      '3190 release 2',
    ],
    context: ['i would like to book a table > whole'],
  },
  {
    name: 'silence verdicts that come later than the wait end the turn at once',
    options: { settings: { min_silence_ms: 50 } },
    caller: question,
    story: [
      '2030 transcribe 880-2030',
      '2030 turn_ended 1 waited 110',
      '2130 reply 1 "when are you open"',
      '2130 release 1',
    ],
    context: ['when are you open > whole'],
  },
  {
    name: 'without speculation nothing starts before the turn has ended',
    options: { settings: { speculate: false } },
    caller: question,
    story: [
      '2220 transcribe 880-2070',
      '2220 turn_ended 1 waited 300',
      '2320 reply 1 "when are you open"',
      '2320 release 1',
    ],
    context: ['when are you open > whole'],
  },
  {
    name: 'a noise is let pass',
    until: 5000,
    caller: (world) => world.caller(1000, 400),
    story: ['1430 transcribe 880-1430'],
    context: [],
  },
  {
    name: 'a noise with a slow STT is let pass too',
    until: 5000,
    options: { sttMs: 900 },
    caller: (world) => world.caller(1000, 400),
    story: ['1430 transcribe 880-1430', '1620 turn_ended 1 waited 300'],
    context: [],
  },
  {
    name: 'speech without a word that could be understood is asked for again',
    caller: (world) => world.caller(1000, 1200),
    story: ['2230 transcribe 880-2230', '2420 turn_ended 1 waited 300', '2420 prompt 1 repeat'],
    context: [' > whole'],
  },
  {
    name: 'a cough over the bot: quieter, silent, and on from where it was cut',
    caller: (world) => question(world).caller(3000, 400),
    story: [...QUESTION, '3140 duck 1', '3380 pause 1', '3430 transcribe 2880-3430', '3530 resume 1'],
    context: ['when are you open > whole'],
  },
  {
    name: 'a click over the bot never silences it',
    caller: (world) => question(world).caller(3000, 250),
    story: [...QUESTION, '3140 duck 1', '3280 transcribe 2880-3280', '3280 resume 1'],
    context: ['when are you open > whole'],
  },
  {
    name: 'mm-hm over the bot: it goes on',
    caller: (world) => question(world).caller(3000, 500, 'Mm-hm.'),
    story: [...QUESTION, '3140 duck 1', '3380 pause 1', '3530 transcribe 2880-3530', '3630 resume 1'],
    context: ['when are you open > whole'],
  },
  {
    name: 'угу in Russian: it goes on',
    options: { language: 'ru' },
    caller: (world) => question(world).caller(3000, 500, 'Угу,').caller(3900, 500, 'да-да'),
    story: [
      ...QUESTION,
      '3140 duck 1',
      '3380 pause 1',
      '3530 transcribe 2880-3530',
      '3630 resume 1',
      '4040 duck 1',
      '4280 pause 1',
      '4430 transcribe 3780-4430',
      '4530 resume 1',
    ],
    context: ['when are you open > whole'],
  },
  {
    name: 'a quick "stop" does not silence the bot by its length but by its word',
    caller: (world) => question(world).caller(3000, 250, 'stop'),
    story: [
      ...QUESTION,
      '3140 duck 1',
      '3280 transcribe 2880-3280',
      '3280 resume 1',
      '3380 stop 1',
      '3380 reply 2 "stop" speculative',
      '3470 turn_ended 2 waited 300',
      '3470 release 2',
    ],
    context: ['when are you open > cut', 'stop > whole'],
  },
  {
    name: 'an interruption: silent after 300 ms of voice, stopped once there are words, answered from its first one',
    caller: (world) => question(world).caller(3000, 1000, 'no on which street'),
    story: [
      ...QUESTION,
      '3140 duck 1',
      '3380 pause 1',
      '4030 transcribe 2880-4030',
      '4130 stop 1',
      '4130 reply 2 "no on which street" speculative',
      '4220 turn_ended 2 waited 300',
      '4220 release 2',
    ],
    context: ['when are you open > cut', 'no on which street > whole'],
  },
  {
    name: 'a long interruption is certain before it ends',
    caller: (world) => question(world).caller(3000, 2500, 'no i meant the other shop'),
    story: [
      ...QUESTION,
      '3140 duck 1',
      '3380 pause 1',
      '4580 stop 1',
      '5530 transcribe 2880-5530',
      '5630 reply 2 "no i meant the other shop" speculative',
      '5720 turn_ended 2 waited 300',
      '5720 release 2',
    ],
    context: ['when are you open > cut', 'no i meant the other shop > whole'],
  },
  {
    name: 'a slow STT does not keep the bot silent after a cough, and words still stop it when they come',
    options: { sttMs: 1500 },
    caller: (world) => question(world).caller(5000, 600, 'wait please'),
    story: [
      '2030 transcribe 880-2030',
      '2220 turn_ended 1 waited 300',
      '3530 reply 1 "when are you open"',
      '3530 release 1',
      '5140 duck 1',
      '5380 pause 1',
      '5630 transcribe 4880-5630',
      '6520 resume 1',
      '7130 stop 1',
      '7130 turn_ended 2 waited 1610',
      '7130 reply 2 "wait please"',
      '7130 release 2',
    ],
    until: 13_000,
    context: ['when are you open > cut', 'wait please > whole'],
  },
  {
    name: '"yes" over the last words of the bot answers them',
    caller: (world) => question(world).caller(4500, 600, 'Yes.'),
    story: [
      ...QUESTION,
      '4640 duck 1',
      '4880 pause 1',
      '5130 transcribe 4380-5130',
      '5230 resume 1',
      '5680 turn_ended 2 waited 660',
      '5680 reply 2 "Yes."',
      '5680 release 2',
    ],
    context: ['when are you open > whole', 'Yes. > whole'],
  },
  {
    name: 'the bot ends while the caller speaks: an ordinary turn, from its first phoneme',
    caller: (world) => question(world).caller(5150, 800, 'yes please'),
    story: [
      ...QUESTION,
      '5290 duck 1',
      '5980 transcribe 5030-5980',
      '6080 reply 2 "yes please" speculative',
      '6170 turn_ended 2 waited 300',
      '6170 release 2',
    ],
    context: ['when are you open > whole', 'yes please > whole'],
  },
  {
    name: 'the caller goes on before the answer is heard: one turn, one answer to all of it',
    options: { thinkMs: 1000 },
    caller: (world) => question(world).caller(2600, 700, 'on sundays'),
    story: [
      ...QUESTION,
      '2740 pause 1',
      '3330 transcribe 2480-3330',
      '3430 drop_reply 1',
      '3430 reply 2 "when are you open on sundays" speculative',
      '3520 turn_ended 1 waited 300',
      '3520 release 2',
    ],
    context: ['when are you open on sundays > whole'],
  },
  {
    name: 'the caller goes on before the transcript has come',
    options: { sttMs: 800 },
    caller: (world) => question(world).caller(2500, 700, 'on sundays'),
    story: [
      '2030 transcribe 880-2030',
      '2220 turn_ended 1 waited 300',
      '3230 transcribe 2380-3230',
      '3420 turn_ended 1 waited 300',
      '4030 reply 1 "when are you open on sundays"',
      '4030 release 1',
    ],
    context: ['when are you open on sundays > whole'],
  },
  {
    name: 'a cough before the answer is heard only holds it up',
    options: { thinkMs: 1000 },
    caller: (world) => question(world).caller(2600, 400),
    story: [...QUESTION, '2740 pause 1', '3030 transcribe 2480-3030', '3130 resume 1'],
    context: ['when are you open > whole'],
  },
  {
    name: 'the greeting can be interrupted like anything else',
    options: { greeting: true },
    caller: (world) => world.caller(300, 700, 'is this the bakery'),
    story: [
      '0 prompt 1 greeting',
      '440 duck 1',
      '680 pause 1',
      '1030 transcribe 180-1030',
      '1130 stop 1',
      '1130 reply 2 "is this the bakery" speculative',
      '1220 turn_ended 1 waited 300',
      '1220 release 2',
    ],
    context: [' > cut', 'is this the bakery > whole'],
  },
  {
    name: 'nobody speaks: asked twice, then goodbye',
    options: { greeting: true },
    caller: (world) => world,
    until: 40_000,
    story: [
      '0 prompt 1 greeting',
      '11000 prompt 2 idle',
      '22000 prompt 3 idle',
      '33000 prompt 4 goodbye',
      '34000 hangup idle',
    ],
    context: [' > whole', ' > whole', ' > whole', ' > whole'],
  },
  {
    name: 'words start the count of idle prompts anew, coughs do not',
    options: { settings: { idle_ms: 5000, idle_prompts: 1 }, speechMs: 1000 },
    caller: (world) => world.caller(2000, 300).caller(7000, 900, 'i am here'),
    until: 25_000,
    story: [
      '2330 transcribe 1880-2330',
      '5000 prompt 1 idle',
      '7930 transcribe 6880-7930',
      '8030 reply 2 "i am here" speculative',
      '8120 turn_ended 1 waited 300',
      '8120 release 2',
      '14230 prompt 3 idle',
      '20230 prompt 4 goodbye',
      '21230 hangup idle',
    ],
    context: [' > whole', 'i am here > whole', ' > whole', ' > whole'],
  },
  {
    name: 'a caller who is there after all talks the bot out of its goodbye',
    options: { settings: { idle_ms: 3000, idle_prompts: 0 } },
    caller: (world) => world.caller(3200, 700, 'sorry i am here'),
    until: 7000,
    story: [
      '3000 prompt 1 goodbye',
      '3340 duck 1',
      '3580 pause 1',
      '3930 transcribe 3080-3930',
      '4030 stop 1',
      '4030 reply 2 "sorry i am here" speculative',
      '4120 turn_ended 1 waited 300',
      '4120 release 2',
    ],
    context: [' > cut', 'sorry i am here > going on'],
  },
  {
    name: 'the model hangs up, but only after it was heard',
    options: { hangsUp: (generation) => generation === 1 },
    caller: (world) => world.caller(1000, 1000, 'that was all bye'),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '5330 hangup bot',
    ],
    context: ['that was all bye > whole'],
  },
  {
    name: 'one more thing over the last words before a hang-up is still heard',
    options: { hangsUp: (generation) => generation === 1 },
    caller: (world) => world.caller(1000, 1000, 'that was all bye').caller(5150, 800, 'one more thing'),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '5290 duck 1',
      '5980 transcribe 5030-5980',
      '6080 reply 2 "one more thing" speculative',
      '6170 turn_ended 2 waited 300',
      '6170 release 2',
    ],
    context: ['that was all bye > whole', 'one more thing > whole'],
  },
  {
    name: 'a noise over the last words before a hang-up only puts it off',
    options: { hangsUp: (generation) => generation === 1 },
    caller: (world) => world.caller(1000, 1000, 'that was all bye').caller(5150, 300),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '5290 duck 1',
      '5480 transcribe 5030-5480',
      '5670 hangup bot',
    ],
    context: ['that was all bye > whole'],
  },
  {
    name: 'the longest call: the sentence is finished, goodbye, and no more turns',
    options: { settings: { max_call_ms: 4000 } },
    caller: (world) => question(world).caller(5500, 500, 'but wait'),
    story: [...QUESTION, '5330 prompt 2 goodbye', '6330 hangup max_duration'],
    context: ['when are you open > whole', ' > whole'],
  },
  {
    name: 'the longest call: a sentence that does not end is broken off',
    options: { settings: { max_call_ms: 4000 }, speechMs: 60_000 },
    caller: question,
    until: 12_000,
    story: [...QUESTION, '9000 stop 1', '9000 prompt 2 goodbye', '10000 hangup max_duration'],
    context: ['when are you open > cut', ' > whole'],
  },
  {
    name: 'STT fails: an apology, and the call goes on',
    options: { stt: (request) => (request === 1 ? 'fails' : 'works') },
    caller: (world) => question(world).caller(4000, 1000, 'when are you open'),
    story: [
      '2030 transcribe 880-2030',
      '2220 turn_ended 1 waited 300',
      '2220 prompt 1 apology',
      '5030 transcribe 3880-5030',
      '5130 reply 2 "when are you open" speculative',
      '5220 turn_ended 1 waited 300',
      '5220 release 2',
    ],
    context: [' > whole', 'when are you open > whole'],
  },
  {
    name: 'STT fails on an interruption: the bot does not talk on as if nothing had been said',
    options: { stt: (request) => (request === 2 ? 'fails' : 'works') },
    caller: (world) => question(world).caller(3000, 1000, 'no on which street'),
    story: [
      ...QUESTION,
      '3140 duck 1',
      '3380 pause 1',
      '4030 transcribe 2880-4030',
      '4130 stop 1',
      '4220 turn_ended 2 waited 300',
      '4220 prompt 2 apology',
    ],
    context: ['when are you open > cut', ' > whole'],
  },
  {
    name: 'a speculation that fails is tried again when the turn has ended',
    options: { thinkMs: 50, reply: (generation) => (generation === 1 ? 'fails' : 'works') },
    caller: question,
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "when are you open" speculative',
      '2180 drop_reply 1',
      '2220 turn_ended 1 waited 300',
      '2220 reply 2 "when are you open"',
      '2220 release 2',
    ],
    context: ['when are you open > whole'],
  },
  {
    name: 'a reply fails: an apology; the words stay in the context',
    options: { reply: (generation) => (generation === 1 ? 'fails' : 'works') },
    caller: question,
    story: [...QUESTION, '2330 stop 1', '2330 prompt 2 apology'],
    context: ['when are you open > unheard', ' > whole'],
  },
  {
    name: 'everything keeps failing: two apologies, then goodbye',
    options: {
      settings: { speculate: false },
      reply: (generation) => (generation % 2 === 1 ? 'fails' : 'works'),
    },
    caller: (world) => world.caller(1000, 500, 'one').caller(5000, 500, 'two').caller(9000, 500, 'three'),
    until: 15_000,
    story: [
      '1720 transcribe 880-1570',
      '1720 turn_ended 1 waited 300',
      '1820 reply 1 "one"',
      '1820 release 1',
      '2020 stop 1',
      '2020 prompt 2 apology',
      '5720 transcribe 4880-5570',
      '5720 turn_ended 2 waited 300',
      '5820 reply 3 "two"',
      '5820 release 3',
      '6020 stop 3',
      '6020 prompt 4 apology',
      '9720 transcribe 8880-9570',
      '9720 turn_ended 3 waited 300',
      '9820 reply 5 "three"',
      '9820 release 5',
      '10020 stop 5',
      '10020 prompt 6 goodbye',
      '11020 hangup failed',
    ],
    context: ['one > unheard', ' > whole', 'two > unheard', ' > whole', 'three > unheard', ' > whole'],
  },
  {
    name: 'the voice itself fails: silence, then the end, never an endless round of apologies',
    options: { reply: () => 'fails' },
    caller: (world) => question(world).caller(4000, 900, 'hello'),
    until: 30_000,
    story: [
      ...QUESTION,
      '2330 stop 1',
      '2330 prompt 2 apology',
      '2330 stop 2',
      '4930 transcribe 3880-4930',
      '5030 reply 3 "hello" speculative',
      '5120 turn_ended 2 waited 300',
      '5120 release 3',
      '5230 stop 3',
      '5230 prompt 4 goodbye',
      '5230 stop 4',
      '5230 hangup failed',
    ],
    context: ['when are you open > unheard', ' > unheard', 'hello > unheard', ' > unheard'],
  },
  {
    name: 'an answer that never comes is given up in the end',
    options: { settings: { idle_ms: 60_000 }, reply: (generation) => (generation === 1 ? 'lost' : 'works') },
    caller: question,
    until: 40_000,
    story: [...QUESTION, '32220 stop 1', '32220 prompt 2 apology'],
    context: ['when are you open > unheard', ' > whole'],
  },
  {
    name: 'a transcript that never comes is given up in the end',
    options: { settings: { idle_ms: 60_000 }, stt: () => 'lost' },
    caller: question,
    until: 40_000,
    story: [
      '2030 transcribe 880-2030',
      '2220 turn_ended 1 waited 300',
      '32220 drop_transcript 1',
      '32220 prompt 1 apology',
    ],
    context: [' > whole'],
  },
  {
    name: 'keys are a turn after a pause',
    caller: (world) => world.press(1000, '123'),
    story: ['2900 turn_ended 1 waited 1500', '2900 reply 1 "" [123]', '2900 release 1'],
    context: ['123 > whole'],
  },
  {
    name: '# ends the keys at once; alone it is a key',
    caller: (world) => world.press(1000, '42#').press(8000, '#'),
    until: 12_000,
    story: [
      '1400 turn_ended 1 waited 0',
      '1400 reply 1 "" [42]',
      '1400 release 1',
      '8000 turn_ended 2 waited 0',
      '8000 reply 2 "" [#]',
      '8000 release 2',
    ],
    context: ['42 > whole', '# > whole'],
  },
  {
    name: 'a key while the bot speaks interrupts it',
    caller: (world) => question(world).press(3000, '1'),
    story: [
      ...QUESTION,
      '3000 stop 1',
      '4500 turn_ended 2 waited 1500',
      '4500 reply 2 "" [1]',
      '4500 release 2',
    ],
    context: ['when are you open > cut', '1 > whole'],
  },
  {
    name: 'a key before the answer is heard joins the words',
    options: { thinkMs: 1000 },
    caller: (world) => question(world).press(2600, '7#'),
    story: [
      ...QUESTION,
      '2600 drop_reply 1',
      '2800 turn_ended 1 waited 0',
      '2800 reply 2 "when are you open" [7]',
      '2800 release 2',
    ],
    context: ['when are you open7 > whole'],
  },
  {
    name: '"say this now" goes before what the bot is saying',
    caller: (world) => question(world).say(3000, 'a person will call you back'),
    story: [...QUESTION, '3000 stop 1', '3000 say 2 "a person will call you back"'],
    context: ['when are you open > cut', ' > whole'],
  },
  {
    name: '"say this now" waits for the caller, and then goes before the answer',
    caller: (world) => question(world).say(1500, 'a person will call you back'),
    until: 10_000,
    story: [
      ...QUESTION.slice(0, 3),
      '2220 release 1',
      '2220 stop 1',
      '2220 say 2 "a person will call you back"',
    ],
    context: ['when are you open > unheard', ' > whole'],
  },
  {
    name: 'over the bot words are needed at once, speculation or not',
    options: { settings: { speculate: false } },
    caller: (world) => question(world).caller(4000, 1000, 'no on which street'),
    story: [
      '2220 transcribe 880-2070',
      '2220 turn_ended 1 waited 300',
      '2320 reply 1 "when are you open"',
      '2320 release 1',
      '4140 duck 1',
      '4380 pause 1',
      '5030 transcribe 3880-5030',
      '5130 stop 1',
      '5220 turn_ended 2 waited 300',
      '5220 reply 2 "no on which street"',
      '5220 release 2',
    ],
    context: ['when are you open > cut', 'no on which street > whole'],
  },
  {
    name: 'before the answer is heard even "ok" is part of the question',
    options: { thinkMs: 1000 },
    caller: (world) => question(world).caller(2600, 400, 'ok'),
    story: [
      ...QUESTION,
      '2740 pause 1',
      '3030 transcribe 2480-3030',
      '3130 drop_reply 1',
      '3130 reply 2 "when are you open ok" speculative',
      '3220 turn_ended 1 waited 300',
      '3220 release 2',
    ],
    context: ['when are you open ok > whole'],
  },
  {
    name: 'words before the answer that STT is slow to give: the answer begins, they stop it and are the next turn',
    options: { settings: { speculate: false }, sttMs: 1500, thinkMs: 800 },
    caller: (world) => question(world).caller(3800, 600, 'on sundays'),
    story: [
      '2220 transcribe 880-2070',
      '2220 turn_ended 1 waited 300',
      '3720 reply 1 "when are you open"',
      '3720 release 1',
      '3940 pause 1',
      '4430 transcribe 3680-4430',
      '5320 resume 1',
      '5930 stop 1',
      '5930 turn_ended 2 waited 1610',
      '5930 reply 2 "on sundays"',
      '5930 release 2',
    ],
    context: ['when are you open > cut', 'on sundays > whole'],
  },
  {
    name: 'after a long stretch of speech the caller goes on: it is not transcribed a second time',
    options: { settings: { speculate: false } },
    caller: (world) => world.caller(1000, 16_000, 'it is a long story').caller(17_050, 900, 'about bread'),
    until: 25_000,
    story: [
      '17190 transcribe 880-17070',
      '18170 transcribe 16930-18020',
      '18170 turn_ended 1 waited 300',
      '18270 reply 1 "it is a long story about bread"',
      '18270 release 1',
    ],
    context: ['it is a long story about bread > whole'],
  },
  {
    name: 'the nothing-more-to-say before a hang-up is forgotten when there was more, whatever becomes of the answer',
    options: { hangsUp: (n) => n === 1, reply: (n) => (n === 2 ? 'fails' : 'works') },
    caller: (world) => world.caller(1000, 1000, 'that was all bye').caller(5150, 800, 'one more thing'),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '5290 duck 1',
      '5980 transcribe 5030-5980',
      '6080 reply 2 "one more thing" speculative',
      '6170 turn_ended 2 waited 300',
      '6170 release 2',
      '6280 stop 2',
      '6280 prompt 3 apology',
    ],
    context: ['that was all bye > whole', 'one more thing > unheard', ' > whole'],
  },
  {
    name: 'failures with answers between them never end the call',
    options: {
      settings: { speculate: false },
      speechMs: 500,
      reply: (n) => ([1, 4, 7].includes(n) ? 'fails' : 'works'),
    },
    caller: (world) => {
      for (let i = 0; i < 6; i += 1) world.caller(1000 + i * 4000, 500, `question ${i}`);
      return world;
    },
    until: 26_000,
    story: [0, 1, 2, 3, 4, 5].flatMap((i) => {
      const start = i * 4000;
      const generation = i + 1 + Math.ceil(i / 2);
      const asked = [
        `${start + 1720} transcribe ${start + 880}-${start + 1570}`,
        `${start + 1720} turn_ended ${i + 1} waited 300`,
        `${start + 1820} reply ${generation} "question ${i}"`,
        `${start + 1820} release ${generation}`,
      ];
      if (i % 2 === 1) return asked;
      return [
        ...asked,
        `${start + 2020} stop ${generation}`,
        `${start + 2020} prompt ${generation + 1} apology`,
      ];
    }),
    context: [0, 1, 2].flatMap((i) => [
      `question ${2 * i} > unheard`,
      ' > whole',
      `question ${2 * i + 1} > whole`,
    ]),
  },
  {
    name: 'more keys before the answer to the first is heard: all of them are answered',
    options: { thinkMs: 1000 },
    caller: (world) => world.press(1000, '7#').press(1500, '8#'),
    story: [
      '1200 turn_ended 1 waited 0',
      '1200 reply 1 "" [7]',
      '1200 release 1',
      '1500 drop_reply 1',
      '1700 turn_ended 1 waited 0',
      '1700 reply 2 "" [78]',
      '1700 release 2',
    ],
    context: ['78 > whole'],
  },
  {
    name: '"say this now" comes back when the caller spoke before it was heard',
    options: { thinkMs: 800, speechMs: 1000 },
    caller: (world) => world.say(1000, 'please hold').caller(1200, 800, 'anybody there'),
    story: [
      '1000 say 1 "please hold"',
      '1340 pause 1',
      '2030 transcribe 1080-2030',
      '2130 drop_reply 1',
      '2130 reply 2 "anybody there" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 2',
      '2220 stop 2',
      '2220 say 3 "please hold"',
    ],
    context: ['anybody there > unheard', ' > whole'],
  },
  {
    name: 'the last goodbye is the last word',
    options: { settings: { max_call_ms: 4000 } },
    caller: (world) => question(world).press(5600, '1').say(5700, 'one moment').caller(5500, 500, 'but wait'),
    story: [...QUESTION, '5330 prompt 2 goodbye', '6330 hangup max_duration'],
    context: ['when are you open > whole', ' > whole'],
  },
  {
    name: 'two things a person wants said are said one after the other',
    caller: (world) => world.say(1000, 'please hold').say(1300, 'thank you'),
    story: ['1000 say 1 "please hold"', '2200 say 2 "thank you"'],
    context: [' > whole', ' > whole'],
  },
  {
    name: '"okay" over the last words before a hang-up needs no answer',
    options: { hangsUp: (generation) => generation === 1 },
    caller: (world) => world.caller(1000, 1000, 'that was all bye').caller(4500, 600, 'Okay.'),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '4640 duck 1',
      '4880 pause 1',
      '5130 transcribe 4380-5130',
      '5230 resume 1',
      '5680 hangup bot',
    ],
    context: ['that was all bye > whole'],
  },
  {
    name: 'speech that never pauses is transcribed in pieces',
    options: { settings: { idle_ms: 60_000 } },
    caller: (world) => world.caller(1000, 65_000),
    until: 70_000,
    story: [
      '30880 transcribe 880-30880',
      '60880 transcribe 30880-60880',
      '66030 transcribe 60880-66030',
      '66220 turn_ended 1 waited 300',
      '66220 prompt 1 repeat',
    ],
    context: [' > whole'],
  },
  {
    name: 'held: what the bot is saying stops, and what the caller says then is only noted',
    caller: (world) => question(world).hold(3000, true).caller(4000, 1000, 'hello').press(7000, '5#'),
    story: [
      ...QUESTION,
      '3000 stop 1',
      '5220 transcribe 3880-5070',
      '5220 turn_ended 2 waited 300',
      '5320 noted 2 "hello"',
      '7200 turn_ended 3 waited 0',
      '7200 noted 3 "" [5]',
    ],
    context: ['when are you open > cut', 'hello > noted', '5 > noted'],
  },
  {
    name: 'held before the turn has ended: the speculation is dropped and the words are noted',
    caller: (world) => question(world).hold(2150, true),
    story: [
      ...QUESTION.slice(0, 2),
      '2150 drop_reply 1',
      '2220 turn_ended 1 waited 300',
      '2220 noted 1 "when are you open"',
    ],
    context: ['when are you open > noted'],
  },
  {
    name: 'held before the answer is heard: it ends, and the words stay where they are',
    options: { thinkMs: 1000 },
    caller: (world) => question(world).hold(2500, true),
    story: [...QUESTION, '2500 stop 1'],
    context: ['when are you open > unheard'],
  },
  {
    name: 'held while the caller goes on before the answer is heard: all of it is noted at once',
    options: { thinkMs: 1000 },
    caller: (world) => question(world).caller(2600, 700, 'on sundays').hold(3000, true),
    story: [
      ...QUESTION,
      '2740 pause 1',
      '3000 drop_reply 1',
      '3520 transcribe 2480-3370',
      '3520 turn_ended 1 waited 300',
      '3620 noted 1 "when are you open on sundays"',
    ],
    context: ['when are you open on sundays > noted'],
  },
  {
    name: 'let go: nothing from before is answered, the next turn is',
    caller: (world) => question(world).hold(500, true).hold(4000, false).caller(5000, 1000, 'and on sundays'),
    story: [
      '2220 transcribe 880-2070',
      '2220 turn_ended 1 waited 300',
      '2320 noted 1 "when are you open"',
      '6030 transcribe 4880-6030',
      '6130 reply 1 "and on sundays" speculative',
      '6220 turn_ended 2 waited 300',
      '6220 release 1',
    ],
    context: ['when are you open > noted', 'and on sundays > whole'],
  },
  {
    name: 'let go while the caller speaks, or before the words are known: that turn is answered',
    caller: (world) =>
      question(world)
        .hold(500, true)
        .hold(1500, false)
        .hold(5500, true)
        .caller(6000, 1000, 'and on sundays')
        .hold(7300, false),
    story: [
      ...QUESTION,
      '7220 transcribe 5880-7070',
      '7220 turn_ended 2 waited 300',
      '7320 reply 2 "and on sundays"',
      '7320 release 2',
    ],
    context: ['when are you open > whole', 'and on sundays > going on'],
  },
  {
    name: 'what a person wants said is said while the bot is held, never over the caller',
    caller: (world) =>
      question(world).hold(500, true).say(1500, 'one moment please').say(6000, 'thank you for waiting'),
    story: [
      '2220 transcribe 880-2070',
      '2220 turn_ended 1 waited 300',
      '2320 noted 1 "when are you open"',
      '2320 say 1 "one moment please"',
      '6000 say 2 "thank you for waiting"',
    ],
    context: ['when are you open > noted', ' > whole', ' > whole'],
  },
  {
    name: 'held, what a person wants said gives way to the caller as ever, whose words are noted',
    caller: (world) => world.hold(500, true).say(1000, 'one moment please').caller(1300, 700, 'no wait'),
    story: [
      '1000 say 1 "one moment please"',
      '1440 duck 1',
      '1680 pause 1',
      '2030 transcribe 1180-2030',
      '2130 stop 1',
      '2220 turn_ended 1 waited 300',
      '2220 noted 1 "no wait"',
    ],
    context: [' > cut', 'no wait > noted'],
  },
  {
    name: 'hold stops what a person wanted said as well, unless nobody has heard of it yet',
    caller: (world) =>
      world.say(1000, 'one moment').hold(1500, true).hold(3000, false).say(3100, 'no').hold(3150, true),
    story: ['1000 say 1 "one moment"', '1500 stop 1', '3100 say 2 "no"'],
    context: [' > cut', ' > whole'],
  },
  {
    name: 'held, the bot asks for nothing and excuses itself for nothing',
    options: { stt: (request) => (request === 2 ? 'fails' : 'works') },
    caller: (world) => world.hold(500, true).caller(1000, 1200).caller(4000, 1200, 'hello'),
    story: [
      '2420 transcribe 880-2270',
      '2420 turn_ended 1 waited 300',
      '5420 transcribe 3880-5270',
      '5420 turn_ended 1 waited 300',
    ],
    context: [],
  },
  {
    name: 'held, nobody is asked whether they are there; let go, the silence is counted anew',
    options: { settings: { idle_ms: 5000, idle_prompts: 1 } },
    caller: (world) => world.hold(1000, true).hold(60_000, false),
    until: 70_000,
    story: ['65000 prompt 1 idle'],
    context: [' > whole'],
  },
  {
    name: 'held, the longest call still ends with its goodbye',
    options: { settings: { max_call_ms: 4000 } },
    caller: (world) => question(world).hold(500, true).hold(4500, false).hold(4600, true),
    story: [
      '2220 transcribe 880-2070',
      '2220 turn_ended 1 waited 300',
      '2320 noted 1 "when are you open"',
      '4000 prompt 1 goodbye',
      '5000 hangup max_duration',
    ],
    context: ['when are you open > noted', ' > whole'],
  },
  {
    name: 'held, the bot no longer hangs up as its model or the silence had it',
    options: { hangsUp: (generation) => generation === 1, settings: { idle_ms: 4000, idle_prompts: 0 } },
    caller: (world) =>
      world.caller(1000, 1000, 'that was all bye').hold(4000, true).hold(5000, false).hold(9500, true),
    until: 20_000,
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '4000 stop 1',
      '9000 prompt 2 goodbye',
      '9500 stop 2',
    ],
    context: ['that was all bye > cut', ' > cut'],
  },
  {
    name: 'held over the last words before a hang-up: the call goes on',
    options: { hangsUp: (generation) => generation === 1 },
    caller: (world) => world.caller(1000, 1000, 'that was all bye').caller(5150, 300).hold(5400, true),
    story: [
      '2030 transcribe 880-2030',
      '2130 reply 1 "that was all bye" speculative',
      '2220 turn_ended 1 waited 300',
      '2220 release 1',
      '5290 duck 1',
      '5670 transcribe 5030-5520',
      '5670 turn_ended 2 waited 300',
    ],
    context: ['that was all bye > whole'],
  },
];

describe('the turn machine, story by story', () => {
  it.each(stories)('$name', ({ options, caller, until = 10_000, story, context }) => {
    const world = caller(new World(options)).run(until);
    expect(world.story()).toEqual(story);
    expect(world.conversation()).toEqual(context);
  });

  it('shows what it is doing', () => {
    const world = question(new World()).caller(3000, 1000, 'no on which street').run(10_000);
    expect(world.states()).toEqual([
      '1140 listening',
      '2030 maybe_end',
      '2220 thinking',
      '2330 speaking',
      '3380 interrupted',
      '4130 maybe_end',
      '4220 thinking',
      '4330 speaking',
      '7330 idle',
    ]);
  });
});

describe('the turn machine, input by input', () => {
  const settings = turnSettings.parse({ completeness: 'off' });
  const started = step(startMachine(turnRules(settings, 'en')), {
    type: 'call_started',
    at: 0,
    greeting: true,
  });
  const speaking = step(started.state, { type: 'reply_playing', at: 20, generation: 1 });

  it('does not touch the state it is given', () => {
    const before = JSON.stringify(speaking.state);
    step(speaking.state, { type: 'voice', at: 500, from: 450 });
    step(speaking.state, { type: 'dtmf', at: 500, digit: '1' });
    expect(JSON.stringify(speaking.state)).toBe(before);
  });

  it('a partial transcript stops the bot before the whole one is there', () => {
    let { state } = step(speaking.state, { type: 'voice', at: 500, from: 450 });
    ({ state } = step(state, { type: 'silence', at: 1000, lastVoiced: 900 }));
    const early = step(state, { type: 'partial', at: 1040, request: 1, text: 'yeah' });
    expect(early.effects).toEqual([]);
    const later = step(early.state, { type: 'partial', at: 1060, request: 1, text: 'yeah but' });
    expect(later.effects[0]).toEqual({ type: 'stop', generation: 1 });
  });

  it('counts the first answer to a request only', () => {
    const world = new World().caller(1000, 1000, 'hello there').run(2150);
    const again = step(world.state, { type: 'transcript', at: 2150, request: 1, text: 'something else' });
    expect(again.effects).toEqual([]);
    expect(again.state).toEqual(world.state);
  });

  it('does not apologise for what has been answered meanwhile', () => {
    const world = new World()
      .caller(1000, 1000, 'hello there')
      .caller(3000, 1000, 'and how are you')
      .run(3300);
    world.send({ type: 'reply_failed', at: 3300, generation: 1 });
    world.run(9000);
    expect(world.story().slice(-2)).toEqual(['4220 turn_ended 2 waited 300', '4220 release 2']);
  });

  it('hangs up even when the end of the goodbye is never reported', () => {
    const rules = turnRules({ ...settings, idle_prompts: 0, idle_ms: 5000 }, 'en');
    let { state } = step(startMachine(rules), { type: 'call_started', at: 0, greeting: false });
    ({ state } = step(state, { type: 'timer', at: 5000 }));
    ({ state } = step(state, { type: 'reply_playing', at: 5000, generation: 1 }));
    expect(state.wake).toBe(35_000);
    expect(step(state, { type: 'timer', at: 35_000 }).effects).toContainEqual({
      type: 'hangup',
      reason: 'idle',
    });
  });

  it('takes orders before the first packet: held, there is no greeting; what is to be said comes first', () => {
    const begin = { type: 'call_started', at: 100, greeting: true } as const;
    const before = startMachine(turnRules(settings, 'en'));
    const held = step(before, { type: 'hold', at: 50, on: true });
    expect(held.effects).toEqual([]);
    expect(step(held.state, begin).effects.filter(({ type }) => type !== 'wake')).toEqual([]);
    const typed = step(before, { type: 'say', at: 50, text: 'one moment' });
    expect(typed.effects).toEqual([]);
    expect(step(typed.state, begin).effects[0]).toEqual({ type: 'say', generation: 1, text: 'one moment' });
  });

  it('ignores answers nobody asked for', () => {
    for (const input of [
      { type: 'transcript', at: 100, request: 9, text: 'ghost' },
      { type: 'reply_finished', at: 100, generation: 9 },
      { type: 'reply_failed', at: 100, generation: 0 },
      { type: 'completeness', at: 100, request: 3, probability: 1 },
      { type: 'silence', at: 100, lastVoiced: 50 },
    ] as const) {
      const after = step(speaking.state, input);
      expect(after.effects).toEqual([]);
      expect(after.state).toEqual(speaking.state);
    }
  });

  it('a frame that slipped out while the reply was being held up makes it heard', () => {
    let { state } = step(started.state, { type: 'voice', at: 10, from: 0 });
    ({ state } = step(state, { type: 'reply_playing', at: 11, generation: 1 }));
    ({ state } = step(state, { type: 'silence', at: 700, lastVoiced: 600 }));
    const after = step(state, { type: 'transcript', at: 800, request: 1, text: 'hello' });
    expect(after.effects[0]).toEqual({ type: 'stop', generation: 1 });
  });

  it('takes new rules at once', () => {
    let { state } = step(speaking.state, { type: 'voice', at: 500, from: 450 });
    expect(state.wake).toBe(450 + settings.interrupt_min_ms);
    ({ state } = step(state, {
      type: 'rules',
      at: 510,
      rules: turnRules({ ...settings, interrupt_min_ms: 1000 }, 'en'),
    }));
    expect(state.wake).toBe(1450);
  });

  it('ends all that is alive when the call is over, and is silent from then on', () => {
    const over = step(speaking.state, { type: 'call_over', at: 900 });
    expect(over.effects).toEqual([
      { type: 'stop', generation: 1 },
      { type: 'state', state: 'idle' },
      { type: 'wake', at: null },
    ]);
    expect(step(over.state, { type: 'voice', at: 950, from: 900 }).effects).toEqual([]);
  });

  it('a reply with nothing in it is no answer', () => {
    const world = new World({ reply: () => 'lost' }).caller(1000, 1000, 'hello there').run(2500);
    world.send({ type: 'reply_finished', at: 2500, generation: 1 });
    expect(world.story().slice(-2)).toEqual(['2500 stop 1', '2500 prompt 2 apology']);
  });
});
