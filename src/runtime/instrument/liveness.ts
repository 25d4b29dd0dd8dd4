/**
 * Which registers hold what is still wanted, in front of each statement of a function: what is put in calls functions, and those keep none. What an
 * instruction does is known of those that compiled code is made of; any other is taken to want all.
 */
import type { InstrumentedProgram } from '../../asm/instrument.js';
import { isVector, type SourceInstruction, type SourceOperand, type Statement } from '../../asm/syntax.js';
import type { DeclaredSignature } from '../../asm/types.js';
import { assignmentOf, goName } from '../../asm/wrapper.js';

/** Registers that a value may be in over some instructions, and the flags. SP, BP and R14 are everybody's; vector registers are left alone by all that is put in. */
const NAMES = ['AX', 'BX', 'CX', 'DX', 'SI', 'DI', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R15'] as const;
export const FLAGS_REGISTER = 'flags';
const ALL: ReadonlySet<string> = new Set([...NAMES, FLAGS_REGISTER]);
/** Those of ABIInternal's arguments and results. */
const INTEGER_SEQUENCE = ['AX', 'BX', 'CX', 'DI', 'SI', 'R8', 'R9', 'R10', 'R11'];
const BYTES: Readonly<Record<string, string>> = { AL: 'AX', AH: 'AX', BL: 'BX', BH: 'BX', CL: 'CX', CH: 'CX', DL: 'DX', DH: 'DX' };

const MOVES = /^(?:MOV[BWLQ]|MOV(?:BL|BQ|BW|WL|WQ|LQ)[SZ]X|LEA[LQ]|MOVS[SD]|MOVO[UA]|MOVUP[SD])$/;
const PARTIAL = /^MOV[BW]$|^SET/;
const ARITHMETIC = /^(?:ADD|SUB|AND|OR|XOR|CMP|TEST|INC|DEC|NEG|NOT|SHL|SHR|SAR|IMUL3|PUSH|POP|SET|CMOV)[A-Z0-9]*$/;
const KEEPS_FLAGS = /^(?:MOV|LEA|NOT|PUSH|POP|SET|CMOV|INC|DEC|J)/;
const WANTS_FLAGS = /^(?:J(?!MP)|SET|CMOV|ADC|SBB|PUSHF)/;
const WITHOUT_CODE = /^(?:NOP|INLINE|INLINEEND|PCALIGN|PCALIGNMAX|NORACE|RACEREAD|RACEWRITE)$/;

const isJump = (mnemonic: string): boolean => /^J[A-Z]+$/.test(mnemonic);

/** Registers of a signature's arguments or results under ABIInternal. */
export function registersOf(signature: DeclaredSignature, which: 'params' | 'results'): readonly string[] {
  return assignmentOf(signature, 'ABIInternal')[which].flatMap(place =>
    place.in === 'registers' ? place.parts.map(part => goName(part.register)).filter(name => !isVector(name)) : [],
  );
}

interface Step {
  readonly uses: ReadonlySet<string>;
  readonly defines: ReadonlySet<string>;
}

const whole = (name: string): string => BYTES[name] ?? name;

function mentioned(operand: SourceOperand): string[] {
  if (operand.kind === 'register') return [whole(operand.name)];
  if (operand.kind === 'memory') return [operand.base, operand.index].flatMap(name => (name === undefined ? [] : [whole(name)]));
  return operand.kind === 'address' ? mentioned(operand.of) : [];
}

const known = (names: readonly string[]): Set<string> => new Set(names.filter(name => ALL.has(name)));

/** Registers of a function that hold something at its beginning and at its end. */
export interface Edges {
  readonly entry: ReadonlySet<string>;
  readonly exit: ReadonlySet<string>;
}

/** In front of each statement: the registers whose contents are wanted by what follows, and have been given by what went before. */
export function liveRegisters(
  statements: readonly Statement[],
  { entry, exit }: Edges,
  program: InstrumentedProgram,
): readonly ReadonlySet<string>[] {
  const steps = statements.map(statement => (statement.kind === 'instruction' ? stepOf(statement, exit, program) : NOTHING));
  const next = successors(statements);
  const live = steps.map(() => new Set<string>());
  for (let changed = true; changed; ) {
    changed = false;
    for (let at = statements.length - 1; at >= 0; at--) {
      const { uses, defines } = steps[at]!;
      const before = new Set(uses);
      for (const to of next[at]!) for (const name of live[to] ?? []) if (!defines.has(name)) before.add(name);
      if (before.size === live[at]!.size) continue;
      live[at] = before;
      changed = true;
    }
  }
  const given = steps.map(() => new Set<string>());
  if (given.length > 0) given[0] = new Set(entry);
  for (let changed = true; changed; ) {
    changed = false;
    steps.forEach(({ defines }, at) => {
      for (const to of next[at]!) {
        const into = given[to];
        if (into === undefined) continue;
        const size = into.size;
        for (const name of [...given[at]!, ...defines]) into.add(name);
        changed ||= into.size > size;
      }
    });
  }
  return live.map((names, at) => new Set([...names].filter(name => given[at]!.has(name))));
}

const NOTHING: Step = { uses: new Set(), defines: new Set() };

function stepOf({ mnemonic, operands }: SourceInstruction, exit: ReadonlySet<string>, program: InstrumentedProgram): Step {
  if (WITHOUT_CODE.test(mnemonic)) return NOTHING;
  const [first] = operands;
  const last = operands.at(-1);
  if (mnemonic === 'RET') return { uses: exit, defines: new Set() };
  if (mnemonic === 'CALL') {
    const signature = first?.kind === 'memory' && first.symbol !== undefined ? program.signature(first.symbol.name) : undefined;
    const uses =
      signature === undefined
        ? known([...INTEGER_SEQUENCE, 'DX', ...operands.flatMap(mentioned)])
        : known(registersOf(signature, 'params'));
    return { uses, defines: ALL };
  }
  if (isJump(mnemonic)) {
    if (mnemonic !== 'JMP') return { uses: new Set([FLAGS_REGISTER]), defines: new Set() };
    return first?.kind === 'label' ? NOTHING : { uses: ALL, defines: new Set() };
  }
  const uses = known([...operands.flatMap(mentioned), ...(WANTS_FLAGS.test(mnemonic) ? [FLAGS_REGISTER] : [])]);
  const defines = new Set<string>(KEEPS_FLAGS.test(mnemonic) ? [] : [FLAGS_REGISTER]);
  const zeroed =
    /^XOR[LQ]$/.test(mnemonic) &&
    operands.every(each => each.kind === 'register' && first?.kind === 'register' && each.name === first.name);
  if (zeroed && last?.kind === 'register') return { uses: new Set(), defines: known([whole(last.name), FLAGS_REGISTER]) };
  if (MOVES.test(mnemonic)) {
    if (last?.kind === 'register') {
      defines.add(whole(last.name));
      if (!PARTIAL.test(mnemonic) && !operands.slice(0, -1).flatMap(mentioned).includes(whole(last.name))) uses.delete(whole(last.name));
    }
    return { uses, defines };
  }
  if (!ARITHMETIC.test(mnemonic)) return { uses: ALL, defines };
  if (last?.kind === 'register') defines.add(whole(last.name));
  return { uses, defines };
}

function successors(statements: readonly Statement[]): readonly (readonly number[])[] {
  const labels = new Map(statements.flatMap((statement, at) => (statement.kind === 'label' ? [[statement.name, at] as const] : [])));
  return statements.map((statement, at) => {
    if (statement.kind !== 'instruction') return [at + 1];
    const { mnemonic, operands } = statement;
    if (mnemonic === 'RET' || mnemonic === 'UNDEF') return [];
    if (!isJump(mnemonic)) return [at + 1];
    const [target] = operands;
    const to = target?.kind === 'label' ? labels.get(target.name) : undefined;
    return [...(mnemonic === 'JMP' ? [] : [at + 1]), ...(to === undefined ? [] : [to])];
  });
}
