import { open, stat, type FileHandle } from 'node:fs/promises';
import { SidetoneError } from '../base/errors.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import { MAGIC_BYTES, containerOf, type Frame } from './containers.ts';
import { DatagramPlace, addressText, findDatagram } from './frames.ts';

const PIECE_BYTES = 1 << 20;
/** So many flows are remembered; more have no names in common. */
const MAX_FLOWS = 65_536;

/** A UDP datagram of a capture. */
export interface Datagram {
  /** When it was captured: whole microseconds since 1970. */
  readonly epochMicros: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** A view into memory that is used again for the next batch. */
  readonly payload: Uint8Array;
}

export interface CaptureCounts {
  /** Frames of any kind. */
  readonly frames: number;
  readonly datagrams: number;
  /** Parts of UDP datagrams that were sent in pieces; passed over. */
  readonly fragments: number;
  /** UDP datagrams of which less was captured than was sent; passed over. */
  readonly truncated: number;
  /** Without a time; passed over. */
  readonly untimed: number;
  /** Of a link layer that is not known; passed over. */
  readonly unknownLinks: number;
  /** The last of those link layers; null: all were known. */
  readonly unknownLink: number | null;
  /** The file ends within a record, or goes on as something else: it was read up to there. */
  readonly cutShort: boolean;
}

/**
 * The UDP datagrams of a capture: pcap and pcapng; Ethernet with any number of VLAN tags, Linux "any" (SLL, SLL2),
 * loopback, raw IP; IPv4 and IPv6. Reads it forwards in pieces, however long it is.
 */
export class CaptureFile {
  readonly #path: string;
  readonly #place = new DatagramPlace();
  readonly #frame: Frame = { linkType: 0, epochMicros: 0, from: 0, to: 0 };
  readonly #flows = new Map<string, { readonly from: Endpoint; readonly to: Endpoint }>();
  readonly #counts = {
    frames: 0,
    datagrams: 0,
    fragments: 0,
    truncated: 0,
    untimed: 0,
    unknownLinks: 0,
    unknownLink: null as number | null,
    cutShort: false,
  };

  constructor(path: string) {
    this.#path = path;
  }

  /** Of what was read so far. */
  get counts(): CaptureCounts {
    return this.#counts;
  }

  /**
   * All datagrams in the order of the file. What a batch holds is good until the next one is asked for.
   *
   * @throws SidetoneError 'usage' when the file cannot be opened, or is no capture.
   */
  async *batches(): AsyncGenerator<readonly Datagram[]> {
    const handle = await openFile(this.#path);
    try {
      yield* this.#read(handle);
    } finally {
      await handle.close();
    }
  }

  async *#read(handle: FileHandle): AsyncGenerator<readonly Datagram[]> {
    let bytes = Buffer.allocUnsafe(PIECE_BYTES);
    let end = await fill(handle, bytes, 0);
    const container = containerOf(bytes.subarray(0, Math.min(end, MAGIC_BYTES)));
    for (;;) {
      const batch: Datagram[] = [];
      let at = 0;
      for (;;) {
        const found = container.next(bytes, at, end, this.#frame);
        if (found === 'more') break;
        if (found === 'damaged') {
          this.#counts.cutShort = true;
          yield batch;
          return;
        }
        if (found.isFrame) this.#take(bytes, batch);
        at += found.length;
      }
      yield batch;
      bytes.copyWithin(0, at, end);
      end -= at;
      // A record that is longer than all this room: containers see to it that none is too long.
      if (end === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
      const read = await fill(handle, bytes, end);
      if (read === 0) {
        this.#counts.cutShort = end > 0;
        return;
      }
      end += read;
    }
  }

  #take(bytes: Buffer, batch: Datagram[]): void {
    const { linkType, epochMicros, from, to } = this.#frame;
    const counts = this.#counts;
    counts.frames += 1;
    switch (findDatagram(linkType, bytes, from, to, this.#place)) {
      case 'datagram':
        if (epochMicros === null) {
          counts.untimed += 1;
          return;
        }
        counts.datagrams += 1;
        batch.push({
          epochMicros,
          ...this.#flow(bytes),
          payload: bytes.subarray(this.#place.from, this.#place.to),
        });
        return;
      case 'fragment':
        counts.fragments += 1;
        return;
      case 'truncated':
        counts.truncated += 1;
        return;
      case 'unknown':
        counts.unknownLinks += 1;
        counts.unknownLink = linkType;
        return;
      case 'other':
    }
  }

  /** The same two objects each time. */
  #flow(bytes: Buffer): { readonly from: Endpoint; readonly to: Endpoint } {
    const { addresses, addressBytes, ports } = this.#place;
    const key =
      bytes.toString('latin1', addresses, addresses + 2 * addressBytes) +
      bytes.toString('latin1', ports, ports + 4);
    const known = this.#flows.get(key);
    if (known) return known;
    if (this.#flows.size >= MAX_FLOWS) this.#flows.clear();
    const flow = {
      from: {
        address: addressText(bytes, addresses, addressBytes),
        port: bytes.readUInt16BE(ports),
      },
      to: {
        address: addressText(bytes, addresses + addressBytes, addressBytes),
        port: bytes.readUInt16BE(ports + 2),
      },
    };
    this.#flows.set(key, flow);
    return flow;
  }
}

/** How many bytes came; 0 at the file's end. */
async function fill(handle: FileHandle, bytes: Buffer, from: number): Promise<number> {
  return (await handle.read(bytes, from, bytes.length - from)).bytesRead;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // A pipe would be waited for, and could not be read twice.
    if ((await stat(path)).isFile()) return await open(path, 'r');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SidetoneError('usage', `the capture cannot be opened: ${why}`, { cause: error });
  }
  throw new SidetoneError('usage', `${path} is not a file, and so no capture`);
}
