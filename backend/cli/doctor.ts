import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseAddress } from '../base/address.ts';
import { SidetoneError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { diagnose } from '../fold/diagnosis.ts';
import { examine } from '../host/doctor.ts';
import { withDotEnv } from '../bot/folder.ts';
import { modelsDirectory } from '../models/directory.ts';
import { acknowledgedPackets } from '../trace/acknowledged.ts';
import { openTrace } from '../trace/read.ts';
import { accountsFileOf } from './accounts-option.ts';
import { printable } from './printable.ts';
import { readRefused } from './refused.ts';
import { withTrace } from './trace-target.ts';

interface DoctorOptions {
  readonly bot: string;
  readonly rtp: string;
  readonly accounts?: string;
  readonly traces: string;
  readonly json?: true;
}

const MARKS: Readonly<Record<Finding['verdict'], string>> = { ok: '✓', warn: '!', fail: '✗' };
/** Callers that were refused longer ago are not what a person looks for now. */
const REFUSED_WITHIN_MS = 24 * 3600 * 1000;
/** Of a folder in traces/, as base/call-id.ts makes them: by name they are in the order of their time. */
const CALL_ID = /^\d{8}-\d{6}-/;

/**
 * `sidetone doctor`: exit code 3 when something that a call needs is wrong. It also looks at the latest call, which has
 * no part in the exit code. With a trace: at that call alone, exit code 1 when something went wrong in it.
 */
export async function doctor(trace: string | undefined, options: DoctorOptions): Promise<void> {
  const show = shower(options.json === true);
  if (trace !== undefined) {
    const findings = await withTrace(trace, options.traces, examineCall);
    for (const finding of findings) show(finding);
    if (findings.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1;
    return;
  }
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
    show(finding);
  }
  for (const finding of await examineLatest(options.traces)) show(finding);
  if (failed.length > 0) throw new SidetoneError('environment', `not ready: ${failed.join(', ')}`);
}

function shower(json: boolean): (finding: Finding) => void {
  return (finding) => {
    const { what, verdict, message } = finding;
    const line = json
      ? JSON.stringify(finding)
      : printable(`${MARKS[verdict]} ${what.padEnd(24)} ${message}`);
    process.stdout.write(`${line}\n`);
  };
}

async function examineCall(dir: string): Promise<readonly Finding[]> {
  const trace = await openTrace(dir);
  return diagnose(trace.events, await acknowledgedPackets(trace));
}

/** The latest caller that was refused, and the latest call. */
async function examineLatest(tracesDir: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const refused = (await readRefused(tracesDir)).at(-1);
  if (refused && Date.now() - Date.parse(refused.at) < REFUSED_WITHIN_MS) {
    const message = `${refused.from} at ${refused.at}: ${refused.message}`;
    findings.push({ what: 'refused caller', verdict: 'warn', message });
  }
  const folders = await readdir(tracesDir, { withFileTypes: true }).catch(() => []);
  const calls = folders.filter((found) => found.isDirectory() && CALL_ID.test(found.name));
  const latest = calls
    .map(({ name }) => name)
    .sort()
    .at(-1);
  if (latest === undefined) return findings;
  const seen = await examineCall(path.join(tracesDir, latest)).catch(() => []);
  return [...findings, ...seen.map((finding) => ({ ...finding, what: `last call, ${finding.what}` }))];
}
