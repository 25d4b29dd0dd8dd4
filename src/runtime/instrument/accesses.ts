/** Loads and stores of a function: which are of memory that goroutines may share, as Go's compiler judges it, and why the others are not. */
import type { InstrumentedProgram } from '../../asm/instrument.js';
import type { MemoryOperand, SourceInstruction, Statement } from '../../asm/syntax.js';

export interface SharedAccess {
  readonly of: MemoryOperand;
  readonly write: boolean;
  /** Bytes of a value of several parts, which is told of as a range; undefined: a value of one part, told of by its address. */
  readonly range: number | undefined;
}

/** A value that the text says is one: of so many bytes. */
interface Mark extends SharedAccess {
  readonly bytes: number;
}

/** What becomes of a statement: the accesses to tell of in front of it, and for each that is not told of the reason. */
export interface Judged {
  readonly shared: readonly SharedAccess[];
  readonly left: readonly string[];
}

const MOVES = /^MOV(?!B?E)/;
/** Widths of vector moves, by which compiled code copies values of several parts. */
const VECTOR_MOVES: Readonly<Record<string, number>> = { MOVOU: 16, MOVOA: 16, MOVUPS: 16, MOVUPD: 16 };
const READS_ONLY = /^(?:CMP|TEST|BT|PUSH|IMUL3|UCOMI|COMI)/;
const TAKES_ADDRESS = /^(?:LEA|CALL|JMP|RET|NOP|INLINE|INLINEEND|NORACE|RACEREAD|RACEWRITE|PREFETCH)/;
const ATOMIC = /^(?:XADD|CMPXCHG|XCHG)/;

/** Statement by statement. Ranges that the text marks are told of where the mark stands, and what they hold is not told of again. */
export function judgeAccesses(statements: readonly Statement[], program: InstrumentedProgram): readonly Judged[] {
  /** Whether DX is still the closure that the function was called through. */
  let closure = true;
  let locked = false;
  let marks: Mark[] = [];
  return statements.map(statement => {
    if (statement.kind !== 'instruction') {
      closure = false;
      marks = [];
      return NONE;
    }
    const { mnemonic } = statement;
    if (mnemonic === 'RACEREAD' || mnemonic === 'RACEWRITE') {
      const [of, size, parts] = statement.operands;
      if (of?.kind !== 'memory' || size?.kind !== 'immediate') return NONE;
      const bytes = Number(size.value);
      const one = parts?.kind === 'immediate' && parts.value === 1n;
      const mark = { of, write: mnemonic === 'RACEWRITE', range: one ? undefined : bytes, bytes };
      marks.push(mark);
      return { shared: [mark], left: [] };
    }
    const shared: SharedAccess[] = [];
    const left: string[] = [];
    for (const access of accessesOf(statement)) {
      const why = reasonNot(access, { closure, locked: locked || ATOMIC.test(mnemonic), marks, program });
      if (why === undefined) shared.push(access);
      else left.push(why);
    }
    locked = mnemonic === 'LOCK';
    const last = statement.operands.at(-1);
    const written = last?.kind === 'register' && !READS_ONLY.test(mnemonic) ? last.name : undefined;
    if (mnemonic === 'CALL' || written === 'DX') closure = false;
    if (mnemonic === 'CALL') marks = [];
    else if (written !== undefined) marks = marks.filter(({ of }) => of.base !== written);
    return { shared, left };
  });
}

const NONE: Judged = { shared: [], left: [] };

/** What an instruction reads and writes, in this order. */
function accessesOf({ mnemonic, operands }: SourceInstruction): SharedAccess[] {
  if (TAKES_ADDRESS.test(mnemonic)) return [];
  return operands.flatMap((operand, index): SharedAccess[] => {
    if (operand.kind !== 'memory') return [];
    const range = VECTOR_MOVES[mnemonic];
    const target = index === operands.length - 1 && !READS_ONLY.test(mnemonic);
    const [read, write] = [false, true].map(write => ({ of: operand, write, range }));
    if (!target) return [read!];
    return MOVES.test(mnemonic) || /^(?:SET|POP)/.test(mnemonic) ? [write!] : [read!, write!];
  });
}

interface Place {
  readonly closure: boolean;
  readonly locked: boolean;
  readonly marks: readonly Mark[];
  readonly program: InstrumentedProgram;
}

/** Why an access is not told of; undefined: it is. */
function reasonNot({ of, write }: SharedAccess, { closure, locked, marks, program }: Place): string | undefined {
  if (of.tls === true || of.base === 'FS' || of.base === 'GS') return "the thread's own";
  if (of.base === 'SP' || of.base === 'FP') return "in this function's frame, which nobody else sees";
  if (of.base === 'R14') return 'a field of g, which is the runtime’s';
  if (locked) return 'atomic: it is no ordinary access';
  if (of.symbol !== undefined && program.readOnly(of.symbol)) return 'read-only data, which nobody writes';
  if (of.base === 'DX' && closure && !write) return 'a field of the closure, which nobody writes any more';
  const marked = marks.some(
    mark =>
      mark.write === write &&
      mark.of.base === of.base &&
      mark.of.symbol?.name === of.symbol?.name &&
      of.index === undefined &&
      of.offset >= mark.of.offset &&
      of.offset < mark.of.offset + BigInt(mark.bytes),
  );
  return marked ? 'a part of the value that was told of as a whole' : undefined;
}
