/** `npm run -s sidetone -- COMMAND`: the command line under Node 24. */
import { ensureDependencies, runCli } from './setup.mjs';

ensureDependencies();
runCli(process.argv.slice(2));
