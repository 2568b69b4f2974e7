import { ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useId, useRef, useState, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Field, Select, TextInput } from '../ui/field.tsx';
import { accountText } from './account-text.ts';
import { MOST_RULES, NEW_RULE, parseAfter, type RuleDraft } from './account.ts';

interface AccountRulesProps {
  readonly rules: readonly RuleDraft[];
  readonly onChange: (rules: readonly RuleDraft[]) => void;
  readonly onSubmit: () => void;
}

/** What answers by itself an account that rings. */
export function AccountRules({ rules, onChange, onSubmit }: AccountRulesProps): ReactNode {
  const t = useTexts(accountText);
  const hint = useId();
  const add = useRef<HTMLButtonElement>(null);
  /** Place of the rule that was added and is now to be filled in. */
  const [added, setAdded] = useState<number | null>(null);
  const change = (index: number, part: Partial<RuleDraft>): void =>
    onChange(rules.map((rule, at) => (at === index ? { ...rule, ...part } : rule)));
  const moveUp = (index: number): void => {
    setAdded(null);
    const pair = rules.slice(index - 1, index + 1);
    onChange(rules.toSpliced(index - 1, 2, ...pair.toReversed()));
  };
  const remove = (index: number): void => {
    setAdded(null);
    onChange(rules.filter((_, at) => at !== index));
    add.current?.focus();
  };
  return (
    <fieldset className="settings-rules" aria-describedby={hint}>
      <legend className="ui-field-label">{t.rules}</legend>
      <p className="settings-note" id={hint}>
        {t.rulesHint}
      </p>
      {rules.map((rule, index) => (
        // Rules are told apart by their place alone.
        <div key={index} className="settings-rule" role="group" aria-label={t.rule(index + 1)}>
          <Field label={t.ruleFrom} hint={t.ruleFromHint}>
            <TextInput
              mono
              autoFocus={index === added}
              value={rule.from}
              onChange={(from) => change(index, { from })}
              onSubmit={onSubmit}
            />
          </Field>
          <Field label={t.ruleAfter} error={parseAfter(rule.afterS) === null ? t.wrongAfter : null}>
            <TextInput
              value={rule.afterS}
              onChange={(afterS) => change(index, { afterS })}
              onSubmit={onSubmit}
            />
          </Field>
          <Field label={t.ruleWho}>
            <Select<RuleDraft['who']>
              value={rule.who}
              onChange={(who) => change(index, { who })}
              options={[
                { value: 'bot', label: t.whoBot },
                { value: 'person', label: t.rulePerson },
              ]}
            />
          </Field>
          <IconButton
            icon={ArrowUp}
            label={t.moveRuleUp(index + 1)}
            disabled={index === 0}
            onClick={() => moveUp(index)}
          />
          <IconButton icon={Trash2} label={t.removeRule(index + 1)} onClick={() => remove(index)} />
        </div>
      ))}
      <div className="settings-buttons">
        <Button
          ref={add}
          icon={Plus}
          disabled={rules.length >= MOST_RULES}
          onClick={() => {
            setAdded(rules.length);
            onChange([...rules, NEW_RULE]);
          }}
        >
          {t.addRule}
        </Button>
      </div>
    </fieldset>
  );
}
