/** Frames as Go's assembler makes them (cmd/internal/obj/x86, Go 1.21 and later, where the frame pointer is pushed first). */
import { Mnemonic as M } from 'iced-x86';
import type { Diagnostics, Position } from './diagnostics.js';
import type { InstructionEncoder, Place } from './encode.js';
import { ItemEmitter } from './items.js';
import { TEXT_FLAGS } from './preprocess.js';
import type { Statement, SymbolReference } from './syntax.js';
import type { Convention } from './types.js';

export interface FunctionSource {
  readonly symbol: SymbolReference;
  readonly flags: number;
  readonly frame: number;
  readonly args: number | undefined;
  readonly convention: Convention;
  readonly statements: readonly Statement[];
  readonly at: Position;
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

export const register = (name: string, width = 64): Place => ({ kind: 'register', name, width });
const immediate = (value: number): Place => ({ kind: 'immediate', value: BigInt(value), width: 64 });
const memory = (base: string, displacement: number): Place => ({
  kind: 'memory',
  base,
  displacement: BigInt(displacement),
  scale: 1,
  width: 64,
});
const tlsG: Place = { kind: 'memory', displacement: TLS_G, scale: 1, width: 64, segment: 'FS' };

/** Prologue, epilogues and the call of morestack around a function's instructions. */
export abstract class FrameBuilder extends ItemEmitter {
  private readonly calls: boolean;
  /** Whether the frame has RBP's old value at its top. */
  protected readonly usesBp: boolean;

  constructor(
    protected readonly source: FunctionSource,
    encoder: InstructionEncoder,
    diagnostics: Diagnostics,
  ) {
    super(encoder, diagnostics);
    const noFrame = (source.flags & TEXT_FLAGS.NOFRAME) !== 0;
    this.calls = source.statements.some(statement => statement.kind === 'instruction' && statement.mnemonic === 'CALL');
    this.usesBp = !noFrame && source.convention !== 'C' && (source.frame > 0 || this.calls);
  }

  protected abstract instruction(statement: Extract<Statement, { kind: 'instruction' }>): void;

  /** Whether a prologue asks for room on the stack. */
  private get splits(): boolean {
    const { flags, frame, convention } = this.source;
    if ((flags & TEXT_FLAGS.NOSPLIT) !== 0 || convention === 'C') return false;
    // A small leaf fits below every guard.
    return this.calls || frame + (this.usesBp ? WORD : 0) >= STACK_SMALL;
  }

  protected prologue(): void {
    this.labels.set(START, 0);
    const { frame, convention } = this.source;
    const { at } = this.source;
    this.inFrame = true;
    if (this.splits) {
      const size = frame + (this.usesBp ? WORD : 0);
      if (convention === 'ABI0') this.push(at, M.Mov, [register('R14'), tlsG]);
      if (size <= STACK_SMALL) this.push(at, M.Cmp, [register('SP'), memory('R14', 16)]);
      else if (size <= STACK_BIG) {
        this.push(at, M.Lea, [register('R12'), memory('SP', STACK_SMALL - size)]);
        this.push(at, M.Cmp, [register('R12'), memory('R14', 16)]);
      } else {
        this.push(at, M.Mov, [register('R12'), register('SP')]);
        this.push(at, M.Sub, [register('R12'), immediate(size - STACK_SMALL)]);
        this.jump(at, M.Jb, MORE);
        this.push(at, M.Cmp, [register('R12'), memory('R14', 16)]);
      }
      this.jump(at, M.Jbe, MORE);
    }
    if (this.usesBp) {
      this.push(at, M.Push, [register('BP')]);
      this.depth += WORD;
      this.savedBp = true;
      this.push(at, M.Mov, [register('BP'), register('SP')]);
    }
    if (frame > 0) {
      this.moveSp(at, -frame);
      this.depth += frame;
    }
    this.inFrame = false;
  }

  /** ADD or SUB, whichever has the shorter constant: 128 takes four bytes, -128 one. */
  private moveSp(at: Position, by: number): void {
    const size = Math.abs(by);
    const add = by > 0 !== (size === 128);
    this.push(at, add ? M.Add : M.Sub, [register('SP'), immediate(size === 128 ? -size : size)]);
  }

  /** Leaves the frame, and the function: to its caller, or by a jump to another one. */
  protected epilogue(at: Position, onTo?: SymbolReference, symbolAt = at): void {
    const { depth, savedBp } = this;
    this.inFrame = true;
    if (this.source.frame > 0) {
      this.moveSp(at, this.source.frame);
      this.depth -= this.source.frame;
    }
    if (this.usesBp) {
      this.push(at, M.Pop, [register('BP')]);
      this.depth -= WORD;
      this.savedBp = false;
    }
    if (onTo === undefined) this.push(at, M.Ret, []);
    else this.branch(at, M.Jmp, onTo, symbolAt);
    this.inFrame = false;
    // What follows is reached by a jump from inside the frame.
    this.depth = depth;
    this.savedBp = savedBp;
  }

  protected morestack(): void {
    if (!this.splits) return;
    const { at, flags, spill } = this.source;
    this.depth = 0;
    this.savedBp = false;
    this.inFrame = true;
    this.labels.set(MORE, this.items.length);
    const name = (flags & TEXT_FLAGS.NEEDCTXT) === 0 ? 'runtime.morestack_noctxt' : 'runtime.morestack';
    for (const statement of spill?.before ?? []) if (statement.kind === 'instruction') this.instruction(statement);
    this.branch(at, M.Call, { name, local: false, abi: 'ABI0' });
    for (const statement of spill?.after ?? []) if (statement.kind === 'instruction') this.instruction(statement);
    this.jump(at, M.Jmp, START);
    this.inFrame = false;
  }
}
