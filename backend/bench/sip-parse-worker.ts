import { parentPort, workerData } from 'node:worker_threads';
import { LoggerFactory, Parser } from 'sip.js/lib/core/index.js';
import { z } from 'zod';
import { quickenGrammar } from '../sip/quick-grammar.ts';

/** Entry of a thread in which nothing has touched sip.js yet: its parser as it comes, then as this project uses it. */
const { texts, rounds } = z.object({ texts: z.array(z.string()), rounds: z.int() }).parse(workerData);

const factory = new LoggerFactory();
factory.builtinEnabled = false;
const logger = factory.getLogger('bench');

/** Milliseconds for each message, one figure a round; the first rounds warm up and do not count. */
function measure(): number[] {
  const each: number[] = [];
  const warmUp = Math.ceil(rounds / 4);
  for (let round = -warmUp; round < rounds; round += 1) {
    const beganAt = performance.now();
    for (const text of texts) Parser.parseMessage(text, logger);
    if (round >= 0) each.push((performance.now() - beganAt) / texts.length);
  }
  return each;
}

const stock = measure();
quickenGrammar();
parentPort?.postMessage({ stock, ours: measure() });
