import { benchNamed } from '../bench/benches.ts';
import { figureJson, figureTable, thisMachine, type Figure } from '../bench/report.ts';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { interrupted } from './interrupt.ts';

/** `sidetone bench NAME`: measures, prints a table, or with --json a line per figure as it comes. */
export async function bench(name: string, options: { quick?: true; json?: true }): Promise<void> {
  const run = benchNamed(name);
  const machine = thisMachine(new Date());
  const figures: Figure[] = [];
  const scope = new Scope();
  const stop = interrupted();
  const given = stop.promise.then((signal) => {
    throw new SidetoneError('cancelled', `ended by ${signal}`);
  });
  try {
    const done = run({
      quick: options.quick ?? false,
      scope,
      say: (line) => void process.stderr.write(`${line} ...\n`),
      figure(figure) {
        figures.push(figure);
        if (options.json) process.stdout.write(`${figureJson(figure, machine)}\n`);
      },
    });
    await Promise.race([done, given]);
  } finally {
    stop.dispose();
    await scope.close();
    if (!options.json && figures.length > 0) process.stdout.write(`${figureTable(figures, machine)}\n`);
  }
}
