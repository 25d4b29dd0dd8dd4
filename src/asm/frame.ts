/** Frames as Go's assembler makes them (cmd/internal/obj/x86, Go 1.21 and later, where the frame pointer is pushed first). */
import { Mnemonic as M } from 'iced-x86';
import type { SourcePosition } from './diagnostics.js';
import type { EncodedPlace } from './encode.js';
import type { ItemEmitter } from './items.js';
import { TEXT_FLAGS } from './preprocess.js';
import type { SourceInstruction, Statement, SymbolReference } from './syntax.js';
import type { DeclaredConvention, DeclaredSignature } from './types.js';

export interface FunctionSource {
  readonly symbol: SymbolReference;
  /** What a leading middle dot stands for in its file. */
  readonly package: string;
  readonly signature?: DeclaredSignature;
  readonly flags: number;
  readonly frame: number;
  readonly args: number | undefined;
  readonly convention: DeclaredConvention;
  readonly statements: readonly Statement[];
  readonly at: SourcePosition;
  /** Instructions that save and restore register arguments around the call of morestack. */
  readonly spill?: { readonly before: readonly Statement[]; readonly after: readonly Statement[] };
}

// Go's internal/abi: up to StackSmall below the guard needs no exact check, from StackBig on the difference could wrap.
const STACK_SMALL = 128;
const STACK_BIG = 4096;
const START = '<start>';
const MORE = '<morestack>';
export const WORD = 8;
/** Thread-local offset of g. */
export const TLS_G = -8n;

export const register = (name: string, width = 64): EncodedPlace => ({ kind: 'register', name, width });
const immediate = (value: number): EncodedPlace => ({ kind: 'immediate', value: BigInt(value), width: 64 });
const memory = (base: string, displacement: number): EncodedPlace => ({
  kind: 'memory',
  base,
  displacement: BigInt(displacement),
  scale: 1,
  width: 64,
});
const tlsG: EncodedPlace = { kind: 'memory', displacement: TLS_G, scale: 1, width: 64, segment: 'FS' };

/** Prologue, epilogues and the call of morestack around a function's instructions. */
export class Frame {
  private readonly calls: boolean;
  /** Whether the frame has RBP's old value at its top. */
  readonly usesBp: boolean;

  constructor(
    private readonly source: FunctionSource,
    private readonly emitter: ItemEmitter,
  ) {
    const noFrame = (source.flags & TEXT_FLAGS.NOFRAME) !== 0;
    this.calls = source.statements.some(statement => statement.kind === 'instruction' && statement.mnemonic === 'CALL');
    this.usesBp = !noFrame && source.convention !== 'C' && (source.frame > 0 || this.calls);
  }

  /** Whether a prologue asks for room on the stack. */
  get splits(): boolean {
    const { flags, convention } = this.source;
    if ((flags & TEXT_FLAGS.NOSPLIT) !== 0 || convention === 'C') return false;
    // A small leaf fits below every guard.
    return this.calls || this.size >= STACK_SMALL;
  }

  /** Bytes between the return address and what the function pushes itself. */
  get size(): number {
    return this.source.frame + (this.usesBp ? WORD : 0);
  }

  prologue(): void {
    const { emitter } = this;
    const { frame, convention, at } = this.source;
    emitter.labels.set(START, 0);
    if (this.splits) {
      const { size } = this;
      if (convention === 'ABI0') emitter.push(at, M.Mov, [register('R14'), tlsG]);
      if (size <= STACK_SMALL) emitter.push(at, M.Cmp, [register('SP'), memory('R14', 16)]);
      else if (size <= STACK_BIG) {
        emitter.push(at, M.Lea, [register('R12'), memory('SP', STACK_SMALL - size)]);
        emitter.push(at, M.Cmp, [register('R12'), memory('R14', 16)]);
      } else {
        emitter.push(at, M.Mov, [register('R12'), register('SP')]);
        emitter.push(at, M.Sub, [register('R12'), immediate(size - STACK_SMALL)]);
        emitter.jump(at, M.Jb, MORE);
        emitter.push(at, M.Cmp, [register('R12'), memory('R14', 16)]);
      }
      emitter.jump(at, M.Jbe, MORE);
    }
    if (this.usesBp) {
      emitter.push(at, M.Push, [register('BP')]);
      emitter.depth += WORD;
      emitter.savedBp = true;
      emitter.push(at, M.Mov, [register('BP'), register('SP')]);
    }
    if (frame > 0) {
      this.moveSp(at, -frame);
      emitter.depth += frame;
    }
  }

  /** Adds to RSP: by ADD or SUB, whichever has the shorter constant; 128 takes four bytes, -128 one. */
  moveSp(at: SourcePosition, by: number): void {
    const size = Math.abs(by);
    const add = by > 0 !== (size === 128);
    this.emitter.push(at, add ? M.Add : M.Sub, [register('SP'), immediate(size === 128 ? -size : size)]);
  }

  /** Leaves the frame, and the function: to its caller, or by a jump to another one. */
  epilogue(at: SourcePosition, onTo?: SymbolReference, symbolAt = at): void {
    const { emitter } = this;
    const { depth, savedBp } = emitter;
    if (this.source.frame > 0) {
      this.moveSp(at, this.source.frame);
      emitter.depth -= this.source.frame;
    }
    if (this.usesBp) {
      emitter.push(at, M.Pop, [register('BP')]);
      emitter.depth -= WORD;
      emitter.savedBp = false;
    }
    if (onTo === undefined) emitter.push(at, M.Ret, []);
    else emitter.branch(at, M.Jmp, onTo, symbolAt);
    // What follows is reached by a jump from inside the frame.
    emitter.depth = depth;
    emitter.savedBp = savedBp;
  }

  /** `instruction` makes items of what saves and restores register arguments. */
  morestack(instruction: (statement: SourceInstruction) => void): void {
    if (!this.splits) return;
    const { emitter } = this;
    const { at, flags, spill } = this.source;
    emitter.depth = 0;
    emitter.savedBp = false;
    emitter.labels.set(MORE, emitter.items.length);
    const name = (flags & TEXT_FLAGS.NEEDCTXT) === 0 ? 'runtime.morestack_noctxt' : 'runtime.morestack';
    for (const statement of spill?.before ?? []) if (statement.kind === 'instruction') instruction(statement);
    emitter.branch(at, M.Call, { name, local: false, abi: 'ABI0' });
    for (const statement of spill?.after ?? []) if (statement.kind === 'instruction') instruction(statement);
    emitter.jump(at, M.Jmp, START);
  }
}
