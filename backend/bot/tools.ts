import { z } from 'zod';
import { SidetoneError } from '../base/errors.ts';
import type { CallControl } from '../contract/party.ts';
import type { ToolSettings } from '../contract/settings.ts';
import { Deadline } from '../providers/deadline.ts';
import { bodyText, excerpt, TooLongError } from '../providers/http-body.ts';
import { endpointFailure, statusFailure, type EndpointName } from '../providers/openai-errors.ts';
import type { ToolCall, ToolSpec } from '../providers/types.ts';

/** What the model may do to the call itself, and what it may ask of others over HTTP. */

const HANGUP: ToolSpec = {
  name: 'hangup',
  description: 'End the call. Say goodbye first; the call ends once that has been spoken.',
  parameters: { type: 'object', properties: {} },
};

const TRANSFER: ToolSpec = {
  name: 'transfer',
  description: 'Hand the call on to a person or another number. Say so first.',
  parameters: {
    type: 'object',
    properties: { target: { type: 'string', description: 'Number or address to hand the call on to.' } },
    required: ['target'],
  },
};

const SEND_DTMF: ToolSpec = {
  name: 'send_dtmf',
  description: 'Press keys of the telephone, as in an automatic menu.',
  parameters: {
    type: 'object',
    properties: { digits: { type: 'string', description: 'Keys to press: 0-9, *, #, A-D.' } },
    required: ['digits'],
  },
};

const transferShape = z.object({ target: z.string().min(1) });
const sendDtmfShape = z.object({ digits: z.string().regex(/^[0-9A-D*#]{1,32}$/, 'keys are 0-9, *, #, A-D') });
const anyObject = z.record(z.string(), z.unknown());

/** All a bot's model may call: the built-in tools, then those of bot.yaml. */
export function toolSpecs(tools: readonly ToolSettings[]): ToolSpec[] {
  const overHttp = tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
  return [HANGUP, TRANSFER, SEND_DTMF, ...overHttp];
}

/** @throws SidetoneError garbled, fit to be told to the model */
export function transferArguments(json: string): z.infer<typeof transferShape> {
  return parse(TRANSFER.name, json, transferShape);
}

/** @throws SidetoneError garbled, fit to be told to the model */
export function sendDtmfArguments(json: string): z.infer<typeof sendDtmfShape> {
  return parse(SEND_DTMF.name, json, sendDtmfShape);
}

export interface ToolHost {
  /** Those of bot.yaml. */
  readonly tools: readonly ToolSettings[];
  readonly control: CallControl;
  /** The call is over when what the bot is saying has been said. */
  hangUpAfter(): void;
}

/** Carries out what the model asked for; returns what it is told. @throws SidetoneError, fit to be told to the model */
export async function runTool(call: ToolCall, host: ToolHost, signal: AbortSignal): Promise<string> {
  switch (call.name) {
    case HANGUP.name:
      host.hangUpAfter();
      return 'hanging up after this';
    case TRANSFER.name:
      host.control.transfer(transferArguments(call.arguments).target);
      return 'transferring';
    case SEND_DTMF.name:
      host.control.sendDtmf(sendDtmfArguments(call.arguments).digits);
      return 'sent';
    default: {
      const tool = host.tools.find(({ name }) => name === call.name);
      if (!tool) throw new SidetoneError('refused', `there is no tool '${call.name}'`);
      return callHttpTool(tool, call.arguments, signal);
    }
  }
}

/** A URL as it may stand in messages and traces: its query may hold a key. */
export function withoutQuery(url: string): string {
  const [place = '', query] = url.split('?', 2);
  return query === undefined ? place : `${place}?…`;
}

/** More than this would crowd everything else out of the model's context. */
const MAX_ANSWER_BYTES = 16 * 1024;

/**
 * Posts the arguments as JSON and returns the text of the answer. Not repeated: a tool may have side effects.
 * @throws SidetoneError
 */
export async function callHttpTool(
  tool: ToolSettings,
  argumentsJson: string,
  signal: AbortSignal,
): Promise<string> {
  const shown = withoutQuery(tool.url);
  const endpoint: EndpointName = { stage: 'tools', url: shown, model: tool.name, apiKeyEnv: null };
  const body = JSON.stringify(parse(tool.name, argumentsJson, anyObject));
  const limit = tool.timeout_ms;
  await using deadline = new Deadline({ first: limit, between: limit, total: limit }, signal);
  try {
    const response = await deadline.wait(
      fetch(tool.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/plain' },
        body,
        signal: deadline.signal,
      }),
    );
    const text = await bodyText(response, deadline, MAX_ANSWER_BYTES);
    if (!response.ok) throw statusFailure(endpoint, response.status, excerpt(text));
    return text;
  } catch (error) {
    if (deadline.verdict === 'cancelled')
      throw new SidetoneError('cancelled', `tool ${tool.name}: cancelled`);
    if (deadline.verdict === 'late') {
      throw new SidetoneError('timeout', `tool ${tool.name} at ${shown} did not answer within ${limit} ms`, {
        hint: `see how busy that server is, or raise timeout_ms of ${tool.name} in bot.yaml`,
      });
    }
    if (error instanceof TooLongError) {
      throw new SidetoneError('garbled', `tool ${tool.name} at ${shown} answered ${error.message}`, {
        hint: `let it answer with at most ${MAX_ANSWER_BYTES} bytes: only what the model needs to know`,
      });
    }
    throw endpointFailure(endpoint, error);
  }
}

function parse<T>(tool: string, json: string, shape: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(json || '{}');
  } catch {
    throw new SidetoneError('garbled', `${tool}: the arguments are not JSON: ${excerpt(json)}`);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SidetoneError('garbled', `${tool}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
}
