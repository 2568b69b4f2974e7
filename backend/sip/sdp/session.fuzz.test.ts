import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'sdp-transform';
import { expect, test } from 'vitest';
import { seededRandom } from '../../rtp/seeded-random.ts';
import { MediaDescription, SdpRefusal } from './session.ts';

const folder = new URL('fixtures/', import.meta.url);
const SAMPLES = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
const HERE = { address: '192.0.2.1', port: 4000 };
const SCRAPS = [
  '',
  ' ',
  '\r',
  '0',
  '-1',
  '65536',
  '4294967296',
  '/',
  '|',
  '=',
  ':',
  'inline:',
  '\u0000',
  '\u{1F4DE}',
  '%s',
  '__proto__',
  'm=audio 1 RTP/AVP 8',
  'a=crypto:1',
  'c=IN IP4 0.0.0.0',
  'A'.repeat(5000),
];

/** Some lines lost, doubled, moved, from another sample; some characters too. */
function mutated(random: () => number): string {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const lines = (pick(SAMPLES) ?? '').split('\n');
  for (let count = 1 + Math.floor(random() * 6); count > 0; count -= 1) {
    const at = Math.floor(random() * lines.length);
    const line = lines[at] ?? '';
    const cut = Math.floor(random() * (line.length + 1));
    const kind = Math.floor(random() * 6);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, line);
    else if (kind === 2) lines.splice(at, 0, pick((pick(SAMPLES) ?? '').split('\n')) ?? '');
    else if (kind === 3) lines[at] = line.slice(0, cut) + (pick(SCRAPS) ?? '') + line.slice(cut);
    else if (kind === 4) lines[at] = line.slice(0, cut);
    else
      lines[at] =
        line.slice(0, cut) + String.fromCodePoint(Math.floor(random() * 0x2ff)) + line.slice(cut + 1);
  }
  return lines.join(pick(['\r\n', '\n', '\r']));
}

test.each(['never', 'if_asked', 'required'] as const)('mutated descriptions, srtp %s', (srtp) => {
  const random = seededRandom(20_261_123);
  let taken = 0;
  for (let round = 0; round < 3000; round += 1) {
    const text = mutated(random);
    for (const role of ['answer', 'accept'] as const) {
      const ours = new MediaDescription({ codecs: ['PCMA', 'PCMU'], ptimeMs: 20, srtp });
      if (role === 'accept') ours.offer(HERE, false);
      try {
        const { sdp, media } =
          role === 'answer'
            ? ours.answer(text, HERE, random() < 0.2)
            : { sdp: null, media: ours.accept(text) };
        taken += 1;
        expect(media.remote.port).toBeGreaterThan(0);
        expect(media.remote.port).toBeLessThan(65_536);
        expect(media.remote.address).toMatch(/^[\w.:-]{1,253}$/);
        expect(media.reports?.port ?? 1).toBeLessThan(65_536);
        expect([10, 20, 30, 40, 60]).toContain(media.ptimeMs);
        expect(media.eventPayload?.out ?? 0).toBeLessThan(128);
        if (srtp === 'required') expect(media.srtp?.in).toHaveLength(30);
        if (srtp === 'never') expect(media.srtp).toBeNull();
        if (sdp === null) continue;
        const offered = text.split(/\r\n|\r|\n/).filter((line) => line.startsWith('m='));
        expect(parse(sdp).media).toHaveLength(offered.length);
        expect(sdp.match(/^m=audio 4000 /gm)).toHaveLength(1);
        expect(sdp.match(/^m=\S+ 0 \S+ \S/gm) ?? []).toHaveLength(offered.length - 1);
        expect(sdp).toMatch(/^([a-z]=[^\r\n]+\r\n)+$/);
      } catch (error) {
        if (!(error instanceof SdpRefusal)) throw error;
        expect(error.warning).toMatch(/^3\d\d sidetone "[\x20-\x7e]+"$/);
      }
    }
  }
  expect(taken).toBeGreaterThan(500);
});
