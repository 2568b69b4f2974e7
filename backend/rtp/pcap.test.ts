import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeRtpHeader } from './packet.ts';
import { PCAP_RECORD_OVERHEAD, PcapFlow, pcapHeader } from './pcap.ts';

const EPOCH_MICROS = 1_790_000_000_999_990;

function rtp(i: number, payloadBytes: number): Uint8Array {
  const datagram = new Uint8Array(12 + payloadBytes).map((_, at) => (at * 7 + i) & 0xff);
  writeRtpHeader(datagram, 0, i === 0, 65_530 + i, i * 160, 0xfeedbeef);
  return datagram;
}

/** 20 packets each way, one of them of odd length. */
function capture(here: string, there: string): Buffer {
  const flows = [
    new PcapFlow({ address: here, port: 10_000 }, { address: there, port: 40_002 }),
    new PcapFlow({ address: there, port: 40_002 }, { address: here, port: 10_000 }),
  ];
  const file = Buffer.alloc(20_000);
  let length = pcapHeader().copy(file);
  for (let i = 0; i < 20; i++) {
    for (const flow of flows)
      length += flow.write(file, length, EPOCH_MICROS + i * 20_000, rtp(i, i === 5 ? 159 : 160));
  }
  return file.subarray(0, length);
}

function tsharkFields(file: Buffer, ...fields: string[]): string[][] {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pcap-'));
  try {
    const name = path.join(directory, 'wire.pcap');
    writeFileSync(name, file);
    const checks = [
      '-o',
      'ip.check_checksum:TRUE',
      '-o',
      'udp.check_checksum:TRUE',
      '-d',
      'udp.port==10000,rtp',
    ];
    const wanted = fields.flatMap((field) => ['-e', field]);
    const output = execFileSync('tshark', ['-r', name, ...checks, '-T', 'fields', ...wanted], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('pcap', () => {
  it('writes records of the documented layout', () => {
    const file = capture('192.0.2.1', '198.51.100.2');
    expect(file.readUInt32LE(0)).toBe(0xa1b2c3d4);
    expect(file.readUInt32LE(20)).toBe(101);
    let at = 24;
    let records = 0;
    while (at < file.length) {
      expect(file.readUInt32LE(at)).toBe(records < 2 ? 1_790_000_000 : 1_790_000_001);
      const length = file.readUInt32LE(at + 8);
      expect(file.readUInt32LE(at + 12)).toBe(length);
      expect(file.readUInt16BE(at + 18)).toBe(length);
      let sum = 0;
      for (let word = 0; word < 20; word += 2) sum += file.readUInt16BE(at + 16 + word);
      expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
      expect(file.readUInt16BE(at + 16 + 20 + 4)).toBe(length - 20);
      at += 16 + length;
      records++;
    }
    expect([at, records]).toEqual([file.length, 40]);
  });

  it('says how much longer than its datagram a record can be', () => {
    const flow = new PcapFlow({ address: '::1', port: 1 }, { address: 'fe80::1%eth0', port: 2 });
    expect(flow.write(Buffer.alloc(200), 0, 0, new Uint8Array(100))).toBe(100 + PCAP_RECORD_OVERHEAD);
  });

  it('refuses addresses that are none or of two families', () => {
    const to = { address: '192.0.2.1', port: 1 };
    expect(() => new PcapFlow({ address: 'localhost', port: 1 }, to)).toThrow(TypeError);
    expect(() => new PcapFlow({ address: '::1', port: 1 }, to)).toThrow(TypeError);
  });

  const hasTshark = spawnSync('tshark', ['--version']).status === 0;
  const noTshark = hasTshark ? '' : ' (skipped: tshark is not installed)';

  it.skipIf(!hasTshark).each([
    ['192.0.2.1', '198.51.100.2', '192.0.2.1', '198.51.100.2', 'ip'],
    ['::ffff:192.0.2.1', '198.51.100.2', '192.0.2.1', '198.51.100.2', 'ip'],
    ['2001:db8::1', 'fe80:0:0:1::ab%eth0', '2001:db8::1', 'fe80:0:0:1::ab', 'ipv6'],
    ['::1', '64:ff9b::192.0.2.33', '::1', '64:ff9b::c000:221', 'ipv6'],
    ['::', '1:2:3:4:5:6:7:8', '::', '1:2:3:4:5:6:7:8', 'ipv6'],
  ])(`is read by tshark: %s and %s${noTshark}`, (here, there, hereShown, thereShown, ip) => {
    const rows = tsharkFields(
      capture(here, there),
      `${ip}.src`,
      `${ip}.dst`,
      'udp.srcport',
      'udp.checksum.status',
      'rtp.seq',
      'rtp.timestamp',
      'frame.time_epoch',
      ...(ip === 'ip' ? ['ip.checksum.status'] : []),
      '_ws.expert.message',
    );
    expect(rows).toHaveLength(40);
    for (const [row, fields] of rows.entries()) {
      const i = Math.floor(row / 2);
      const [source, destination] = row % 2 === 0 ? [hereShown, thereShown] : [thereShown, hereShown];
      const time = ((EPOCH_MICROS + i * 20_000) / 1e6).toFixed(6);
      const good = '1';
      expect(fields.slice(0, 6)).toEqual([
        source,
        destination,
        row % 2 === 0 ? '10000' : '40002',
        good,
        String((65_530 + i) & 0xffff),
        String(i * 160),
      ]);
      expect(fields[6]).toMatch(new RegExp(`^${time.replace('.', '\\.')}0*$`));
      if (ip === 'ip') expect(fields[7]).toBe(good);
      expect(fields.at(-1)).not.toMatch(/checksum|malformed|bogus/i);
    }
  });
});
