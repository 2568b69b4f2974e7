/** Writes docs/accounts-yaml.md from the schema of accounts.yaml: `node scripts/docs-accounts-yaml.ts`. */
import path from 'node:path';
import { accountSettings } from '../backend/contract/sip.ts';
import { referenceOf, writeReference } from './docs-schema.ts';

export const REFERENCE = path.join(import.meta.dirname, '..', 'docs', 'accounts-yaml.md');

const HEAD = `# accounts.yaml

The SIP accounts that Sidetone answers and calls with, by their names. \`serve\`, \`call\`, \`sip check\` and \`doctor\`
take \`accounts.yaml\` in the current directory, or the file that \`--accounts\` names; the window has one of its own,
which its Settings edit. It is watched: what is changed counts at once, a broken edit keeps the accounts as they were and
says what is wrong. [sip.md](sip.md) says what Sidetone can do with them.

Only \`aor\` has to be there. A key that is not listed here is refused, with its line and what is allowed. Passwords are
never in it: they come from the environment, from \`.env\` in the current directory, or from a file that nobody else can
read; the window keeps its own in the system's key store.

This page is made from the schema in \`backend/contract/sip.ts\` by \`node scripts/docs-accounts-yaml.ts\`.

\`\`\`yaml
accounts:
  alice: # password in SIDETONE_SIP_ALICE_PASSWORD
    aor: sip:alice@example.com
    transport: tls
    srtp: required
    bot: bots/receptionist
  desk: # rings at the window; after 20 s the bot answers
    aor: sip:200@pbx.example.com
    password_file: desk.password
    who: ring
    auto_answer: [{ after_s: 20, who: bot }]
  trunk: # nobody registers: the carrier knows where to find us
    aor: sip:trunk@203.0.113.5
    register: false
    bind: 0.0.0.0:5060
    allow: [203.0.113.0/24]
\`\`\`
`;

/** The whole page. */
export function accountsYamlReference(): Promise<string> {
  return referenceOf(REFERENCE, HEAD, accountSettings);
}

if (import.meta.main) await writeReference(REFERENCE, await accountsYamlReference());
