/**
 * A session for gdb: what comes from one connection, packet by packet, and what is said to it. It drives the session by the commands of its table,
 * and looks at its target; nothing here knows of sockets.
 */
import { execute } from '../../debugger/commands/execute.js';
import { stepInstructions } from '../../debugger/run/step.js';
import type { Catchpoint, CodeBreakpoint, Watchpoint } from '../../debugger/session/breakpoints.js';
import type { Session } from '../../debugger/session/session.js';
import { lookAtWatched } from '../../debugger/session/watches.js';
import { hexText, utf8, utf8Text } from '../../host/bytes.js';
import { ownFault, Told } from '../../host/told.js';
import type { Thread } from '../../linux/api.js';
import { describedBytes, describedName, REGISTER_COUNT, registerBytes, setDescribed } from './description.js';
import { RemoteFiles } from './files.js';
import { bytesOfCharacters, bytesOfHex, MOST_BYTES, PacketReader, packet } from './packets.js';
import { linuxSignal } from './signals.js';
import { consoleText, type SetAs, stopReply } from './stop-reply.js';
import { goThreadText } from './threads.js';
import { OBJECT_NAMES, transfer } from './transfer.js';

const OK = 'OK';
/** Errors by Linux's numbers, as gdbserver has them. */
const ERROR = { fault: 'E0e', invalid: 'E16', gone: 'E03' } as const;
const said = (text: string): string => `E.${text}`;

/** Bytes of all registers. */
const ALL_REGISTERS = Array.from({ length: REGISTER_COUNT }, (_, index) => registerBytes(index)).reduce((sum, bytes) => sum + bytes);

/** Packets that may wait for their turn: gdb sends one at a time. */
const MOST_WAITING = 10_000;

/** Bytes that one answer gives at most: each takes two digits. */
const MOST_READ = MOST_BYTES / 4;
/** Instructions that a step through a range takes before it is looked at whether gdb wants to stop. */
const RANGE_SLICE = 10_000;

const number16 = (text: string): number => (/^[0-9a-f]{1,12}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN);
const address16 = (text: string): bigint | undefined => (/^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined);

/** What gdb says nothing of when it sets something to stop for. */
const PLAIN = { name: undefined, temporary: false, trace: false, thread: undefined, condition: undefined };

/** Whom an answer goes to. */
export interface Client {
  send(bytes: string): void;
  /** The connection is over, for this side. */
  close(): void;
  /** Faults of r14's own are told with their stack. */
  readonly debug: boolean;
}

/** What becomes of the server when a client has left. */
export type Left = 'stays' | 'killed' | 'detached';

type Handler = (rest: string) => string | undefined | Promise<string | undefined>;

export class GdbConnection {
  readonly #reader = new PacketReader();
  readonly #files: RemoteFiles;
  readonly #breakpoints = new Map<string, CodeBreakpoint | Watchpoint>();
  readonly #setAs = new Map<bigint, SetAs>();
  readonly #unlisten: readonly (() => void)[];
  #syscalls: Catchpoint | undefined;
  #acknowledges = true;
  #last = '';
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #running = false;
  #over = false;
  /** Threads that were chosen with `Hg`: of registers and memory. */
  #thread: number | undefined;
  /** What to do when it has ended. */
  left: Left = 'stays';

  constructor(
    private readonly session: Session,
    private readonly client: Client,
  ) {
    this.#files = new RemoteFiles(() => session.target.process.objects);
    // gdb has its own way to be told of what Go's runtime does at its end: the signal, and its output.
    for (const each of [...session.breakpoints.standing]) session.breakpoints.remove(each);
    this.#unlisten = (['message', 'progress'] as const).map(name => session.events.on(name, ({ text }) => this.#tell(`${text}\n`)));
  }

  /** Takes bytes as they come. */
  hear(bytes: string): void {
    for (const heard of this.#reader.push(bytes)) {
      if (heard.kind === 'interrupt') {
        this.session.interrupt();
      } else if (heard.kind === 'again') {
        if (this.#last !== '') this.client.send(this.#last);
      } else if (heard.kind === 'damaged') {
        if (this.#acknowledges) this.client.send('-');
      } else {
        if (this.#acknowledges) this.client.send('+');
        if (this.#waiting >= MOST_WAITING) {
          this.client.send(packet(said(`${MOST_WAITING} packets wait already`)));
          continue;
        }
        this.#waiting++;
        this.#queue = this.#queue.then(() => this.#answer(heard.text)).finally(() => this.#waiting--);
      }
    }
  }

  /** The client is gone. What it has set goes with it; the program stays where it is. */
  async end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    if (this.#running) this.session.interrupt();
    await this.#queue;
    for (const unlisten of this.#unlisten) unlisten();
    for (const each of [...this.#breakpoints.values(), ...(this.#syscalls === undefined ? [] : [this.#syscalls])])
      this.session.breakpoints.remove(each);
  }

  async #answer(text: string): Promise<void> {
    if (this.#over) return;
    const reply = await this.#handle(text);
    if (reply === undefined || this.#over) return;
    this.#last = packet(reply);
    this.client.send(this.#last);
    if (text === 'QStartNoAckMode') this.#acknowledges = false;
    if (this.left !== 'stays') this.client.close();
  }

  #tell(text: string): void {
    if (!this.#over) this.client.send(packet(`O${hexText(utf8(text))}`));
  }

  async #handle(text: string): Promise<string | undefined> {
    for (const [name, handler] of this.#handlers) {
      if (!text.startsWith(name)) continue;
      try {
        return await handler.call(this, text.slice(name.length));
      } catch (error) {
        return said(error instanceof Told ? error.message.split('\n')[0]! : ownFault(error, this.client.debug));
      }
    }
    // Nothing said is: not known here.
    return '';
  }

  /** By how packets begin; the first that fits. */
  readonly #handlers: readonly (readonly [string, Handler])[] = [
    ['qSupported', () => this.#supported()],
    ['QStartNoAckMode', () => OK],
    ['QNonStop:', rest => (rest === '0' ? OK : said('r14 stops all threads at once: set non-stop off'))],
    ['QPassSignals:', rest => this.#passSignals(rest)],
    ['QCatchSyscalls:', rest => this.#catchSyscalls(rest)],
    ['qXfer:', rest => transfer(this.session, rest)],
    ['qAttached', () => '0'],
    ['qC', () => `QC${this.#chosen().tid.toString(16)}`],
    [
      'qfThreadInfo',
      () =>
        `m${this.#threads()
          .map(({ tid }) => tid.toString(16))
          .join(',')}`,
    ],
    ['qsThreadInfo', () => 'l'],
    ['qThreadExtraInfo,', rest => this.#ofThread(rest, thread => hexText(utf8(goThreadText(this.session, thread))))],
    ['qRcmd,', rest => this.#monitor(rest)],
    ['qSymbol:', () => OK],
    ['vCont?', () => 'vCont;c;C;s;S;r'],
    ['vCont;', rest => this.#continueBy(rest)],
    ['vFile:', rest => this.#files.handle(rest)],
    ['vKill', () => this.#kill()],
    ['vRun;', () => this.#restart()],
    ['!', () => OK],
    ['?', () => this.#stopReply()],
    ['Hg', rest => this.#choose(rest)],
    ['Hc', () => OK],
    ['T', rest => this.#ofThread(rest, () => OK)],
    ['g', () => hexText(this.#allRegisters())],
    ['G', rest => this.#writeAll(rest)],
    ['p', rest => this.#readOne(rest)],
    ['P', rest => this.#writeOne(rest)],
    ['m', rest => this.#readMemory(rest)],
    ['M', rest => this.#writeMemory(rest, bytesOfHex)],
    ['X', rest => this.#writeMemory(rest, bytesOfCharacters)],
    ['Z', rest => this.#insert(rest)],
    ['z', rest => this.#remove(rest)],
    ['bs', () => this.#move('reverse-stepi')],
    ['bc', () => this.#move('reverse-continue')],
    ['s', rest => this.#from(rest, () => this.#step())],
    ['S', rest => this.#signalled(rest, () => this.#step())],
    ['c', rest => this.#from(rest, () => this.#move('continue'))],
    ['C', rest => this.#signalled(rest, () => this.#move('continue'))],
    ['D', () => this.#detach()],
    ['k', () => void this.#kill()],
    ['R', () => void this.#restart()],
  ];

  #supported(): string {
    const objects = OBJECT_NAMES.map(name => `qXfer:${name}:read+`);
    const features = ['QStartNoAckMode+', 'QPassSignals+', 'QCatchSyscalls+', 'swbreak+', 'hwbreak+', 'vContSupported+', 'ReverseStep+'];
    return [`PacketSize=${MOST_BYTES.toString(16)}`, ...features, 'ReverseContinue+', 'error-message+', ...objects].join(';');
  }

  // ---- threads and registers ---------------------------------------------------------------------------------------------------------------

  #threads(): readonly Thread[] {
    return this.session.target.process.threads.filter(({ state }) => state !== 'exited');
  }

  #chosen(): Thread {
    return this.#threads().find(({ tid }) => tid === this.#thread) ?? this.session.target.process.current;
  }

  #ofThread(id: string, answer: (thread: Thread) => string): string {
    const thread = this.#threads().find(({ tid }) => tid === number16(id));
    return thread === undefined ? ERROR.gone : answer(thread);
  }

  #choose(id: string): string {
    if (id === '0' || id === '-1') {
      this.#thread = undefined;
      return OK;
    }
    return this.#ofThread(id, ({ tid }) => {
      this.#thread = tid;
      return OK;
    });
  }

  #allRegisters(): Uint8Array {
    const { registers } = this.#chosen();
    const all = new Uint8Array(ALL_REGISTERS);
    for (let index = 0, at = 0; index < REGISTER_COUNT; at += registerBytes(index++)) all.set(describedBytes(registers, index), at);
    return all;
  }

  #readOne(text: string): string {
    const index = number16(text);
    return index < REGISTER_COUNT ? hexText(describedBytes(this.#chosen().registers, index)) : ERROR.invalid;
  }

  #writeOne(text: string): string {
    const [index, value] = text.split('=');
    const bytes = bytesOfHex(value ?? '');
    const row = number16(index!);
    if (!(row < REGISTER_COUNT) || bytes?.length !== registerBytes(row)) return ERROR.invalid;
    if (!setDescribed(this.#chosen().registers, row, bytes)) return said(`${describedName(row)} cannot be changed`);
    this.session.changed(`set $${describedName(row)} = 0x${hexText(bytes.toReversed())}`);
    return OK;
  }

  #writeAll(text: string): string {
    const bytes = bytesOfHex(text);
    const { registers } = this.#chosen();
    if (bytes?.length !== ALL_REGISTERS) return ERROR.invalid;
    for (let index = 0, at = 0; index < REGISTER_COUNT; at += registerBytes(index++))
      setDescribed(registers, index, bytes.subarray(at, at + registerBytes(index)));
    this.session.changed('set all registers');
    return OK;
  }

  // ---- memory ------------------------------------------------------------------------------------------------------------------------------

  #readMemory(text: string): string {
    const [at, count] = text.split(',');
    const address = address16(at!);
    const length = Math.min(number16(count ?? ''), MOST_READ);
    if (address === undefined || Number.isNaN(length)) return ERROR.invalid;
    const { memory } = this.session.target;
    // As far as it can be read.
    let mapped = 0;
    while (mapped < length) {
      const page = Math.min(length - mapped, 4096 - Number((address + BigInt(mapped)) & 4095n));
      if (memory.mappingAt(address + BigInt(mapped)) === undefined) break;
      mapped += page;
    }
    return mapped === 0 && length > 0 ? ERROR.fault : hexText(memory.read(address, mapped));
  }

  #writeMemory(text: string, decoded: (text: string) => Uint8Array | undefined): string {
    const colon = text.indexOf(':');
    const [at, count] = text.slice(0, Math.max(colon, 0)).split(',');
    const address = address16(at ?? '');
    const bytes = decoded(text.slice(colon + 1));
    if (colon < 0 || address === undefined || bytes?.length !== number16(count ?? '')) return ERROR.invalid;
    if (bytes.length === 0) return OK;
    const { memory } = this.session.target;
    for (let at = address & ~4095n; at < address + BigInt(bytes.length); at += 4096n)
      if (memory.mappingAt(at) === undefined) return ERROR.fault;
    memory.write(address, bytes);
    this.session.changed(`set ${bytes.length} bytes at 0x${address.toString(16)}`);
    return OK;
  }

  // ---- what to stop for --------------------------------------------------------------------------------------------------------------------

  #insert(text: string): string {
    const [kind, at, length] = text.split(';')[0]!.split(',');
    const address = address16(at ?? '');
    const bytes = number16(length ?? '');
    if (address === undefined || Number.isNaN(bytes)) return ERROR.invalid;
    const key = `${kind},${at},${length}`;
    if (this.#breakpoints.has(key)) return OK;
    const { session } = this;
    if (kind === '0' || kind === '1') {
      const spec = `*0x${address.toString(16)}`;
      this.#breakpoints.set(key, session.breakpoints.add<CodeBreakpoint>({ ...PLAIN, kind: 'break', spec, addresses: [address] }));
      this.#setAs.set(address, kind === '0' ? 'swbreak' : 'hwbreak');
      return OK;
    }
    const access = ({ 2: 'write', 3: 'read', 4: 'access' } as const)[kind!];
    if (access === undefined) return '';
    if (bytes === 0 || !session.target.memory.allows(address, bytes, 'read')) return ERROR.fault;
    const watch = { address, length: bytes, access };
    const last = lookAtWatched(session.context(), watch, undefined, session.settings.printOptions);
    const more = { spec: `*0x${address.toString(16)}`, watch, type: undefined, scope: undefined, last, onlyChanges: access === 'write' };
    this.#breakpoints.set(key, session.breakpoints.add<Watchpoint>({ ...PLAIN, ...more, kind: 'watch' }));
    return OK;
  }

  #remove(text: string): string {
    const key = text.split(';')[0]!;
    const breakpoint = this.#breakpoints.get(key);
    if (breakpoint === undefined) return OK;
    this.session.breakpoints.remove(breakpoint);
    this.#breakpoints.delete(key);
    if (breakpoint.kind === 'break') this.#setAs.delete(breakpoint.addresses[0]!);
    return OK;
  }

  #catchSyscalls(text: string): string {
    const [on, ...numbers] = text.split(';');
    if (this.#syscalls !== undefined) this.session.breakpoints.remove(this.#syscalls);
    this.#syscalls = undefined;
    if (on !== '1') return OK;
    const wanted = new Set(numbers.filter(each => each !== '').map(number16));
    this.#syscalls = this.session.breakpoints.add<Catchpoint>({
      ...PLAIN,
      kind: 'catch',
      spec: 'syscall',
      event: 'syscall',
      numbers: wanted,
    });
    return OK;
  }

  /** Signals that the program gets without gdb's hearing of them; at all others it stops. */
  #passSignals(text: string): string {
    const passed = new Set(text.split(';').map(each => linuxSignal(number16(each))));
    for (let signal = 1; signal <= 64; signal++) {
      const stop = !passed.has(signal);
      const now = this.session.signals.of(signal);
      if (now.stop !== stop || !now.pass) this.session.signals.set(signal, { stop, print: stop, pass: true });
    }
    return OK;
  }

  // ---- having it run -----------------------------------------------------------------------------------------------------------------------

  #stopReply(): string {
    return stopReply(this.session, address => this.#setAs.get(address));
  }

  async #move(command: string): Promise<string> {
    const { ok, output } = await this.#moving(() => execute(this.session, command));
    return ok ? this.#told(output) : said(output.split('\n')[0]!);
  }

  /** While the program moves an end of the connection interrupts it; where it stands then no thread is chosen. */
  async #moving<T>(move: () => Promise<T>): Promise<T> {
    this.#running = true;
    try {
      return await move();
    } finally {
      this.#running = false;
      this.#thread = undefined;
    }
  }

  /** The thread that is to go on is the one that is chosen, if it is not the one that would. */
  async #goOnIn(tid: number | undefined): Promise<void> {
    const { process } = this.session.target;
    const thread = this.#threads().find(each => each.tid === tid);
    if (thread !== undefined && thread.tid !== process.current.tid)
      await execute(this.session, `thread ${this.session.target.threadNumber(thread)}`);
  }

  async #step(tid?: number): Promise<string> {
    await this.#goOnIn(tid);
    const { session } = this;
    if (session.exited) return this.#move('stepi');
    const { reason } = await this.#moving(() => session.moving(() => stepInstructions(session, 1)));
    // gdb says itself where a step has come to, and steps a thousand times a second.
    return reason === 'step' ? this.#stopReply() : this.#told((await execute(session, 'info program')).output);
  }

  /** The reply, behind what r14 says of the stop. */
  #told(output: string): string {
    const text = consoleText(this.session.stop, output);
    if (text !== '') this.client.send(packet(text));
    return this.#stopReply();
  }

  /** Steps while it is in [from, to). */
  async #stepIn(from: bigint, to: bigint, tid: number | undefined): Promise<string> {
    const { session } = this;
    for (let count = 0; ; count++) {
      const reply = await this.#step(tid);
      const { rip } = session.thread.registers;
      if (
        session.stop.reason !== 'step' ||
        rip < from ||
        rip >= to ||
        (this.#breakpoints.size > 0 && session.breakpoints.at(rip).length > 0)
      )
        return reply;
      if (count % RANGE_SLICE === 0) await session.host.breathe();
      if (session.takeInterrupt()) return `T02thread:${session.thread.tid.toString(16)};`;
    }
  }

  /** `ACTION[:THREAD]`, the first that fits a thread counts for it; all others stand still, but when it says to continue. */
  #continueBy(text: string): Promise<string | undefined> | string {
    const actions = text.split(';').map(each => each.split(':') as [string, string | undefined]);
    const stepping = actions.find(([action]) => /^[sSr]/.test(action)) ?? actions[0]!;
    const [action, id] = stepping;
    const tid = id === undefined || id === '-1' || id === '0' ? undefined : number16(id);
    this.#signal(/^[SC]/.test(action) ? action.slice(1) : undefined);
    if (action.startsWith('r')) {
      const [from, to] = action.slice(1).split(',').map(address16);
      return from === undefined || to === undefined ? ERROR.invalid : this.#stepIn(from, to, tid);
    }
    if (/^[sS]/.test(action)) return this.#step(tid);
    return /^[cC]/.test(action) ? this.#move('continue') : ERROR.invalid;
  }

  /** Whether the signal that it stands at is passed on: gdb says so with each move. */
  #signal(passed: string | undefined): void {
    const { stop, signals } = this.session;
    if (stop.reason !== 'signal') return;
    const { signal } = stop.signal;
    signals.set(signal, { pass: passed !== undefined && linuxSignal(number16(passed)) === signal });
  }

  #from(text: string, move: () => Promise<string>): Promise<string> | string {
    const address = text === '' ? undefined : address16(text);
    if (text !== '' && address === undefined) return ERROR.invalid;
    if (address !== undefined) {
      this.#chosen().registers.rip = address;
      this.session.changed(`set $rip = 0x${address.toString(16)}`);
    }
    this.#signal(undefined);
    return move();
  }

  #signalled(text: string, move: () => Promise<string>): Promise<string> | string {
    const [signal, address] = text.split(';');
    const moved = this.#from(address ?? '', async () => {
      this.#signal(signal);
      return move();
    });
    return moved;
  }

  /** `monitor COMMAND`: any command of the table. */
  async #monitor(text: string): Promise<string> {
    const line = bytesOfHex(text);
    if (line === undefined) return ERROR.invalid;
    const { ok, output } = await execute(this.session, utf8Text(line));
    if (output !== '') this.#tell(`${output}\n`);
    return ok || output !== '' ? OK : ERROR.invalid;
  }

  #kill(): string {
    if (!this.session.exited) this.session.kill();
    this.left = 'killed';
    return OK;
  }

  #detach(): string {
    this.left = 'detached';
    return OK;
  }

  async #restart(): Promise<string> {
    await execute(this.session, 'restart');
    return this.#stopReply();
  }
}
