/**
 * A session for an editor: requests of the Debug Adapter Protocol as they come from one client, and what is answered and told. It drives a session by the
 * commands of its table, and looks at its target; nothing here knows of sockets.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Outcome } from '../../debugger/commands/command.js';
import { execute } from '../../debugger/commands/execute.js';
import type { Session } from '../../debugger/session/session.js';
import { hex } from '../../host/hex.js';
import { ownFault, Told } from '../../host/told.js';
import { Adapter, type ClientAbilities, type DapRequests } from './adapter.js';
import { BreakpointSets } from './breakpoint-sets.js';
import { breakpointOut, breakpointRequests } from './breakpoints.js';
import { abilitiesOf, capabilities } from './capabilities.js';
import { evaluateRequests } from './evaluate.js';
import { ExceptionFilters } from './exception-filters.js';
import { Fields, RequestError } from './fields.js';
import { type Launch, launchOf } from './launch.js';
import { memoryRequests } from './memory.js';
import { commandOf, MOVES, targetRequests } from './running.js';
import { moduleOf, sourceRequests } from './source-requests.js';
import { Sources } from './sources.js';
import { stackRequests } from './stack.js';
import { isTold, stoppedBody, stopRequests } from './stops.js';
import { threadRequests, threadsNow } from './threads.js';
import { DapReader, dapMessage } from './transport.js';
import { variableRequests } from './variables.js';

/** What a connection needs from where it runs. */
export interface DapHost {
  send(bytes: Uint8Array): void;
  /** The connection is over, for this side. */
  close(): void;
  /** Opens what is to be debugged. Throws Told. */
  launch(launch: Launch): Promise<Session>;
  /** Paths of files that begin so. */
  files(start: string): readonly string[];
  /** Faults of r14's own are told with their stack. */
  readonly debug: boolean;
}

interface Request {
  readonly seq: number;
  readonly command: string;
  readonly given: unknown;
}

const REQUESTS: DapRequests = {
  ...threadRequests,
  ...stackRequests,
  ...variableRequests,
  ...evaluateRequests,
  ...breakpointRequests,
  ...memoryRequests,
  ...sourceRequests,
  ...stopRequests,
  ...targetRequests,
};

/** Milliseconds after which the client is told that something takes long. */
const LONG = 700;
/** Requests that wait at most: a client that asks and asks without an answer is none. */
const MOST_WAITING = 10_000;

export class DapConnection {
  readonly #reader = new DapReader();
  #abilities: ClientAbilities | undefined;
  #adapter: Adapter | undefined;
  #launch: Launch | undefined;
  #configured = false;
  #over = false;
  #seq = 1;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Requests that are being done, also behind others where the program goes on, and those that were cancelled before their turn. */
  readonly #doing = new Set<number>();
  readonly #cancelled = new Set<number>();
  /** Called when the program goes on: a move is answered then, and the next request may come. */
  #onGoing: () => void = () => undefined;
  /** It has stopped, or ended, and the client has not been told yet. */
  #unsaid = false;
  /** A move that the client has asked for by a request of its own: it need not be told that the program goes on. */
  #asked = false;

  constructor(private readonly host: DapHost) {}

  /** Takes bytes as they come. */
  hear(bytes: Uint8Array): void {
    for (const heard of this.#reader.push(bytes)) {
      if (this.#over) return;
      if (heard.kind === 'damaged') this.#complain(heard.why);
      else this.#take(heard.value);
    }
  }

  /** The client is gone, and with it the program. */
  async end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#adapter?.session.interrupt();
    this.#adapter?.session.endInput();
    await this.#queue;
  }

  // ---- messages ----------------------------------------------------------------------------------------------------------------------------

  #send(message: object): void {
    if (!this.#over) this.host.send(dapMessage({ seq: this.#seq++, ...message }));
  }

  #tell(event: string, body?: object): void {
    this.#send({ type: 'event', event, ...(body === undefined ? {} : { body }) });
  }

  #say(text: string, category: 'console' | 'important' = 'console'): void {
    if (text !== '') this.#tell('output', { category, output: `${text}\n` });
  }

  #complain(why: string): void {
    this.#say(`r14 does not understand its client: ${why}`, 'important');
  }

  #answer({ seq, command }: Request, body?: object): void {
    this.#send({ type: 'response', request_seq: seq, command, success: true, ...(body === undefined ? {} : { body }) });
  }

  #refuse({ seq, command }: Request, error: unknown, message?: string): void {
    const meant = error instanceof Error && error instanceof Told;
    const text = meant ? error.message : ownFault(error, this.host.debug);
    const body = { error: { id: meant ? 1 : 70, format: text.replace(/[{}]/g, each => (each === '{' ? '(' : ')')), showUser: false } };
    this.#send({ type: 'response', request_seq: seq, command, success: false, message: message ?? text, body });
  }

  #take(value: unknown): void {
    const { type, seq, command, arguments: given } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    // Answers to requests of this side: there are none.
    if (type === 'response') return;
    if (type !== 'request' || typeof command !== 'string' || typeof seq !== 'number' || !Number.isSafeInteger(seq)) {
      this.#complain('a message is a request with its seq and command');
      return;
    }
    const request: Request = { seq, command, given };
    const urgent = Object.hasOwn(this.#urgent, command) ? this.#urgent[command] : undefined;
    if (urgent !== undefined) {
      void this.#guarded(request, async () => {
        this.#answer(request, await urgent(Fields.of(command, given)));
        // The answer is the last that is said.
        if (command === 'disconnect') this.#leave();
      });
      return;
    }
    if (this.#waiting >= MOST_WAITING) {
      this.#refuse(request, new RequestError(`${MOST_WAITING} requests wait already`));
      return;
    }
    this.#waiting++;
    this.#queue = this.#queue.then(() => this.#turn(request)).finally(() => this.#waiting--);
  }

  /** Does a request, or as much of it as comes before the program goes on. */
  async #turn(request: Request): Promise<void> {
    if (this.#over) return;
    if (this.#cancelled.delete(request.seq)) return this.#refuse(request, new RequestError('cancelled'), 'cancelled');
    const going = new Promise<void>(resolve => {
      this.#onGoing = resolve;
    });
    this.#doing.add(request.seq);
    const done = this.#guarded(request, () => this.#do(request)).finally(() => this.#doing.delete(request.seq));
    await Promise.race([done, going]);
  }

  async #guarded(request: Request, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  async #do(request: Request): Promise<void> {
    const { command, given } = request;
    const fields = Fields.of(command, given);
    const own = Object.hasOwn(this.#lifecycle, command) ? this.#lifecycle[command] : undefined;
    if (own !== undefined) return own(request, fields);
    const row = Object.hasOwn(REQUESTS, command) ? REQUESTS[command] : undefined;
    const moves = Object.hasOwn(MOVES, command);
    if (row === undefined && !moves && command !== 'goto') throw new RequestError(`r14 has no request ${command}`);
    const adapter = this.#adapter;
    if (adapter === undefined) throw new RequestError(`${command}: no program was launched yet`);
    if (moves || command === 'goto' || row?.wants === 'still') {
      if (adapter.session.requests.running) {
        const error = new RequestError('the program is running: pause it first');
        return this.#refuse(request, error, 'notStopped');
      }
    }
    if (row !== undefined) {
      if (row.wants === 'still' && command !== 'completions') adapter.session.requireProcess();
      return this.#answer(request, await this.#lasting(adapter, request, async () => row.answer(adapter, fields)));
    }
    if (command === 'goto') return this.#goto(adapter, request, fields);
    await this.#move(adapter, request, commandOf(adapter, command, fields));
  }

  // ---- moving ------------------------------------------------------------------------------------------------------------------------------

  /** Has the program move; the request is answered when it does, or when it cannot. */
  async #move(adapter: Adapter, request: Request | undefined, command: string): Promise<void> {
    let answered = request === undefined;
    const answer = (): void => {
      if (!answered && request !== undefined)
        this.#answer(request, request.command === 'continue' ? { allThreadsContinued: true } : undefined);
      answered = true;
    };
    const unlisten = adapter.session.events.on('continued', answer);
    this.#asked = true;
    try {
      const outcome = await this.#lasting(adapter, request, () => this.#run(adapter, command, false));
      if (!outcome.ok && !answered) throw new RequestError(outcome.output.split('\n')[0]!);
      answer();
    } finally {
      unlisten();
      this.#asked = false;
    }
  }

  /** Runs a command. When the program has moved, the client is told of the stop once all that the command does is done. */
  async #run(adapter: Adapter, command: string, asked: boolean): Promise<Outcome> {
    const { session } = adapter;
    const outcome = await execute(session, command);
    if (session.ended) {
      this.#end(adapter);
      return outcome;
    }
    if (!this.#unsaid || session.requests.running) {
      if (!asked && !outcome.ok) this.#say(outcome.output, 'important');
      return outcome;
    }
    this.#unsaid = false;
    adapter.told = outcome.output;
    if (!asked && (isTold(session) || !outcome.ok)) this.#say(outcome.output, outcome.ok ? 'console' : 'important');
    this.#tellStop(adapter);
    return outcome;
  }

  #tellStop(adapter: Adapter): void {
    const { session } = adapter;
    const { stop } = session;
    if (stop.reason === 'exited') {
      this.#tell('exited', { exitCode: stop.status });
      this.#tell('terminated');
      return;
    }
    adapter.threads = threadsNow(adapter);
    this.#tell('stopped', stoppedBody(session));
  }

  async #goto(adapter: Adapter, request: Request, fields: Fields): Promise<void> {
    const { session } = adapter;
    fields.whole('threadId');
    const address = adapter.places.get(fields.whole('targetId'));
    session.lookAtThread();
    const { ok, output } = await execute(session, `set $rip = ${hex(address)}`);
    if (!ok) throw new RequestError(output);
    adapter.forget();
    this.#answer(request);
    this.#tell('stopped', { ...stoppedBody(session), reason: 'goto' });
  }

  /** Does something that may take long, and then says so. */
  async #lasting<T>(adapter: Adapter, request: Request | undefined, work: () => Promise<T>): Promise<T> {
    const slow = ['exceptionInfo', 'evaluate', 'stepBack', 'reverseContinue'];
    if (!adapter.client.progress || request === undefined || !slow.includes(request.command)) return work();
    const progressId = `r14-${request.seq}`;
    let begun = false;
    const timer = setTimeout(() => {
      begun = true;
      this.#tell('progressStart', { progressId, title: `r14: ${request.command}`, requestId: request.seq, cancellable: true });
    }, LONG);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      if (begun) this.#tell('progressEnd', { progressId });
    }
  }

  // ---- the session's life ------------------------------------------------------------------------------------------------------------------

  /** Requests that are done at once, whatever else is being done. */
  readonly #urgent: Readonly<Record<string, (fields: Fields) => object | undefined | Promise<object | undefined>>> = {
    pause: () => {
      const adapter = this.#adapter;
      if (adapter === undefined || !(adapter.session.requests.running || this.#asked)) throw new RequestError('the program does not run');
      adapter.session.interrupt();
      return undefined;
    },
    cancel: fields => {
      const id =
        fields.maybeWhole('requestId') ?? (Number(fields.maybeText('progressId')?.replace(/^r14-/, '') ?? Number.NaN) || undefined);
      if (id === undefined) return undefined;
      if (this.#doing.has(id)) this.#adapter?.session.interrupt();
      else if (this.#waiting > 0) this.#cancelled.add(id);
      return undefined;
    },
    terminate: async () => {
      const adapter = this.#program('terminate');
      const { session } = adapter;
      if (session.exited) return undefined;
      if (session.requests.running) {
        const stopped = new Promise<void>(resolve => {
          const unlisten = (['stopped', 'exited'] as const).map(each =>
            session.events.on(each, () => {
              for (const one of unlisten) one();
              resolve();
            }),
          );
        });
        session.interrupt();
        await stopped;
      }
      await this.#run(adapter, 'kill', true);
      return undefined;
    },
    disconnect: () => undefined,
  };

  #leave(): void {
    if (this.#over) return;
    void this.end();
    this.host.close();
  }

  #end(adapter: Adapter): void {
    if (!adapter.session.exited) this.#tell('exited', { exitCode: adapter.session.exitStatus ?? 0 });
    this.#tell('terminated');
  }

  #program(request: string): Adapter {
    if (this.#adapter === undefined) throw new RequestError(`${request}: no program was launched yet`);
    return this.#adapter;
  }

  readonly #lifecycle: Readonly<Record<string, (request: Request, fields: Fields) => Promise<void>>> = {
    initialize: async (request, fields) => {
      if (this.#abilities !== undefined) throw new RequestError('initialize: that was done already');
      const format = fields.maybeText('pathFormat') ?? 'path';
      if (format !== 'path') throw new RequestError(`initialize: pathFormat is path here, not ${format}`);
      this.#abilities = abilitiesOf(fields);
      this.#answer(request, capabilities());
    },
    attach: async () => {
      throw new RequestError('attach: r14 runs programs on a machine of its own: launch starts one');
    },
    launch: async (request, fields) => {
      if (this.#abilities === undefined) throw new RequestError('launch: initialize comes first');
      if (this.#adapter !== undefined) throw new RequestError('launch: a program was launched already; restart starts it again');
      const launch = launchOf(fields);
      const session = await this.host.launch(launch);
      this.#launch = launch;
      this.#adapter = this.#attend(session, this.#abilities);
      for (const line of launch.commands) {
        const { output } = await this.#run(this.#adapter, line, true);
        this.#say(output);
      }
      this.#answer(request);
      this.#tell('initialized');
    },
    configurationDone: async request => {
      const adapter = this.#program('configurationDone');
      if (this.#configured) throw new RequestError('configurationDone: that was done already');
      this.#configured = true;
      this.#answer(request);
      await this.#begin(adapter);
    },
    restart: async request => {
      const adapter = this.#program('restart');
      if (adapter.session.requests.running) throw new RequestError('the program is running: pause it first');
      const { ok, output } = await execute(adapter.session, 'restart');
      if (!ok) throw new RequestError(output);
      this.#unsaid = false;
      this.#answer(request);
      if (this.#configured) await this.#begin(adapter);
    },
  };

  /** All is set: the program runs, or is told to stand at its start. */
  async #begin(adapter: Adapter): Promise<void> {
    const { session } = adapter;
    const launch = this.#launch!;
    if (launch.noDebug) {
      for (const each of [...session.breakpoints.standing, ...session.breakpoints.all]) session.breakpoints.remove(each);
      for (const signal of session.signals.fatal) session.signals.set(signal, { stop: false, print: false });
    }
    this.#unsaid = false;
    if (session.exited || launch.stopOnEntry || launch.what.kind !== 'program') this.#tellStop(adapter);
    else await this.#move(adapter, undefined, 'continue');
  }

  #attend(session: Session, client: ClientAbilities): Adapter {
    const { events } = session;
    const adapter: Adapter = new Adapter(
      session,
      client,
      new Sources(session),
      new BreakpointSets(session),
      new ExceptionFilters(session),
      (command, asked = false) => this.#run(adapter, command, asked),
      (event, body) => this.#tell(event, body),
      start => this.host.files(start),
    );
    const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
    events.on('output', ({ descriptor, bytes }) => {
      const output = decoders[descriptor].decode(bytes, { stream: true });
      if (output !== '') this.#tell('output', { category: descriptor === 1 ? 'stdout' : 'stderr', output });
    });
    events.on('message', ({ text }) => this.#say(text));
    events.on('progress', ({ text }) => this.#say(text));
    events.on('starved', () => this.#say('the program waits for input: what is typed here is for it'));
    events.on('continued', () => {
      adapter.forget();
      this.#unsaid = false;
      this.#onGoing();
      if (!this.#asked) this.#tell('continued', { threadId: adapter.threads[0]?.id ?? 1, allThreadsContinued: true });
    });
    for (const event of ['stopped', 'exited', 'started'] as const)
      events.on(event, () => {
        adapter.forget();
        this.#unsaid = true;
      });
    events.on('module', ({ object }) => {
      const index = session.target.images.all.findIndex(({ path, bias }) => path === object.path && bias === object.bias);
      if (index >= 0) this.#tell('module', { reason: 'new', module: moduleOf(session.target.images.all[index]!, index) });
    });
    events.on('breakpoint', ({ change, breakpoint }) => {
      if (breakpoint.id < 0 || adapter.breakpoints.setting || adapter.exceptions.setting) return;
      const told: DebugProtocol.Breakpoint =
        change === 'removed' ? { id: breakpoint.id, verified: false } : breakpointOut(adapter, breakpoint);
      this.#tell('breakpoint', { reason: change, breakpoint: told });
    });
    return adapter;
  }
}
