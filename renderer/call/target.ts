/** Why what was typed into the dial field cannot be called. */
export type TargetProblem = 'empty' | 'scheme' | 'host' | 'port';

export type Target =
  { readonly ok: true; readonly target: string } | { readonly ok: false; readonly problem: TargetProblem };

/** What a person typed as `rtp:HOST:PORT`: the scheme may be missing, or be written as a URL's. */
export function parseTarget(typed: string): Target {
  const text = typed.trim();
  if (text === '') return { ok: false, problem: 'empty' };
  // `sip:6000` is a host of that name.
  if (/^(sips?|tel|https?|udp):(?!\d+$)/i.test(text) || text.includes('@')) {
    return { ok: false, problem: 'scheme' };
  }
  const address = text.replace(/^rtp:(\/\/)?/i, '');
  const parts = /^(\[[0-9a-f:.]+\]|[^:\s]*):?(\S*)$/i.exec(address);
  const [host, port] = [parts?.[1] ?? '', parts?.[2] ?? ''];
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)$/i.test(host)) return { ok: false, problem: 'host' };
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return { ok: false, problem: 'port' };
  }
  return { ok: true, target: `rtp:${host}:${Number(port)}` };
}
