import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openedBy } from './opened.ts';

const cwd = mkdtempSync(path.join(os.tmpdir(), 'sidetone-opened-'));
writeFileSync(path.join(cwd, 'a call.sidetone'), '');
afterAll(() => rmSync(cwd, { recursive: true }));

describe('openedBy', () => {
  it.each([
    ['from a clone', ['electron', '--no-sandbox', '/app'], []],
    ['by the command line', ['electron', '/app', 'a call.sidetone'], [path.join(cwd, 'a call.sidetone')]],
    ['by a desktop', ['/opt/Sidetone/sidetone', '--enable-x', 'file:///a%20b.pcap'], ['file:///a%20b.pcap']],
    ['with the name of a trace', ['electron', '/app', '20261123-163410-cbc8cc'], ['20261123-163410-cbc8cc']],
    ['by a link', ['/opt/Sidetone/sidetone', 'sip:bob@example.com'], ['sip:bob@example.com']],
    ['with a file that is not there', ['electron', '/app', 'gone.pcap', ''], ['gone.pcap']],
  ])('takes what the app was started with %s', (_how, argv, targets) => {
    expect(openedBy(argv, '/app', cwd)).toEqual({ targets });
  });
});
