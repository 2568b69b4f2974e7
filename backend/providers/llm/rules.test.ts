import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SidetoneError } from '../../base/errors.ts';
import type { ChatMessage, LlmDelta } from '../types.ts';
import { RuleResponder } from './rules.ts';
import { parseRules, withoutRules } from './rules/block.ts';

const demo = readFileSync(path.join(import.meta.dirname, '../../../bots/demo/prompt.md'), 'utf8');
const HANGUP = { name: 'hangup', description: '', parameters: {} };

async function deltas(
  messages: readonly ChatMessage[],
  signal = new AbortController().signal,
): Promise<LlmDelta[]> {
  const request = { messages, tools: [HANGUP], temperature: 0, maxTokens: 100, signal };
  return collect(new RuleResponder().complete(request));
}

async function collect(stream: AsyncIterable<LlmDelta>): Promise<LlmDelta[]> {
  const all: LlmDelta[] = [];
  for await (const delta of stream) all.push(delta);
  return all;
}

const written = (all: readonly LlmDelta[]): string =>
  all.map((delta) => (delta.type === 'text' ? delta.text : `<${delta.call.name}>`)).join('');

/** The bot's answers to a caller's turns. `heard`: what becomes of an answer in the conversation. */
async function talk(
  turns: readonly string[],
  prompt = demo,
  heard: (answer: string) => string = (answer) => answer,
): Promise<string[]> {
  const messages: ChatMessage[] = [{ role: 'system', content: prompt }];
  const answers: string[] = [];
  for (const turn of turns) {
    messages.push({ role: 'user', content: turn });
    const answer = written(await deltas(messages));
    answers.push(answer);
    const kept = heard(answer);
    if (kept !== '') messages.push({ role: 'assistant', content: kept });
  }
  return answers;
}

describe('the demo bot', () => {
  it('books what the recorded caller wants', async () => {
    const caller = readFileSync(
      path.join(import.meta.dirname, '../../../bots/demo/caller/README.md'),
      'utf8',
    );
    const turns = [...caller.matchAll(/^\| \d\S+\.wav\s+\| (.*?)\s*\|$/gm)].map(([, words]) => words ?? '');
    expect(await talk(turns)).toEqual([
      'All right. Which day would suit you?',
      'Good, thank you. A check-up is sixty dollars. And your name, please?',
      "Okay. So that's a check-up on Friday at half past two, for Emma Wilson. Is that right?",
      "No problem, I've changed that. So that's a check-up on Thursday at half past two, for Emma Wilson. Is that right?",
      "Wonderful, Emma Wilson, you're booked. See you on Thursday at half past two. Thank you for calling. Goodbye!<hangup>",
    ]);
  });

  it('answers questions in between without losing or changing what it knows', async () => {
    const answers = await talk([
      'Hi',
      'how much is a filling',
      'Can I come in tomorrow at ten?',
      'a cleaning',
      'how much is whitening? and is there parking',
      'are you open on Saturday',
      'It’s, uh, john',
      'yeah perfect',
      'no thanks',
    ]);
    expect(answers[0]).toBe('Hello! What can I do for you?');
    expect(answers[1]).toBe('A filling starts at one hundred and twenty dollars.');
    expect(answers[4]).toMatch(/^Whitening is two hundred dollars\. There is free parking .* name/);
    expect(answers[5]).toMatch(/^We're open Monday .* name/);
    expect(answers[6]).toContain("that's a cleaning tomorrow at ten, for John. Is that right?");
    expect(answers[7]).toContain('See you tomorrow at ten. Is there anything else');
    expect(answers[8]).toBe('Thank you for calling. Goodbye!<hangup>');
  });

  it('understands what a recogniser gets wrong, and everything said at once', async () => {
    const [first] = await talk([
      'I’d like a pointment for a chekup next thurday at 3:15 pm my name is Bob Stone',
    ]);
    expect(first).toContain(
      "that's a check-up next Thursday at quarter past three in the afternoon, for Bob Stone. Is that right?",
    );
  });

  it('asks what is wrong, and again for what is', async () => {
    const booked = ['Book a check-up on Monday at ten, my name is Ann.'];
    const answers = await talk([
      ...booked,
      'No.',
      'the time',
      'eleven',
      'No, the day is wrong.',
      'Tuesday',
      'yes',
      'make it Friday',
      'yes',
    ]);
    expect(answers[1]).toBe('I see. What should I change?');
    expect(answers[2]).toBe('And what time on Monday?');
    expect(answers[3]).toContain('a check-up on Monday at eleven, for Ann. Is that right?');
    expect(answers[4]).toBe('Which day would suit you?');
    expect(answers[6]).toContain('See you on Tuesday at eleven');
    expect(answers[7]).toContain('a check-up on Friday at eleven, for Ann. Is that right?');
    expect(answers[8]).toContain('See you on Friday');
    expect((await talk([...booked, "No, it's Emily."]))[1]).toContain('for Emily. Is that right?');
  });

  it('books nothing the caller has not confirmed', async () => {
    const [, answer] = await talk(['Book a check-up on Monday at ten, my name is Ann.', 'Goodbye.']);
    expect(answer).toBe('Thank you for calling. Goodbye!<hangup>');
  });

  it('varies what it says when it understands nothing, and says again what was missed', async () => {
    const answers = await talk(['mumble', 'grumble', 'rumble', 'I need a check-up', 'Pardon?', 'blah']);
    expect(new Set(answers.slice(0, 3)).size).toBe(3);
    expect(answers[4]).toBe(answers[3]);
    expect(answers[5]).toMatch(/Which day/);
  });
});

describe('RuleResponder', () => {
  it('follows from the messages alone, whatever became of its own words', async () => {
    const turns = ['I need a cleaning', 'Friday', 'at nine', 'Ann', 'yes'];
    expect(await talk(turns, demo, () => '')).toEqual(await talk(turns));
    expect(await talk(turns, demo, (answer) => `${answer.slice(0, 9)} …`)).toEqual(await talk(turns));
  });

  it('streams word by word and calls a tool after the text, where there is one', async () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: demo },
      { role: 'user', content: 'bye' },
    ];
    const all = await deltas(messages);
    expect(all.map((delta) => (delta.type === 'text' ? delta.text : delta.call))).toEqual([
      'Thank ',
      'you ',
      'for ',
      'calling. ',
      'Goodbye!',
      { id: 'rules-2', name: 'hangup', arguments: '{}' },
    ]);
    const request = {
      messages,
      tools: [],
      temperature: 0,
      maxTokens: 9,
      signal: new AbortController().signal,
    };
    const untooled = await collect(new RuleResponder().complete(request));
    expect(written(untooled)).toBe('Thank you for calling. Goodbye!');
    expect(await deltas([...messages, { role: 'tool', toolCallId: 'rules-2', content: 'ok' }])).toEqual([]);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    abort.abort();
    const messages: ChatMessage[] = [{ role: 'user', content: 'hi' }];
    await expect(deltas(messages, abort.signal)).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('follows a prompt that changes in mid-call', async () => {
    const llm = new RuleResponder();
    const say = async (prompt: string): Promise<string> => {
      const messages: ChatMessage[] = [
        { role: 'system', content: prompt },
        { role: 'user', content: 'how much is a check-up' },
      ];
      const signal = new AbortController().signal;
      return written(
        await collect(llm.complete({ messages, tools: [], temperature: 0, maxTokens: 9, signal })),
      );
    };
    expect(await say(demo)).toBe('A check-up is sixty dollars.');
    expect(await say(demo.replaceAll('sixty', 'seventy'))).toBe('A check-up is seventy dollars.');
  });

  it('says what it is where it has no rules', async () => {
    expect(await talk(['Привет, мир'], 'Be kind.')).toEqual([
      'I am the offline responder and have no rules. I heard: Привет, мир',
    ]);
  });

  it('answers in Russian by Russian rules', async () => {
    const prompt = [
      '```rules',
      'slots:',
      '  service:',
      '    type: choice',
      '    ask: На что вас записать?',
      '    choices: { осмотр: [посмотреть], чистка: [почистить, чистку] }',
      'intents:',
      '  book:',
      '    when: [запис*, на приём]',
      '    needs: [service]',
      '    confirm: "{service}, верно?"',
      '    done: Записал.',
      '  price: { when: [сколько стоит, цен*], say: Осмотр стоит тысячу рублей. }',
      '  goodbye: { when: [до свидания], say: До свидания!, tool: hangup }',
      'fallback: Не расслышал.',
      '```',
    ].join('\n');
    const turns = ['Хочу записатся на прием', 'А сколько стоит?', 'на осмотор', 'Да, верно', 'До свидания'];
    expect(await talk(turns, prompt)).toEqual([
      'На что вас записать?',
      'Осмотр стоит тысячу рублей. На что вас записать?',
      'осмотр, верно?',
      'Записал.',
      'До свидания!<hangup>',
    ]);
  });
});

const refused = (block: string): string => {
  try {
    parseRules(`Prompt.\n\n\`\`\`rules\n${block}\n\`\`\`\n`, 'prompt.md');
  } catch (error) {
    if (error instanceof SidetoneError) return error.message;
  }
  return '';
};

describe('the rules block', () => {
  it('is absent or present', () => {
    expect(parseRules('Prompt.', 'prompt.md')).toBeNull();
    expect(Object.keys(parseRules(demo, 'prompt.md')?.intents ?? {})).toContain('book');
    expect(withoutRules(demo)).not.toMatch(/rules|slots/);
    expect(withoutRules(demo)).toContain('sixty dollars');
  });

  it.each([
    ['intents: { a: { when: x } }', 'prompt.md:4:12: intents.a: takes `say`, or `needs`'],
    ['intents:\n  a: { when: x, say: "{day}" }', 'prompt.md:5:17: intents.a.say: there is no slot {day}'],
    [
      'intents:\n  a: { when: x, needs: day, confirm: y, done: z }',
      'prompt.md:5:17: intents.a.needs: found "day", allowed: a list',
    ],
    [
      'intents:\n  a: { when: x, needs: [day], confirm: y, done: z }',
      'prompt.md:5:17: intents.a.needs: there is no slot `day`',
    ],
    ['slots:\n  s: { type: choice, ask: x }\nintents: {}', 'prompt.md:5:3: slots.s: `choices` belongs'],
    [
      'slots:\n  s: { type: date, ask: x }\nintents: {}',
      'slots.s.type: found "date", allowed: choice, day, time',
    ],
    ['slots: {}', 'prompt.md:4:1: intents: missing'],
    ['intents: [', 'not valid YAML'],
  ])('%j is refused: %s', (block, message) => expect(refused(block)).toContain(message));
});
