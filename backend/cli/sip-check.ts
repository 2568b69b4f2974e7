import { Scope } from '../base/scope.ts';
import { SidetoneError } from '../base/errors.ts';
import type { SipStep } from '../contract/sip.ts';
import { withDotEnv } from '../bot/folder.ts';
import { SipLink } from '../host/sip-link.ts';
import { ACCOUNTS_FILE, accountNamed, accountsIn } from './accounts-option.ts';
import { printable } from './printable.ts';
import { VERSION } from './paths.ts';

const MARKS: Readonly<Record<SipStep['verdict'], string>> = { ok: '✓', info: '·', fail: '✗' };

/** `sidetone sip check`: exit code 1 when a step of what an account needs fails. */
export async function sipCheck(name: string, options: { accounts?: string; json?: true }): Promise<void> {
  const env = await withDotEnv(process.cwd(), process.env);
  const account = accountNamed(name, await accountsIn(options.accounts ?? ACCOUNTS_FILE, env));
  await using scope = new Scope();
  const crashed = Promise.withResolvers<never>();
  const sip = new SipLink({ version: VERSION }, scope, {
    onNews: (news) => {
      if (news.type === 'step') tell(news.step, options.json === true);
    },
    onCrash: (reason) => crashed.reject(new SidetoneError('internal', `SIP ended: ${reason}`)),
  });
  // It only looks: an account that is off, or is answered elsewhere, stays so.
  await sip.ask('accounts', {
    accounts: [{ ...account, settings: { ...account.settings, enabled: false } }],
  });
  const { ok } = await Promise.race([sip.ask('check', { id: name, account: name }), crashed.promise]);
  if (!ok) throw new SidetoneError('refused', `account ${name} does not work`);
}

function tell(step: SipStep, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ type: 'step', ...step })}\n`);
    return;
  }
  const took = `[${step.tookMs.toFixed(0)} ms]`;
  const hint = step.hint === null ? '' : `\n${' '.repeat(14)}${step.hint}`;
  const text = `${MARKS[step.verdict]} ${step.step.padEnd(10)}  ${step.message}  ${took}${hint}`;
  process.stdout.write(`${text.split('\n').map(printable).join('\n')}\n`);
}
