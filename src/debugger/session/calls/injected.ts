/**
 * Calls in compiled Go, by the protocol that its runtime has for debuggers (runtime.debugCallV2, since Go 1.17): it says whether the place is
 * one where a call may be made, gives the call a goroutine of its own whose frames the garbage collector and a growing stack cope with, and
 * speaks to the debugger by INT3 with a number in R12. The goroutine that stands still waits meanwhile.
 */
import { ABI_INTERNAL } from '../../../abi/convention.js';
import { utf8Text } from '../../../host/bytes.js';
import { OperationError } from '../../evaluate/untyped.js';
import { stackNamed } from '../../stack/walk-target.js';
import { printValue } from '../../values/print.js';
import { memorySource } from '../../values/source.js';
import { EMPTY_INTERFACE } from '../../values/types.js';
import type { CallEdge } from './placed.js';
import { type CallMaker, CallRefused, CallRun, type CallSite, type Passing, type ReadyFrame, UNDONE } from './running.js';

/** What R12 says at the runtime's INT3s. */
const READY = 0n;
const RETURNED = 1n;
const PANICKED = 2n;
const REFUSED = 8n;
const RESTORE = 16n;

/** Bytes of stack that the protocol wants to be free. */
const ROOM = 256n;
const WORD = 8n;
const REASON_BYTES = 200;

export const PROTOCOL = 'runtime.debugCallV2';

export const injected: CallMaker = (site, bytes, work) => new Injection(site).call(bytes, work);

class Injection {
  readonly #run: CallRun;

  constructor(private readonly site: CallSite) {
    this.#run = new CallRun(site);
  }

  get #registers() {
    return this.site.target.process.current.registers;
  }

  call<T>(bytes: number, work: (frame: ReadyFrame) => T): T {
    const { target, thread } = this.site;
    const { memory, images } = target;
    const { registers } = thread;
    const g = target.threadG(thread);
    const [pc, sp] = [registers.rip, registers.get('rsp')];
    if (sp - stackNamed(target.walkTarget, sp, g).lo < ROOM) throw new OperationError("there is no room on the goroutine's stack");
    const saved = registers.save();
    memory.writeU64(sp - WORD, pc);
    memory.writeU64(sp - 3n * WORD, BigInt(bytes));
    registers.set('rsp', sp - WORD);
    registers.rip = images.functionsNamed(PROTOCOL)[0]!.entry;
    this.#asGo(g);
    let answer: { readonly value: T } | undefined;
    let refused: string | undefined;
    for (let code = this.#next(); code !== RESTORE; code = this.#next()) {
      if (code === READY) answer = { value: work(this.#frame()) };
      else if (code === REFUSED) refused = this.#reason();
      else if (code !== RETURNED) throw this.#panic();
    }
    // The goroutine may be on another thread by now, whose FS base is its own.
    const { rip, fsBase } = this.#registers;
    const back = this.#registers.get('rsp');
    this.#registers.restore(saved);
    this.#registers.rip = rip;
    this.#registers.fsBase = fsBase;
    this.#registers.set('rsp', back);
    target.process.suppressSignal();
    do this.#run.until([pc]);
    while (this.#registers.rip !== pc || this.#registers.get('rsp') !== sp);
    const { fsBase: own } = this.#registers;
    this.#registers.restore(saved);
    this.#registers.fsBase = own;
    if (refused !== undefined)
      throw new CallRefused(
        `Go's runtime lets no function be called here: ${refused}${refused.includes('safe point') ? ' (next leads to one)' : ''}`,
      );
    return answer!.value;
  }

  /** What Go code expects of registers: R14 = g, XMM15 = 0, DF clear. */
  #asGo(g: bigint): void {
    this.#registers.set('r14', g);
    this.#registers.setXmm(15, 0n);
    this.#registers.rflags &= ~0x500n;
  }

  /** Runs on to the runtime's next word; what it is. */
  #next(): bigint {
    const { target } = this.site;
    target.process.suppressSignal();
    this.#run.until([]);
    if (!this.#inProtocol()) throw this.#ownBreakpoint();
    return this.#registers.get('r12');
  }

  #frame(): ReadyFrame {
    const { target } = this.site;
    const { memory, images, process } = target;
    // The call's goroutine may get another stack as it runs.
    const frame = (): bigint => this.#registers.get('rsp');
    // Behind the INT3, which is where a call returns to: any number of calls can be made, one after another.
    const trap = this.#registers.rip;
    const g = target.threadG(process.current);
    const edge = (): CallEdge => ({ registers: this.#registers, memory, edge: frame() - WORD });
    const invoke = (entry: bigint, closure: bigint, passing?: Passing): void => {
      const { registers } = edge();
      this.#asGo(g);
      registers.set('rdx', closure);
      memory.writeU64(frame() - WORD, trap - 1n);
      registers.set('rsp', frame() - WORD);
      registers.rip = entry;
      process.suppressSignal();
      const stop = this.#run.until(passing === undefined ? [] : [passing.at]);
      if (passing !== undefined && stop.kind === 'breakpoint') {
        passing.work();
        this.#run.until([]);
      }
      if (this.#registers.rip === trap) return;
      if (this.#inProtocol() && this.#registers.get('r12') === PANICKED) throw this.#panic();
      throw this.#ownBreakpoint();
    };
    /** A function of the runtime's with up to three words; its result. */
    const runtime = (name: string, ...words: readonly bigint[]): bigint => {
      const func = images.functionsNamed(name)[0];
      if (func === undefined) throw new OperationError(`the program has no ${name}, which this call needs`);
      const { registers } = edge();
      for (const [index, word] of words.entries()) registers.set(ABI_INTERNAL.integerArguments[index]!, word);
      invoke(func.entry, 0n);
      return this.#registers.get('rax');
    };
    return {
      get edge() {
        return edge();
      },
      invoke,
      // mallocgc(size uintptr, typ *_type, needzero bool) unsafe.Pointer
      allocate: (size, type) => runtime('runtime.mallocgc', BigInt(Math.max(1, size)), type, 1n),
      // getitab(inter *interfacetype, typ *_type, canfail bool) *itab
      itab: (type, held) => runtime('runtime.getitab', type, held, 1n),
    };
  }

  /** Whose INT3 has just run. */
  get #at(): string | undefined {
    return this.site.target.images.functionAt(this.#registers.rip - 1n)?.name;
  }

  #inProtocol(): boolean {
    return /^(?:runtime\.)?debugCall/.test(this.#at ?? '');
  }

  #ownBreakpoint(): OperationError {
    return new OperationError(`it came to a breakpoint of the program's own, in ${this.#at ?? 'code without a name'}; ${UNDONE}`);
  }

  /** A string at the top of the stack. */
  #reason(): string {
    const { memory } = this.site.target;
    const sp = this.#registers.get('rsp');
    const length = Number(memory.readU64(sp + WORD));
    return utf8Text(memory.read(memory.readU64(sp), Math.min(length, REASON_BYTES)));
  }

  /** The panic's value, an empty interface, is at the top of the stack. */
  #panic(): OperationError {
    const { memory, images } = this.site.target;
    const world = { memory, images: images.all };
    const shown = printValue(world, { type: EMPTY_INTERFACE, source: memorySource(memory, this.#registers.get('rsp')) });
    return new OperationError(`it panicked: ${shown.replace(/^interface \{\}/, '')}; ${UNDONE}`);
  }
}
