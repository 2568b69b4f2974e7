import { explain } from '../base/errors.ts';
import type { Environment } from '../bot/folder.ts';
import type { Finding } from '../base/finding.ts';

const HUB = 'https://huggingface.co';
const ASK_MS = 5000;

/** Whether the hub takes HF_TOKEN, with which gpu-stack fetches its models; nothing where none is set. */
export async function* askHub(env: Environment): AsyncGenerator<Finding, void, undefined> {
  const token = env['HF_TOKEN'];
  if (token === undefined || token === '') return;
  const what = 'HF_TOKEN';
  const hub = (env['HF_ENDPOINT'] ?? HUB).replace(/\/+$/, '');
  try {
    const { status, body } = await fetch(`${hub}/api/whoami-v2`, {
      headers: { authorization: `Bearer ${token}` },
      // The token is for this host alone.
      redirect: 'error',
      signal: AbortSignal.timeout(ASK_MS),
    });
    await body?.cancel();
    if (status === 401 || status === 403) {
      const message = `${hub} rejects it; make one with read access at ${hub}/settings/tokens`;
      yield { what, verdict: 'fail', message };
    } else if (status === 200) yield { what, verdict: 'ok', message: `${hub} takes it` };
    else
      yield {
        what,
        verdict: 'warn',
        message: `${hub} answered ${status} and does not say whether it takes it`,
      };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? explain(error.cause) : explain(error);
    const message = `${hub} cannot be asked (${cause}); needed only while models are not cached`;
    yield { what, verdict: 'warn', message };
  }
}
