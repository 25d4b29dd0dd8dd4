/** A client of `src/server/dap` inside the test's own process, and what it has heard. */
import { expect } from 'vitest';
import type { Session } from '../../src/debugger/session/session.js';
import { DapConnection } from '../../src/server/dap/connection.js';
import type { Launch } from '../../src/server/dap/launch.js';
import { DapReader, dapMessage } from '../../src/server/dap/transport.js';

// biome-ignore lint/suspicious/noExplicitAny: each message has a body of its own shape, which the tests check.
type Message = any;

export class DapClient {
  readonly heard: Message[] = [];
  readonly connection: DapConnection;
  launched: Launch | undefined;
  closed = false;
  #seq = 1;
  #seen = 0;

  constructor(open: (launch: Launch) => Session) {
    const reader = new DapReader();
    this.connection = new DapConnection({
      send: bytes => {
        for (const each of reader.push(bytes)) this.heard.push(each.kind === 'message' ? each.value : each);
      },
      close: () => {
        this.closed = true;
      },
      launch: async launch => {
        this.launched = launch;
        return open(launch);
      },
      files: () => [],
      debug: true,
    });
  }

  /** Sends a request, and waits for its answer. */
  async ask(command: string, given?: unknown): Promise<Message> {
    const seq = this.send({ type: 'request', command, ...(given === undefined ? {} : { arguments: given }) });
    let answer: Message;
    await expect
      .poll(
        () => {
          answer = this.heard.find(each => each.type === 'response' && each.request_seq === seq);
          return answer;
        },
        { interval: 2, timeout: 60_000 },
      )
      .toBeDefined();
    return answer;
  }

  /** The body of an answer that is to succeed. */
  async body(command: string, given?: unknown): Promise<Message> {
    const answer = await this.ask(command, given);
    expect(answer, JSON.stringify(answer)).toMatchObject({ success: true });
    return answer.body;
  }

  send(message: object): number {
    const seq = this.#seq++;
    this.connection.hear(dapMessage({ seq, ...message }));
    return seq;
  }

  /** The next event of that name after those that were waited for before. */
  async event(name: string): Promise<Message> {
    const found = () => this.heard.findIndex((each, index) => index >= this.#seen && each.type === 'event' && each.event === name);
    await expect.poll(found, { interval: 2, timeout: 60_000 }).toBeGreaterThanOrEqual(0);
    this.#seen = found() + 1;
    return this.heard[this.#seen - 1].body;
  }

  /** From nothing to a program that stands at its start, with `before` between its launch and that. */
  async launch(given: object, before: () => Promise<unknown> = async () => undefined): Promise<void> {
    await this.body('initialize', { adapterID: 'r14', supportsInvalidatedEvent: true });
    await this.body('launch', { stopOnEntry: true, ...given });
    await this.event('initialized');
    await before();
    await this.body('configurationDone');
  }

  /** Does what moves the program: the stop that it comes to. */
  async move(command: string, given: object = {}): Promise<Message> {
    await this.body(command, { threadId: 1, ...given });
    return this.event('stopped');
  }

  /** The frames of a thread. */
  async frames(threadId: number, given: object = {}): Promise<Message[]> {
    return (await this.body('stackTrace', { threadId, ...given })).stackFrames;
  }

  /** What a scope of a frame has, by name. */
  async scope(frameId: number, name: string): Promise<Map<string, Message>> {
    const { scopes } = await this.body('scopes', { frameId });
    const { variablesReference } = scopes.find((each: Message) => each.name === name);
    return this.children(variablesReference);
  }

  async children(variablesReference: number): Promise<Map<string, Message>> {
    const { variables } = await this.body('variables', { variablesReference });
    return new Map(variables.map((each: Message) => [each.name, each]));
  }
}
