import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { app } from 'electron';

/**
 * Entry of the app. What Node makes of the TypeScript is kept from one start to the next: a second start has its window
 * about half a second sooner. So this must come before everything else is read.
 */
enableCompileCache(path.join(app.getPath('userData'), 'compile-cache'));
await import('./main.ts');
