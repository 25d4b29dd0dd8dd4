/** What the requests of one client work on: its session, what the client can do, and the numbers that stand for frames and values. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Outcome } from '../../debugger/commands/command.js';
import type { Session } from '../../debugger/session/session.js';
import type { BreakpointSets } from './breakpoint-sets.js';
import type { ExceptionFilters } from './exception-filters.js';
import type { Fields } from './fields.js';
import { type FrameHandle, Handles, type VariableHandle } from './handles.js';
import type { Sources } from './sources.js';

/** What the client has said of itself. */
export interface ClientAbilities {
  readonly linesStartAt1: boolean;
  readonly columnsStartAt1: boolean;
  readonly invalidated: boolean;
  readonly progress: boolean;
}

export class Adapter {
  readonly frames = new Handles<FrameHandle>('frame');
  readonly variables = new Handles<VariableHandle>('variable');
  /** Addresses to go on at, and functions to step into. */
  readonly places = new Handles<bigint>('target');
  /** What was said of the last stop. */
  told = '';
  /** Threads as they were when the program last stood still. */
  threads: readonly DebugProtocol.Thread[] = [];

  constructor(
    readonly session: Session,
    readonly client: ClientAbilities,
    readonly sources: Sources,
    readonly breakpoints: BreakpointSets,
    readonly exceptions: ExceptionFilters,
    /** Runs a command; when it has moved the program, the client is told of the stop. `asked`: what it answers is told to who asked. */
    readonly run: (command: string, asked?: boolean) => Promise<Outcome>,
    /** Sends an event. */
    readonly tell: (event: string, body?: object) => void,
    /** Paths of the host that begin so, for completion. */
    readonly files: (start: string) => readonly string[],
  ) {}

  /** The program has run, or is another one: nothing that the client knows of is there any more. */
  forget(): void {
    this.frames.clear();
    this.variables.clear();
    this.places.clear();
  }

  /** Does something with a frame selected; without one, where the program stands. */
  async in<T>(handle: FrameHandle | undefined, work: () => T | Promise<T>): Promise<T> {
    if (handle === undefined) return work();
    const { goroutine, thread } = handle.whose;
    return this.session.selecting({ goroutine, thread, frame: handle.frame.index }, work);
  }

  /** The frame that a request is about, if it names one. */
  frameIn(fields: Fields): FrameHandle | undefined {
    const id = fields.maybeWhole('frameId');
    return id === undefined ? undefined : this.frames.get(id);
  }

  /** A line as the client counts, from r14's. */
  lineOut(line: number): number {
    return this.client.linesStartAt1 ? line : line - 1;
  }

  lineIn(line: number): number {
    return this.client.linesStartAt1 ? line : line + 1;
  }
}

/** A request of the table. */
export interface DapRequest {
  /** What there must be: a program, or one that stands still, and has not ended. */
  readonly wants: 'program' | 'still';
  readonly answer: (adapter: Adapter, fields: Fields) => object | undefined | Promise<object | undefined>;
}

export type DapRequests = Readonly<Record<string, DapRequest>>;
