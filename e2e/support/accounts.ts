import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { accountSettings, type Account } from '../../backend/contract/sip.ts';
import type { Certificate } from './certificates.ts';

export interface AccountOptions {
  readonly password?: string;
  /** Paths of PEM files. */
  readonly ca?: string;
  readonly certificate?: Certificate;
}

/** An account as the host reads it from accounts.yaml: what is not said is as it is by default. */
export function account(
  name: string,
  settings: z.input<typeof accountSettings>,
  { password, ca, certificate }: AccountOptions = {},
): Account {
  const whole = accountSettings.parse(settings);
  const read = (file: string | undefined): string | null =>
    file === undefined ? null : readFileSync(file, 'utf8');
  return {
    name,
    settings: whole,
    password: password ?? null,
    tls: {
      verify: whole.tls.verify,
      ca: read(ca),
      certificate: read(certificate?.certificate),
      key: read(certificate?.key),
    },
  };
}
