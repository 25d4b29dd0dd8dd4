/**
 * Calls in a program of Go assembly that r14 has assembled: no garbage collector and no scheduler of Go's own has a word to say, so a frame is
 * put on the stack where the thread stands, and the function returns to the program's entry, where nothing ever comes by again.
 */
import type { Registers } from '../../../cpu/api.js';
import { OperationError } from '../../evaluate/untyped.js';
import { stackNamed } from '../../stack/walk-target.js';
import { type CallMaker, CallRun, UNDONE } from './running.js';

const WORD = 8n;
/** Below RSP: what C code may still use there (the red zone). */
const SKIPPED = 128n;
/** For values that are made, such as strings. */
const MADE = 1024n;
/** What a callee may need beside that. */
const ROOM = 1024n;

/** A way to put a frame on a stack. */
export interface Framing {
  /** RSP below which it lies; absent: the thread's. */
  readonly sp?: bigint;
  /** Registers that have a meaning at each entry; RDX is the closure's. */
  prepare(registers: Registers, closure: bigint): void;
  /** Where values that are made lie; absent, or undefined from it: above the frame, for as long as the call takes. */
  allocator?(invoke: (entry: bigint) => void, registers: () => Registers): ((size: number) => bigint) | undefined;
}

export const framed =
  ({ sp: from, prepare, allocator }: Framing): CallMaker =>
  (site, bytes, work) => {
    const { target, thread } = site;
    const { memory, images, process } = target;
    const { registers, tid } = thread;
    const run = new CallRun(site);
    const saved = registers.save();
    const sp = from ?? registers.get('rsp');
    const top = (sp - SKIPPED) & ~0xfn;
    const frame = (top - MADE - BigInt(bytes)) & ~0xfn;
    const { lo } = stackNamed(target.walkTarget, sp, target.threadG(thread));
    if (frame - ROOM < lo || !memory.allows(frame - WORD, Number(top - frame + WORD), 'write'))
      throw new OperationError('there is no room on the stack');
    const back = images.all[0]!.entry;
    let free = top - MADE;
    const invoke = (entry: bigint, closure: bigint): void => {
      prepare(registers, closure);
      memory.writeU64(frame - WORD, back);
      registers.set('rsp', frame - WORD);
      registers.rip = entry;
      const stop = run.until([back]);
      const here = process.current;
      if (stop.kind !== 'breakpoint') throw new OperationError(`it came to a breakpoint of the program's own; ${UNDONE}`);
      if (here.tid !== tid || here.registers.get('rsp') !== frame)
        throw new OperationError(`it has not come back to where it was called; ${UNDONE}`);
    };
    const own = allocator?.(
      entry => invoke(entry, 0n),
      () => process.current.registers,
    );
    const value = work({
      get edge() {
        return { registers: process.current.registers, memory, edge: frame - WORD };
      },
      invoke,
      allocate: size => {
        if (own !== undefined) return own(size);
        const at = free;
        free = (free + BigInt(size) + 0xfn) & ~0xfn;
        if (free > top) throw new OperationError(`values of more than ${MADE} bytes cannot be made here`);
        return at;
      },
      itab: () => {
        throw new OperationError('a value for an interface with methods cannot be made here');
      },
    });
    process.current.registers.restore(saved);
    return value;
  };

export const direct: CallMaker = framed({
  prepare: (registers, closure) => {
    registers.set('rdx', closure);
    registers.setXmm(15, 0n);
    registers.rflags &= ~0x500n;
  },
});
