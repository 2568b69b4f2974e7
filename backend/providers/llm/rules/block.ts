import { z } from 'zod';
import { CheckedYaml } from '../../../base/checked-yaml.ts';

const text = z.string().min(1);
const list = (what: z.ZodString) => z.union([what, z.array(what).min(1)]).transform((one) => [one].flat());
const texts = list(text);
const phrases = list(text);

/** Something the caller has to say before a task can be done. */
const slot = z
  .strictObject({
    type: z.enum(['choice', 'day', 'time', 'name', 'number', 'digits']),
    /** Asked while it is missing. Of several: the first whose own {slots} are known, the next one when asked again. */
    ask: texts,
    /** What it may be (type choice): how it is spoken, and the phrases it is recognised by. */
    choices: z.record(text, phrases).optional(),
    /** Words that follow the number (type number): "people", "nights". */
    unit: phrases.optional(),
  })
  .refine((one) => (one.type === 'choice') === (one.choices !== undefined), {
    message: '`choices` belongs to a slot of type choice, which cannot do without',
  });

const intent = z
  .strictObject({
    /** Phrases it is recognised by, mistakes of the recogniser allowed for; `book*` is any word that begins so. */
    when: phrases,
    /** The answer; of several, one after the other. */
    say: texts.optional(),
    /** Another answer for each choice of a slot, where that is known. */
    by: z.string().optional(),
    cases: z.record(z.string(), text).optional(),
    /** A task: these slots are asked for, read back and confirmed. */
    needs: z.array(z.string()).min(1).optional(),
    confirm: text.optional(),
    /** The caller says the read-back is wrong. */
    refused: text.optional(),
    /** Confirmed. `more` follows unless the caller says goodbye. */
    done: text.optional(),
    more: text.optional(),
    /** Called after `say`: `hangup`, or any tool with arguments. */
    tool: z
      .union([
        z.string().transform((name) => ({ name, arguments: {} as Record<string, string> })),
        z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.string()).default({}) }),
      ])
      .optional(),
    /** Only where nothing else in the turn was understood ("hello", "thanks"). */
    alone: z.boolean().default(false),
  })
  .refine((one) => (one.needs === undefined) === (one.confirm === undefined && one.done === undefined), {
    message: '`needs`, `confirm` and `done` go together',
  })
  .refine((one) => one.needs === undefined || (one.confirm !== undefined && one.done !== undefined), {
    message: 'a task (`needs`) takes `confirm` and `done`',
  })
  .refine((one) => one.needs !== undefined || one.say !== undefined, { message: 'takes `say`, or `needs`' })
  .refine((one) => (one.by === undefined) === (one.cases === undefined), {
    message: '`by` and `cases` go together',
  });

export const rulesBlock = z
  .strictObject({
    slots: z.record(z.string(), slot).default({}),
    intents: z.record(z.string(), intent),
    /** Said when nothing was understood, one after the other; then the open question, or `help`. */
    fallback: texts.default(["Sorry, I didn't catch that."]),
    help: text.optional(),
    /** Before the next question, when an answer was understood. */
    got: texts.optional(),
    /** Before the read-back, when an answer was changed. */
    corrected: texts.optional(),
    yes: phrases.default(
      'yes,yeah,yep,yup,correct,right,perfect,exactly,sure,ok,okay,fine,of course,sounds good,да,верно,правильно,конечно,хорошо'.split(
        ',',
      ),
    ),
    no: phrases.default('no,nope,nah,not right,not quite,wrong,incorrect,нет,неверно,неправильно'.split(',')),
    repeat: phrases.default(
      'pardon,what did you say,what was that,say that again,repeat that,come again,повторите'.split(','),
    ),
  })
  .superRefine((rules, context) => {
    for (const [name, one] of Object.entries(rules.intents)) {
      const complain = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: ['intents', name, key], message });
      for (const needed of one.needs ?? []) {
        if (!rules.slots[needed]) complain('needs', `there is no slot \`${needed}\``);
      }
      if (one.by !== undefined) {
        const choices = rules.slots[one.by]?.choices;
        if (!choices) complain('by', `there is no slot \`${one.by}\` with choices`);
        else
          for (const key of Object.keys(one.cases ?? {}))
            if (!choices[key]) complain('cases', `\`${key}\` is no choice of \`${one.by}\``);
      }
    }
    for (const { path, template } of templates(rules)) {
      for (const [, name = ''] of template.matchAll(/\{(\w+)\}/g)) {
        if (!rules.slots[name])
          context.addIssue({ code: 'custom', path, message: `there is no slot {${name}}` });
      }
    }
  });

export type Rules = z.output<typeof rulesBlock>;
export type Slot = Rules['slots'][string];
export type Intent = Rules['intents'][string];

function templates(rules: {
  slots: Record<string, z.output<typeof slot>>;
  intents: Record<string, z.output<typeof intent>>;
}): { path: string[]; template: string }[] {
  const all: { path: string[]; template: string }[] = [];
  for (const [name, one] of Object.entries(rules.slots)) {
    for (const template of one.ask) all.push({ path: ['slots', name, 'ask'], template });
  }
  for (const [name, one] of Object.entries(rules.intents)) {
    for (const key of ['confirm', 'refused', 'done', 'more'] as const) {
      const template = one[key];
      if (template !== undefined) all.push({ path: ['intents', name, key], template });
    }
    for (const template of one.say ?? []) all.push({ path: ['intents', name, 'say'], template });
  }
  return all;
}

const BLOCK = /^```rules[ \t]*\r?\n([\s\S]*?)^```[ \t]*$\r?\n?/m;

/** `prompt` without its `rules` block: what a real LLM reads. */
export function withoutRules(prompt: string): string {
  return prompt.replace(BLOCK, '').trimEnd();
}

/**
 * The `rules` block of a prompt; null when it has none.
 *
 * @throws SidetoneError 'usage' with file, line and column of everything that is wrong.
 */
export function parseRules(prompt: string, file: string): Rules | null {
  const block = BLOCK.exec(prompt);
  if (!block) return null;
  const linesBefore = prompt.slice(0, block.index).split('\n').length;
  const yaml = new CheckedYaml(file, block[1] ?? '', linesBefore + 1);
  const rules = yaml.read(rulesBlock);
  yaml.throwIfWrong();
  return rules;
}
