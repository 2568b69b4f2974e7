import { APIConnectionError, APIError } from 'openai';
import { SidetoneError } from '../base/errors.ts';
import { excerpt, TooLongError } from './http-body.ts';

/** Which endpoint a message is about. */
export interface EndpointName {
  /** Key of bot.yaml it is configured under. */
  readonly stage: 'stt' | 'llm' | 'tts' | 'tools';
  readonly url: string;
  /** null where there is none, as for a tool. */
  readonly model: string | null;
  readonly apiKeyEnv: string | null;
}

export function describe({ stage, url, model }: EndpointName): string {
  return `${stage.toUpperCase()} at ${url}${model === null ? '' : ` (${model})`}`;
}

/** An answer that is not what the API promises. */
export function garbled(endpoint: EndpointName, what: string, hint?: string): SidetoneError {
  return new SidetoneError('garbled', `${describe(endpoint)} ${what}`, {
    hint:
      hint ??
      `check that ${endpoint.stage}.base_url in bot.yaml is the root of an OpenAI-shaped API (.../v1)`,
  });
}

/** What a failed exchange with an endpoint means for the person who runs the bot. */
export function endpointFailure(endpoint: EndpointName, error: unknown): SidetoneError {
  if (error instanceof SidetoneError) return error;
  if (error instanceof TooLongError) return garbled(endpoint, `does not come to an end: ${error.message}`);
  if (error instanceof APIError && error.status !== undefined) {
    return statusFailure(endpoint, error.status, statusText(error), error);
  }
  return transportFailure(endpoint, error);
}

/** @param said What the server gave as its reason. */
export function statusFailure(
  endpoint: EndpointName,
  status: number,
  said: string,
  cause?: unknown,
): SidetoneError {
  const { stage, apiKeyEnv } = endpoint;
  const answered = `${describe(endpoint)} answered ${status}${said ? `: ${said}` : ''}`;
  const refused = (hint: string, retryable: boolean) =>
    new SidetoneError('refused', answered, { hint, retryable, cause });
  if (status === 401 || status === 403) {
    return refused(
      apiKeyEnv
        ? `check the API key in the environment variable ${apiKeyEnv}`
        : `name the environment variable that holds its API key as ${stage}.api_key_env in bot.yaml`,
      false,
    );
  }
  if (status === 404) return refused(`check ${stage}.model and ${stage}.base_url in bot.yaml`, false);
  if (status === 429) return refused('it is over its quota or has too many requests at once', true);
  if (status === 408 || status === 409) return refused('it may succeed when repeated', true);
  if (status >= 500) return refused('the fault is in that server: see its log', true);
  return refused(`check the settings of ${stage} in bot.yaml against what that server accepts`, false);
}

function statusText(error: APIError): string {
  const said = error.message.replace(new RegExp(`^${error.status} `), '');
  return said.includes('(no body)') ? '' : excerpt(said);
}

const CLOSED_MIDWAY = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNABORTED']);
const NO_ANSWER = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
const NO_SUCH_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** Failures below HTTP, told apart by the code of Node's or undici's error. */
function transportFailure(endpoint: EndpointName, error: unknown): SidetoneError {
  const where = describe(endpoint);
  const setting = endpoint.stage === 'tools' ? "the tool's url" : `${endpoint.stage}.base_url`;
  const code = errorCode(error);
  const unreachable = (what: string, hint: string, retryable = false) =>
    new SidetoneError('unreachable', `${where}: ${what}`, { hint, retryable, cause: error });

  if (code === 'ECONNREFUSED') {
    return unreachable(
      `nothing listens at ${endpoint.url}`,
      `start that server, or correct ${setting} in bot.yaml`,
    );
  }
  if (CLOSED_MIDWAY.has(code))
    return unreachable('the connection was closed midway', "see that server's log", true);
  if (NO_ANSWER.has(code))
    return unreachable('the machine does not answer', `check the network and ${setting}`);
  if (NO_SUCH_HOST.has(code)) {
    return unreachable('there is no such host', `correct ${setting} in bot.yaml, or check the name server`);
  }
  if (code.startsWith('HPE_')) {
    return garbled(
      endpoint,
      'does not speak HTTP',
      `correct ${setting} in bot.yaml: something else listens there`,
    );
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return garbled(endpoint, 'does not speak TLS', `write http:// instead of https:// in ${setting}`);
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|TLS/.test(code)) {
    return unreachable(
      `its certificate is not trusted (${code})`,
      'name its certificate authority in NODE_EXTRA_CA_CERTS, or use http:// on a trusted network',
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof APIConnectionError || error instanceof TypeError
    ? unreachable(`the request failed: ${reason}`, `check ${setting} and the network`, true)
    : new SidetoneError('internal', `${where}: ${reason}`, { cause: error });
}

/** The first `code` along the chain of causes; '' when there is none. */
function errorCode(error: unknown): string {
  for (let link = error; link instanceof Error; link = link.cause) {
    // undici's own parser error, which often has no code.
    if (link.name === 'HTTPParserError') return 'HPE_INVALID';
    if ('code' in link && typeof link.code === 'string') return link.code;
  }
  return '';
}
