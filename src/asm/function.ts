/** One function: from its statements to a list of encodable items; jumps, and what Go has beside the processor's instructions. */
import type { Mnemonic } from 'iced-x86';
import { Mnemonic as M } from 'iced-x86';
import type { Diagnostics, SourcePosition } from './diagnostics.js';
import type { InstructionEncoder } from './encode.js';
import { Frame, type FunctionSource } from './frame.js';
import { checkEnd, checkFramePointer } from './function-checks.js';
import { InstructionBuilder } from './instruction.js';
import { dollarMeant, warnOfBare } from './instruction-errors.js';
import { type FunctionItems, type InlinedItems, ItemEmitter } from './items.js';
import { jumps, prefixes, rawData, stringInstructions } from './mnemonics.js';
import { OperandPlaces } from './operand-places.js';
import type { SourceInstruction, SourceOperand } from './syntax.js';

/**
 * `NORACE`: the function is `//go:norace`. `RACEREAD mem, $n` and `RACEWRITE mem, $n`: the accesses that follow are to n bytes there, as one value
 * of several parts, or with `, $1` of one part, as a string is. None of them makes code.
 */
const RACE_MARKS: ReadonlySet<string> = new Set(['NORACE', 'RACEREAD', 'RACEWRITE']);

export class FunctionBuilder {
  private readonly emitter: ItemEmitter;
  private readonly frame: Frame;
  private readonly places: OperandPlaces;
  private readonly instructions: InstructionBuilder;
  private readonly inlined: InlinedItems[] = [];
  constructor(
    private readonly source: FunctionSource,
    encoder: InstructionEncoder,
    private readonly diagnostics: Diagnostics,
    go: number,
  ) {
    this.emitter = new ItemEmitter(encoder, diagnostics);
    this.frame = new Frame(source, this.emitter);
    this.places = new OperandPlaces(source, this.frame, this.emitter);
    this.instructions = new InstructionBuilder(this.emitter, this.places, go);
  }

  build(): FunctionItems {
    const { source, instructions } = this;
    const { items, labels, transfers, floats } = this.emitter;
    checkFramePointer(source, this.frame.usesBp, this.diagnostics);
    checkEnd(source, this.diagnostics);
    this.frame.prologue();
    const body = items.length;
    for (const statement of source.statements) {
      if (statement.kind === 'label') {
        if (labels.has(statement.name)) this.diagnostics.report(statement.at, `label ${statement.name} is defined twice in this function`);
        labels.set(statement.name, items.length);
      } else if (statement.kind === 'instruction') this.instruction(statement);
    }
    this.frame.morestack(statement => this.instruction(statement));
    const stack = { most: this.emitter.most, transfers, splits: this.frame.splits };
    return { items, labels, body, spWrite: instructions.spWrite, spilled: instructions.spilled, inlined: this.inlined, stack, floats };
  }

  private instruction(statement: SourceInstruction): void {
    const { mnemonic, operands, at } = statement;
    const prefix = prefixes.get(mnemonic);
    if (prefix !== undefined) {
      this.emitter.emit(at, { kind: 'bytes', bytes: Uint8Array.of(prefix) });
      return;
    }
    const fixed = operands.length === 0 ? stringInstructions.get(mnemonic) : undefined;
    if (fixed !== undefined) {
      this.emitter.emit(at, { kind: 'bytes', bytes: Uint8Array.from(fixed) });
      return;
    }
    const width = rawData.get(mnemonic);
    if (width !== undefined) {
      this.raw(at, width, operands);
      return;
    }
    if (mnemonic === 'NOP') {
      // No code, but what jumps here does not go on to where a JMP behind it leads.
      if (operands.length === 0) this.emitter.emit(at, { kind: 'bytes', bytes: new Uint8Array() });
      return;
    }
    if (mnemonic === 'ADJSP') {
      this.adjust(at, operands);
      return;
    }
    if (mnemonic === 'PCALIGN' || mnemonic === 'PCALIGNMAX') {
      this.align(mnemonic, at, operands);
      return;
    }
    // What `-race` builds are told of, and others do not heed.
    if (RACE_MARKS.has(mnemonic)) return;
    if (mnemonic === 'INLINE' || mnemonic === 'INLINEEND') {
      this.inline(mnemonic, at, operands);
      return;
    }
    if (mnemonic === 'RET') {
      const [target] = operands;
      this.balanced(at);
      if (operands.length === 0) this.frame.epilogue(at);
      else if (operands.length === 1 && target.kind === 'memory' && target.symbol !== undefined && target.index === undefined)
        this.frame.epilogue(at, target.symbol, target.at);
      else this.diagnostics.report(target.at, 'RET takes nothing, or a function to go on in', 'RET name(SB)');
      return;
    }
    if (mnemonic === 'JMP' || mnemonic === 'CALL') {
      this.transfer(mnemonic === 'JMP' ? M.Jmp : M.Call, at, operands);
      return;
    }
    const jump = jumps.get(mnemonic);
    if (jump !== undefined) {
      this.conditional(jump, at, operands);
      return;
    }
    // MOVQ TLS, R prepares what 0(R)(TLS*1) does by itself where the offset is fixed.
    if (operands.length > 0 && operands[0].kind === 'register' && operands[0].name === 'TLS') return;
    this.instructions.make(statement);
  }

  /** `INLINE pkg·name(SB), $line`: what follows is the body of that function; `INLINEEND` ends it. Neither makes code. */
  private inline(mnemonic: string, at: SourcePosition, operands: readonly SourceOperand[]): void {
    const open = this.inlined.findLast(body => body.to < 0);
    if (mnemonic === 'INLINEEND') {
      if (open === undefined) this.diagnostics.report(at, 'INLINEEND without INLINE');
      else open.to = this.emitter.items.length;
      return;
    }
    const [symbol, line] = operands;
    if (symbol?.kind !== 'memory' || symbol.symbol === undefined || line?.kind !== 'immediate') {
      this.diagnostics.report(at, 'INLINE wants a function and a line', 'INLINE pkg·name(SB), $12');
      return;
    }
    this.inlined.push({ name: symbol.symbol.name, from: this.emitter.items.length, to: -1, line: Number(line.value) });
  }

  /** `ADJSP $16` allocates so many bytes, `ADJSP $-16` frees them. */
  private adjust(at: SourcePosition, operands: readonly SourceOperand[]): void {
    const [amount] = operands;
    if (operands.length !== 1 || amount.kind !== 'immediate') {
      this.diagnostics.report(at, 'ADJSP wants one constant', 'ADJSP $16');
      return;
    }
    this.frame.moveSp(at, -Number(amount.value));
    this.emitter.depth += Number(amount.value);
  }

  /** `PCALIGN $16`, and `PCALIGNMAX $16, $4`, which fills no more than 4 bytes; without the second it fills none, as in Go. */
  private align(mnemonic: string, at: SourcePosition, operands: readonly SourceOperand[]): void {
    const [to, most] = operands.map(operand => (operand.kind === 'immediate' ? Number(operand.value) : Number.NaN));
    const count = mnemonic === 'PCALIGN' ? 1 : 2;
    const bounded = count === 1 || operands.length === 2;
    if ((bounded ? operands.length !== count : operands.length !== 1) || Number.isNaN(to + (most ?? 0)))
      this.diagnostics.report(
        at,
        `${mnemonic} wants ${count} constant${count > 1 ? 's' : ''}`,
        count > 1 ? 'PCALIGNMAX $16, $4' : 'PCALIGN $16',
      );
    else if (![8, 16, 32, 64, 128, 256, 512, 1024, 2048].includes(to))
      this.diagnostics.report(operands[0].at, `${to} is no alignment of code`, 'a power of two from 8 to 2048');
    else if (most < 0 || most >= to)
      this.diagnostics.report(operands[1].at, `${most} bytes are no limit for an alignment to ${to}`, `0 to ${to - 1}`);
    else {
      if (!bounded)
        this.diagnostics.warn(at, `${mnemonic} $${to} aligns nothing: how much it may fill is not said`, `PCALIGNMAX $${to}, $4`);
      this.emitter.emit(at, { kind: 'alignment', to, most: most ?? (bounded ? to : 0) });
    }
  }

  /** Reports a RET in front of which the text pushes more than it pops, or less, as Go's assembler does. */
  private balanced(at: SourcePosition): void {
    const pushed = this.emitter.counted - this.frame.size;
    if (pushed === 0) return;
    const bytes = `${Math.abs(pushed)} bytes`;
    this.diagnostics.report(
      at,
      pushed > 0 ? `RET with ${bytes} pushed and not popped` : `RET with ${bytes} popped that nothing has pushed`,
      'Go counts PUSH, POP and ADJSP in the order of the lines',
    );
  }

  private raw(at: SourcePosition, width: number, operands: readonly SourceOperand[]): void {
    const [value] = operands;
    if (operands.length !== 1 || value.kind !== 'immediate') {
      this.diagnostics.report(at, 'raw data wants one constant', dollarMeant(operands) ?? 'BYTE $0x90');
      return;
    }
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value.value), true);
    this.emitter.emit(at, { kind: 'bytes', bytes: bytes.slice(0, width) });
  }

  private transfer(mnemonic: Mnemonic, at: SourcePosition, operands: readonly SourceOperand[]): void {
    const [target] = operands;
    if (operands.length !== 1) {
      this.diagnostics.report(at, `${mnemonic === M.Jmp ? 'JMP' : 'CALL'} takes one operand, not ${operands.length}`);
      return;
    }
    if (target.kind === 'label' || target.kind === 'relative') {
      if (mnemonic === M.Call) this.diagnostics.report(target.at, 'CALL wants a function', 'CALL name(SB)');
      else this.conditional(mnemonic, at, operands);
    } else if (target.kind === 'memory' && target.symbol !== undefined && target.index === undefined) {
      this.emitter.branch(at, mnemonic, target.symbol, target.at, target.offset);
    } else {
      const place = this.places.of(target, 64);
      if (place === undefined) return;
      warnOfBare([target], this.diagnostics);
      if (mnemonic === M.Call) this.emitter.transfer();
      this.emitter.push(at, mnemonic, [place]);
    }
  }

  private conditional(mnemonic: Mnemonic, at: SourcePosition, operands: readonly SourceOperand[]): void {
    const [target] = operands;
    if (operands.length === 1 && target.kind === 'label') this.emitter.jump(target.at, mnemonic, target.name);
    else if (operands.length === 1 && target.kind === 'memory' && target.symbol !== undefined)
      this.diagnostics.report(target.at, 'a conditional jump stays in its function', 'jump over a JMP or RET to the other one');
    else this.diagnostics.report(at, 'a jump wants one label');
  }
}
