/** `npm start`: set-up, then the demo bot on the telephone port with a call placed to it. */
import { ensureDependencies, ensureModels, runCli } from './setup.mjs';

ensureDependencies();
ensureModels();
runCli(['serve', '--demo', ...process.argv.slice(2)]);
