import type { Body, IncomingResponseMessage, SessionDialog } from 'sip.js/lib/core/index.js';
import { keepCount } from './sip-js.ts';

/**
 * Sends a request other than INVITE within a dialog and waits for its final response, whatever it is. Always comes to
 * an end: what nobody answers is answered 408 by the layer below.
 */
export function ask(
  dialog: SessionDialog,
  method: 'BYE' | 'INFO' | 'NOTIFY' | 'PRACK' | 'REFER' | 'UPDATE',
  extraHeaders: readonly string[],
  body?: Body,
): Promise<IncomingResponseMessage> {
  const core = dialog.userAgentCore;
  const message = dialog.createOutgoingRequestMessage(method, {
    extraHeaders: [...extraHeaders],
    ...(body ? { body } : {}),
  });
  return new Promise((resolve) => {
    const settle = (response: { readonly message: IncomingResponseMessage }): void => {
      keepCount(dialog, message);
      resolve(response.message);
    };
    core.request(message, { onAccept: settle, onRedirect: settle, onReject: settle });
  });
}

export function accepted({ statusCode }: IncomingResponseMessage): boolean {
  return statusCode !== undefined && statusCode >= 200 && statusCode < 300;
}
