import type { CallEventBody, LoggedMessage } from '../contract/events.ts';

/** What stands for a key or a digit. */
const MASK = 'x';

/**
 * A call's events without the keys pressed in it. A model repeats keys where it likes, in a tool's arguments or one
 * token at a time: from the first key on, each digit that it is asked, writes or says is masked, whatever it means.
 */
export class MaskedEvents {
  #keysPressed = false;

  /** `body`, or a copy of it with the keys masked. */
  mask(body: CallEventBody): CallEventBody {
    switch (body.type) {
      case 'dtmf.received':
      case 'dtmf.sent':
        this.#keysPressed = true;
        return { ...body, digit: MASK };
      default:
        return this.#keysPressed ? withoutDigits(body) : body;
    }
  }
}

function withoutDigits(body: CallEventBody): CallEventBody {
  switch (body.type) {
    case 'llm.requested':
      return { ...body, messages: body.messages.map(maskedMessage) };
    case 'llm.token':
    case 'tts.started':
      return { ...body, text: masked(body.text) };
    case 'tool.called':
      return { ...body, arguments: masked(body.arguments) };
    case 'bot.said':
      return { ...body, heard: masked(body.heard), unheard: masked(body.unheard) };
    case 'provider.failed':
      // A server's complaint may quote what it was sent.
      return { ...body, message: masked(body.message) };
    default:
      return body;
  }
}

function maskedMessage(message: LoggedMessage): LoggedMessage {
  const { tool_calls } = message;
  return {
    ...message,
    content: masked(message.content),
    ...(tool_calls && {
      tool_calls: tool_calls.map((call) => ({ ...call, arguments: masked(call.arguments) })),
    }),
  };
}

function masked(text: string): string {
  // `[pressed 4 # A]`, as bot/context.ts has it: letters and signs are keys there as well.
  return text
    .replaceAll(/\[pressed [^\]]*\]/g, (keys) => keys.replaceAll(/(?<= )[^\s\]]/g, MASK))
    .replaceAll(/\p{Nd}/gu, MASK);
}
