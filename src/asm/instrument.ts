/** A pass over a function's statements between parsing and encoding, as `-race` is one: it may put calls and other code around them. */
import type { Diagnostics, SourcePosition } from './diagnostics.js';
import type { FunctionSource } from './frame.js';
import type { SourceInstruction, Statement, SymbolReference } from './syntax.js';
import type { DeclaredSignature } from './types.js';

/**
 * What a function is assembled from instead of its own statements, as which it may give back those same ones. Code that is put in counts for
 * the frame: with a CALL in it the function is no leaf. `parse` reads assembly text, whose lines and errors are then those of `at`. Functions
 * that nobody wrote are shown to it too: their flags (WRAPPER) and files (in angle brackets) say so.
 */
export type Instrument = (
  fn: FunctionSource,
  statements: readonly Statement[],
  parse: (text: string, at: SourcePosition) => readonly Statement[],
  program: InstrumentedProgram,
) => readonly Statement[];

/** What a pass may ask of the rest of the program, all of which has been read by then. */
export interface InstrumentedProgram {
  signature(name: string): DeclaredSignature | undefined;
  /** Whether a reference is to data that nobody can change. */
  readOnly(symbol: SymbolReference): boolean;
}

/** Puts a label in front of each instruction that a `2(PC)` counts to, so that it is still the one when others are put in between. */
export function labelTargets(statements: readonly Statement[], diagnostics: Diagnostics): readonly Statement[] {
  const instructions = statements.filter(statement => statement.kind === 'instruction');
  const targets = new Map<SourceInstruction | undefined, string>();
  const named = new Map<SourceInstruction, SourceInstruction>();
  instructions.forEach((instruction, number) => {
    const [operand] = instruction.operands;
    if (instruction.operands.length !== 1 || operand.kind !== 'relative') return;
    const target = number + operand.count;
    if (target < 0 || target > instructions.length) {
      diagnostics.report(operand.at, 'the jump leads out of the function');
      return;
    }
    const name = `<pc${target}>`;
    targets.set(instructions[target], name);
    named.set(instruction, { ...instruction, operands: [{ kind: 'label', name, at: operand.at }] });
  });
  if (targets.size === 0) return statements;
  const label = (instruction: SourceInstruction | undefined, at: SourcePosition): Statement[] => {
    const name = targets.get(instruction);
    return name === undefined ? [] : [{ kind: 'label', name, at }];
  };
  const out = statements.flatMap(statement =>
    statement.kind === 'instruction' ? [...label(statement, statement.at), named.get(statement) ?? statement] : [statement],
  );
  return [...out, ...label(undefined, statements[statements.length - 1].at)];
}
