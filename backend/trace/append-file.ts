import { open, type FileHandle } from 'node:fs/promises';

const INITIAL_BYTES = 16 * 1024;
/** More than this waiting for one slow disk is given up: the call matters more than its record. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

/**
 * A file that only grows. append() copies into memory and returns at once; flush() hands what has gathered to the
 * disk. The first failure (a full disk, a vanished folder) is reported once, and the file takes no more.
 */
export class AppendFile {
  readonly #handle: Promise<FileHandle | null>;
  readonly #onFailure: (error: unknown) => void;
  #filling: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #used = 0;
  #spare: Buffer | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  /** `folder`: resolves when the file's folder is there. */
  constructor(path: string, folder: Promise<unknown>, onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    this.#handle = folder
      .then(() => open(path, 'w'))
      .catch((error: unknown) => {
        this.#fail(error);
        return null;
      });
  }

  append(bytes: Uint8Array): void {
    const room = this.reserve(bytes.length);
    if (!room) return;
    room.buffer.set(bytes, room.offset);
    this.commit(bytes.length);
  }

  /** UTF-8. */
  appendText(text: string): void {
    // No character of a string takes more than three bytes.
    const room = this.reserve(text.length * 3);
    if (room) this.commit(room.buffer.write(text, room.offset));
  }

  /** Room for `bytes` to be written in place, then commit()ted; null once the file has failed. */
  reserve(bytes: number): { buffer: Buffer; offset: number } | null {
    if (this.#failed) return null;
    const needed = this.#used + bytes;
    if (needed > MAX_PENDING_BYTES) {
      this.#fail(new Error(`the disk is too slow: ${this.#used} bytes are waiting`));
      return null;
    }
    if (needed > this.#filling.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#filling.length * 2));
      this.#filling.copy(larger, 0, 0, this.#used);
      this.#filling = larger;
    }
    return { buffer: this.#filling, offset: this.#used };
  }

  commit(bytes: number): void {
    this.#used += bytes;
  }

  /** Resolves when all that was appended so far is with the operating system. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes the rest, puts `header` over the file's beginning, closes. */
  async close(header: Uint8Array | null = null): Promise<void> {
    await this.flush();
    const handle = await this.#handle;
    if (!handle) return;
    try {
      if (header && !this.#failed) await handle.write(header, 0, header.length, 0);
    } catch (error) {
      this.#fail(error);
    } finally {
      await handle.close();
    }
  }

  async #write(): Promise<void> {
    const handle = await this.#handle;
    if (!handle || this.#failed || this.#used === 0) return;
    const [full, bytes] = [this.#filling, this.#used];
    this.#filling = this.#spare ?? Buffer.allocUnsafe(full.length);
    this.#spare = null;
    this.#used = 0;
    try {
      let written = 0;
      while (written < bytes) written += (await handle.write(full, written, bytes - written)).bytesWritten;
      this.#spare = full;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#used = 0;
    this.#onFailure(error);
  }
}
