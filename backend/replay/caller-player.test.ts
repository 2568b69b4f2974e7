import { describe, expect, it } from 'vitest';
import { RtpPacket as ReadPacket } from 'rtp.js/packets';
import { CallerPlayer } from './caller-player.ts';
import { conversationScore, originalScore } from './parts.ts';
import type { RecordedCall } from './recorded-call.ts';

const PTIME = 20;
const STARTS_AT = 1000;

/** A packet that is not ours, with its number as payload. */
function packet(sequence: number, timestamp: number, payload = 160): Uint8Array {
  const made = new ReadPacket();
  made.setSequenceNumber(sequence & 0xffff);
  made.setTimestamp(timestamp >>> 0);
  made.setSsrc(77);
  made.setPayloadType(0);
  made.setPayload(new DataView(new Uint8Array(payload).fill(sequence & 0x7f).buffer));
  const view = made.getView();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** A call of so many ms: its packets from 65 530 on, one each 20 ms. */
function recorded(ms: number, said: Partial<RecordedCall> = {}): RecordedCall {
  const packets = Array.from({ length: ms / PTIME }, (_, index) => ({
    at: index * PTIME,
    bytes: packet(65_530 + index, 0xffff_ff00 + index * 160),
  }));
  return { codec: 'PCMU', ptimeMs: PTIME, packets, caller: [], bot: [], callerLeft: false, ...said };
}

interface Sent {
  readonly at: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly silent: boolean;
}

/** Plays until the caller hangs up, or `untilMs`; the bot is heard as told, in ms since the first packet. */
function play(
  player: CallerPlayer,
  untilMs: number,
  bot: readonly (readonly [from: number, to: number])[] = [],
): Sent[] {
  const sent: Sent[] = [];
  const heard = bot.flatMap(([from, to]) =>
    Array.from({ length: (to - from) / PTIME }, (_, index) => from + index * PTIME),
  );
  for (let { dueAt } = player; dueAt !== null && dueAt - STARTS_AT < untilMs; { dueAt } = player) {
    while (heard[0] !== undefined && STARTS_AT + heard[0] + PTIME <= dueAt) {
      const at = STARTS_AT + (heard.shift() ?? 0);
      player.heard(at, at + PTIME);
    }
    const bytes = player.take();
    if (!bytes) break;
    const read = new ReadPacket(new DataView(bytes.slice().buffer));
    const payload = read.getPayload();
    sent.push({
      at: dueAt - STARTS_AT,
      sequence: read.getSequenceNumber(),
      timestamp: read.getTimestamp(),
      silent: payload.getUint8(0) === 0xff,
    });
  }
  return sent;
}

function player(score: ReturnType<typeof originalScore>): CallerPlayer {
  return new CallerPlayer({ score, codec: 'PCMU', ptimeMs: PTIME, startsAt: STARTS_AT });
}

/** When speech began and ended, by packets. */
function spoken(sent: readonly Sent[]): number[][] {
  const spans: number[][] = [];
  for (const [index, { at, silent }] of sent.entries()) {
    if (silent) continue;
    if (sent[index - 1]?.silent === false) spans[spans.length - 1] = [spans.at(-1)?.[0] ?? at, at + PTIME];
    else spans.push([at, at + PTIME]);
  }
  return spans;
}

describe('at the original pace', () => {
  it('sends each packet at its time with its numbers, losses and disorder included', () => {
    const call = recorded(200);
    const [first, , third] = call.packets;
    if (!first || !third) throw new Error('there are ten');
    // The second is lost, the third late.
    const packets = [first, { at: 47.5, bytes: third.bytes }, ...call.packets.slice(3)];
    const sent = play(player(originalScore({ ...call, packets })), 200);
    expect(sent.map(({ at }) => at)).toEqual([0, 47.5, 60, 80, 100, 120, 140, 160, 180]);
    expect(sent.slice(0, 3).map(({ sequence }) => sequence)).toEqual([65_530, 65_532, 65_533]);
    expect(sent.at(-1)).toMatchObject({
      sequence: 65_539 & 0xffff,
      timestamp: (0xffff_ff00 + 9 * 160) >>> 0,
    });
  });

  it('stays on the line in silence, without a gap, until the bot has nothing more to say', () => {
    const sent = play(player(originalScore(recorded(100))), 60_000, [[200, 1000]]);
    expect(sent.at(-1)?.at).toBeGreaterThanOrEqual(6000 - PTIME);
    expect(sent.at(-1)?.at).toBeLessThan(6100);
    expect(spoken(sent)).toEqual([[0, 100]]);
    for (const [index, { sequence, timestamp }] of sent.entries()) {
      expect(sequence).toBe((65_530 + index) & 0xffff);
      expect(timestamp).toBe((0xffff_ff00 + index * 160) >>> 0);
    }
  });

  it('hangs up where the caller did', () => {
    const line = player(originalScore(recorded(100, { callerLeft: true })));
    expect(play(line, 60_000)).toHaveLength(5);
    expect(line.dueAt).toBeNull();
  });
});

describe('at the pace of the conversation', () => {
  // The bot greets, the caller answers 800 ms later, pauses, goes on; the bot answers, the caller cuts in after 400 ms.
  const call = recorded(8000, {
    bot: [
      { from: 0, to: 1000 },
      { from: 4000, to: 6000 },
    ],
    caller: [
      { from: 1800, to: 2400 },
      { from: 2900, to: 3500 },
      { from: 4400, to: 5000 },
    ],
  });

  it('says the same at the same distances to a bot that is as fast', () => {
    const sent = play(player(conversationScore(call)), 6000, [
      [0, 1000],
      [4000, 6000],
    ]);
    expect(spoken(sent)).toEqual([
      [1700, 3720],
      [4300, 5220],
    ]);
  });

  it('waits for a slower bot, and cuts in as long after its beginning', () => {
    const sent = play(player(conversationScore(call)), 12_000, [
      [500, 3000],
      [7000, 9000],
    ]);
    expect(spoken(sent)).toEqual([
      [3700, 5720],
      [7300, 8220],
    ]);
    const steps = sent
      .slice(1)
      .map(({ sequence, timestamp }, index) => [
        (sequence - (sent[index]?.sequence ?? 0)) & 0xffff,
        (timestamp - (sent[index]?.timestamp ?? 0)) >>> 0,
      ]);
    expect(steps).toEqual(steps.map(() => [1, 160]));
  });

  it('does not take a pause within an answer for its end', () => {
    const sent = play(player(conversationScore(call)), 8000, [
      [0, 1000],
      [1400, 2400],
    ]);
    expect(spoken(sent)[0]?.[0]).toBe(3100);
  });

  it('goes on when the bot does not answer at all', () => {
    const sent = play(player(conversationScore(call)), 40_000);
    expect(spoken(sent).map(([from]) => from)).toEqual([15_000, expect.any(Number)]);
  });
});
