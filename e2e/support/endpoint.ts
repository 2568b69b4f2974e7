import { Scope } from '../../backend/base/scope.ts';
import { startStub, type Stub, type StubOptions } from '../../backend/bench/stubs/stub.ts';

/** A stub server that can die and come back at the same address, with other options if need be. */
export class StubEndpoint implements AsyncDisposable {
  readonly url: string;
  readonly #options: StubOptions;
  #stub: Stub;
  #scope: Scope;

  private constructor(options: StubOptions, stub: Stub, scope: Scope) {
    this.#options = { ...options, port: Number(new URL(stub.url).port) };
    this.url = stub.url;
    this.#stub = stub;
    this.#scope = scope;
  }

  static async start(options: StubOptions): Promise<StubEndpoint> {
    const scope = new Scope();
    return new StubEndpoint(options, await startStub(options, scope), scope);
  }

  get stub(): Stub {
    return this.#stub;
  }

  async stop(): Promise<void> {
    await this.#scope.close();
  }

  async restart(options: StubOptions = {}): Promise<void> {
    await this.stop();
    this.#scope = new Scope();
    this.#stub = await startStub({ ...this.#options, ...options }, this.#scope);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
