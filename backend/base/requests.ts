import { errorOf, type Problem, type SidetoneError } from './errors.ts';

/** How the other end of a port answers a request, once each. */
export type Reply<Answer> =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'failure'; readonly id: number; readonly problem: Problem };

/** Requests over a port that wait for their replies, by id. */
export class Requests<Answer> {
  readonly #waiting = new Map<
    number,
    { resolve(answer: Answer): void; reject(error: SidetoneError): void }
  >();
  #nextId = 1;

  /** `post` sends the request with the id it is given. @throws SidetoneError of the other end's own */
  send(post: (id: number) => void): Promise<Answer> {
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, { resolve, reject });
    post(id);
    return promise;
  }

  /** A reply to nothing that waits is none. */
  settle(reply: Reply<Answer>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === 'answer') waiting?.resolve(reply.answer);
    else waiting?.reject(errorOf(reply.problem));
  }

  /** The other end is gone: whoever waits is told. */
  fail(error: SidetoneError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }
}
