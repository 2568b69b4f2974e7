import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

function openssl(command: string, args: readonly string[]): Promise<unknown> {
  return run('openssl', [...command.split(' '), ...args]);
}

export interface Certificate {
  /** Paths of PEM files: the certificate, its key, and both in one. */
  readonly certificate: string;
  readonly key: string;
  readonly both: string;
}

/** A certificate authority of a test's own, by the openssl program. */
export class Authority {
  /** Path of its certificate. */
  readonly ca: string;
  readonly #dir: string;
  readonly #name: string;

  private constructor(dir: string, name: string) {
    this.#dir = dir;
    this.#name = name;
    this.ca = path.join(dir, `${name}.pem`);
  }

  static async create(dir: string, name = 'ca'): Promise<Authority> {
    const authority = new Authority(dir, name);
    await openssl(
      `req -x509 ${NEW_KEY} -days 2 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign`,
      ['-subj', `/CN=${name} of a test`, '-keyout', authority.#key, '-out', authority.ca],
    );
    return authority;
  }

  /** A certificate for host names and addresses. */
  async issue(name: string, hosts: readonly string[]): Promise<Certificate> {
    const file = (kind: string): string => path.join(this.#dir, `${name}.${kind}`);
    const [certificate, key, both, request, extensions] = [
      file('crt'),
      file('key'),
      file('both.pem'),
      file('csr'),
      file('ext'),
    ];
    const names = hosts.map((host) => `${/^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'}:${host}`).join(',');
    await writeFile(extensions, `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
    await openssl(`req -new ${NEW_KEY}`, [
      '-subj',
      `/CN=${hosts[0] ?? name}`,
      '-keyout',
      key,
      '-out',
      request,
    ]);
    const signing = ['-CA', this.ca, '-CAkey', this.#key, '-in', request, '-extfile', extensions];
    await openssl('x509 -req -CAcreateserial -days 2', [...signing, '-out', certificate]);
    await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')));
    return { certificate, key, both };
  }

  get #key(): string {
    return path.join(this.#dir, `${this.#name}.key`);
  }
}
