import {
  ipcMain,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  type MessagePortMain,
  type WebContents,
} from 'electron';
import { SidetoneError, problemOf, type Problem } from '../backend/base/errors.ts';
import { CHANNELS } from '../backend/contract/channels.ts';
import {
  requests,
  type Answer,
  type Command,
  type Message,
  type Messages,
  type Reply,
} from '../backend/contract/window.ts';
import type { z } from 'zod';

/**
 * The one way between window and main process. Every request is checked twice before a handler sees it: that it
 * comes from the app's own page in its main frame, and that it has the shape the contract says.
 */

export type Handlers = {
  readonly [Name in Command]: (
    request: z.output<(typeof requests)[Name]>,
  ) => Promise<Answer<Name>> | Answer<Name>;
};

type Sender = Pick<IpcMainInvokeEvent | IpcMainEvent, 'sender' | 'senderFrame'>;

export interface GateOptions {
  readonly handlers: Handlers;
  /** Where the page comes from, as `app://sidetone`. */
  readonly origin: string;
  /** The window there is now; null: none. */
  readonly page: () => WebContents | null;
  readonly onAudioPort: (port: MessagePortMain) => void;
}

/** Opens the gate for good. Returns how messages go to the window. */
export function openGate(
  options: GateOptions,
): <Name extends Message>(name: Name, content: Messages[Name]) => void {
  const trusted = ({ sender, senderFrame }: Sender): boolean => {
    const page = options.page();
    return (
      page !== null &&
      sender === page &&
      senderFrame !== null &&
      senderFrame === page.mainFrame &&
      senderFrame.origin === options.origin
    );
  };

  ipcMain.handle(CHANNELS.command, async (event, command: unknown, request: unknown) => {
    if (!trusted(event)) return refuse(new SidetoneError('refused', 'this page may not ask for anything'));
    if (!isCommand(command)) return refuse(new SidetoneError('usage', 'there is no such command'));
    return answer(options.handlers, command, request);
  });
  ipcMain.on(CHANNELS.audio, (event) => {
    const [port] = event.ports;
    if (port && trusted(event)) options.onAudioPort(port);
  });

  return (name, content) => {
    const page = options.page();
    if (page && !page.isDestroyed() && !page.isCrashed()) page.send(CHANNELS.message, name, content);
  };
}

function isCommand(name: unknown): name is Command {
  return typeof name === 'string' && Object.hasOwn(requests, name);
}

async function answer<Name extends Command>(
  handlers: Handlers,
  command: Name,
  request: unknown,
): Promise<Reply<Name>> {
  const checked = requests[command].safeParse(request);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const where = issue?.path.join('.') ?? '';
    return refuse(
      new SidetoneError('usage', `${command}: ${where} ${issue?.message ?? 'cannot be read'}`.trim()),
    );
  }
  try {
    // TypeScript cannot follow that the schema and the handler under one name belong together; the contract says so.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const handler = handlers[command] as (request: unknown) => Promise<Answer<Name>> | Answer<Name>;
    return { ok: true, answer: await handler(checked.data) };
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: problemOf(error) };
}
