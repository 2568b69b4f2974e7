import type { Problem } from '../../backend/base/errors.ts';
import { CHANNELS } from '../../backend/contract/channels.ts';
import type {
  Answer,
  AudioFromWindow,
  AudioToWindow,
  Command,
  Message,
  Messages,
  Reply,
  Request,
} from '../../backend/contract/window.ts';

/** What the preload script puts into the page: the only way out of it. */
export interface Bridge {
  ask<Name extends Command>(command: Name, request: Request<Name>): Promise<Reply<Name>>;
  onMessage(handler: <Name extends Message>(name: Name, content: Messages[Name]) => void): void;
  /** Asks for the port that carries the person's audio; it comes as a window message. */
  openAudio(): void;
  /** Where a file that was dropped on the page lies on the disk; '' for one that is on none. */
  pathOf(file: File): string;
}

declare global {
  interface Window {
    readonly sidetone: Bridge;
  }
}

/** An answer of no, for a person. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Asks the main process. @throws ProblemError with what happened and what to do. */
export async function ask<Name extends Command>(
  command: Name,
  request: Request<Name>,
): Promise<Answer<Name>> {
  const reply = await window.sidetone.ask(command, request);
  if (!reply.ok) throw new ProblemError(reply.problem);
  return reply.answer;
}

type Handlers = { [Name in Message]?: (content: Messages[Name]) => void };

/** Hands each message of the main process to its handler. Called once. */
export function listen(handlers: Handlers): void {
  window.sidetone.onMessage((name, content) => handlers[name]?.(content));
}

/** Where a file that was dropped on the window lies on the disk. */
export function pathOf(file: File): string {
  return window.sidetone.pathOf(file);
}

/** The port of the person's audio: microphone frames out (AudioFromWindow), frames of calls in (AudioToWindow). */
export function openAudioPort(): Promise<MessagePort> {
  const { promise, resolve } = Promise.withResolvers<MessagePort>();
  const take = (event: MessageEvent<unknown>): void => {
    const [port] = event.ports;
    if (event.source !== window || event.data !== CHANNELS.audio || !port) return;
    window.removeEventListener('message', take);
    resolve(port);
  };
  window.addEventListener('message', take);
  window.sidetone.openAudio();
  return promise;
}

export type { AudioFromWindow, AudioToWindow };
