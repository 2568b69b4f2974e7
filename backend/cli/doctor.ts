import { parseAddress } from '../base/address.ts';
import { SidetoneError } from '../base/errors.ts';
import { examine, type Finding } from '../host/doctor.ts';
import { withDotEnv } from '../bot/folder.ts';
import { modelsDirectory } from '../models/directory.ts';
import { accountsFileOf } from './accounts-option.ts';

const MARKS: Readonly<Record<Finding['verdict'], string>> = { ok: '✓', warn: '!', fail: '✗' };

/** `sidetone doctor`: exit code 3 when something that a call needs is wrong. */
export async function doctor(options: {
  bot: string;
  rtp: string;
  accounts?: string;
  json?: true;
}): Promise<void> {
  const { host, port } = parseAddress(options.rtp, '--rtp');
  const failed: string[] = [];
  const findings = examine({
    bot: options.bot,
    host,
    port,
    accounts: accountsFileOf(options.accounts),
    modelsDir: modelsDirectory(),
    env: await withDotEnv(process.cwd(), process.env),
  });
  for await (const finding of findings) {
    if (finding.verdict === 'fail') failed.push(finding.what);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(finding)}\n`
        : `${MARKS[finding.verdict]} ${finding.what.padEnd(24)} ${finding.message}\n`,
    );
  }
  if (failed.length > 0) throw new SidetoneError('environment', `not ready: ${failed.join(', ')}`);
}
