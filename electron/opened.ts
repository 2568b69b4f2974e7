import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** What a second start of the app tells the one that runs. */
export const opened = z.object({ targets: z.array(z.string().min(1).max(4096)).max(100) });
export type Opened = z.infer<typeof opened>;

/**
 * What the app was started with to open: files and folders by their full paths, addresses of files, links and names of
 * traces as they are. Switches are Chromium's, and the app's own path is there when it runs from a clone.
 */
export function openedBy(argv: readonly string[], appPath: string, cwd: string): Opened {
  const targets = argv
    .slice(1)
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .filter((argument) => path.resolve(cwd, argument) !== path.resolve(appPath))
    .map((argument) => {
      const file = path.resolve(cwd, argument);
      return existsSync(file) ? file : argument;
    });
  return { targets };
}
