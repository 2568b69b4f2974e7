import { writeSync } from 'node:fs';

/**
 * Writes what ends this thread to stderr before it does. The model runtime aborts the whole process when its thread
 * ends in the middle of a run, and then nobody else would ever tell.
 */
export function tellLastWords(thread: string): void {
  process.on('uncaughtExceptionMonitor', (error) => {
    writeSync(2, `sidetone: the ${thread} thread ends: ${error.stack ?? String(error)}\n`);
  });
}
