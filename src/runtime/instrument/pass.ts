/** What `go build -race` puts into functions (cmd/compile: walk/race.go, ssagen, ssa's needRaceCleanup), for functions that are assembled here. */
import type { SourcePosition } from '../../asm/diagnostics.js';
import type { FunctionSource } from '../../asm/frame.js';
import type { Instrument, InstrumentedProgram } from '../../asm/instrument.js';
import { TEXT_FLAGS } from '../../asm/preprocess.js';
import type { SourceInstruction, Statement } from '../../asm/syntax.js';
import { type Judged, judgeAccesses, type SharedAccess } from './accesses.js';
import { alone, call, type InsertedCode, loadAddress, loadCallerPc, loadSize, onRegister } from './code.js';
import { type Edges, FLAGS_REGISTER, liveRegisters, registersOf } from './liveness.js';
import { packageKind } from './packages.js';

/** What the pass has done at a line, or has not. */
export interface Decision {
  readonly at: SourcePosition;
  /** Code that stands in front of the line's own now; none: only the reason why there is none. */
  readonly inserted: readonly string[];
  readonly why: string;
}

/** A function that the pass has seen. */
export interface Instrumented {
  readonly name: string;
  readonly at: SourcePosition;
  /** Why nothing was put in. */
  readonly left: string | undefined;
  readonly decisions: readonly Decision[];
}

const ENTER = 'racefuncenter';
/** All that a call may be handed or hand back, where nobody has declared what it is, nor said that it is nothing. */
const UNDECLARED = ['AX', 'BX', 'CX', 'DI', 'SI', 'R8', 'R9', 'R10', 'R11'];

/** The pass; `tell` hears of each function in the order of the text. */
export function racePass(tell: (fn: Instrumented) => void = () => {}): Instrument {
  return (fn, statements, _parse, program) => {
    const { name } = fn.symbol;
    const left = leftOut(fn, statements);
    if (left !== undefined) {
      tell({ name, at: fn.at, left, decisions: [] });
      return statements;
    }
    const kind = packageKind(fn.package);
    const judged = judgeAccesses(statements, program).map(each => (kind === 'no accesses' ? unheard(each, fn.package) : each));
    if (!statements.some(isCall) && judged.every(({ shared }) => shared.length === 0)) {
      tell({
        name,
        at: fn.at,
        left: 'a leaf without an access to shared memory: nothing would be told between entry and exit',
        decisions: [],
      });
      return statements;
    }
    const decisions: Decision[] = [];
    const out = new Instrumenter(fn, program, decisions).run(statements, judged);
    tell({ name, at: fn.at, left: undefined, decisions });
    return out;
  };
}

/** The accesses of a package that only says whom it orders. */
const unheard = ({ shared, left }: Judged, inPackage: string): Judged => ({
  shared: [],
  left: [...left, ...shared.map(() => `package ${inPackage} tells by itself what it orders, and nothing else`)],
});

const isCall = (statement: Statement): boolean => statement.kind === 'instruction' && statement.mnemonic === 'CALL';

/** Why a function stays as it is, whatever it does; undefined: it does not. */
function leftOut(fn: FunctionSource, statements: readonly Statement[]): string | undefined {
  if ((fn.flags & (TEXT_FLAGS.WRAPPER! | TEXT_FLAGS.ABIWRAPPER!)) !== 0) return 'an ABI wrapper: it only hands on arguments';
  if (fn.convention === 'C') return 'C code';
  if (packageKind(fn.package) === 'never') return `package ${fn.package} is never instrumented: it runs where there is no race context`;
  const has = (found: (instruction: SourceInstruction) => boolean): boolean =>
    statements.some(statement => statement.kind === 'instruction' && found(statement));
  if (fn.signature?.norace === true || has(({ mnemonic }) => mnemonic === 'NORACE')) return '//go:norace';
  const byHand = has(
    ({ mnemonic, operands: [target] }) => mnemonic === 'CALL' && target?.kind === 'memory' && target.symbol?.name === `runtime.${ENTER}`,
  );
  return byHand ? 'instrumented by hand' : undefined;
}

class Instrumenter {
  readonly #edges: Edges;

  constructor(
    private readonly fn: FunctionSource,
    private readonly program: InstrumentedProgram,
    private readonly decisions: Decision[],
  ) {
    const { signature, convention, args } = fn;
    const registers = (which: 'params' | 'results'): readonly string[] => {
      if (signature !== undefined) return convention === 'ABI0' ? [] : registersOf(signature, which);
      return convention === 'ABIInternal' && args === 0 ? [] : UNDECLARED;
    };
    this.#edges = { entry: new Set([...registers('params'), 'DX']), exit: new Set(registers('results')) };
  }

  run(statements: readonly Statement[], judged: readonly Judged[]): readonly Statement[] {
    const live = liveRegisters(statements, this.#edges, this.program);
    const out = [...this.#enter(live[0] ?? new Set())];
    statements.forEach((statement, at) => {
      if (statement.kind === 'instruction') {
        const { shared, left } = judged[at]!;
        for (const why of left) this.#decide(statement.at, [], why);
        for (const access of shared) out.push(...this.#access(access, statement.at, live[at]!));
        if (leaves(statement)) out.push(...this.#exit(statement.at, live[at]!));
      }
      out.push(statement);
    });
    return out;
  }

  /** DX, the closure, is kept by racefuncenter. */
  #enter(live: ReadonlySet<string>): readonly Statement[] {
    const kept = [...live].filter(name => name !== 'DX');
    const why = 'entry: the detector keeps a stack, of the places that functions were called from';
    return this.#insert(this.fn.at, around(kept, [loadCallerPc, call(ENTER)]), why);
  }

  #exit(at: SourcePosition, live: ReadonlySet<string>): readonly Statement[] {
    return this.#insert(at, around([...live], [call('racefuncexit')]), 'each way out takes the function off that stack');
  }

  #access({ of, write, range }: SharedAccess, at: SourcePosition, live: ReadonlySet<string>): readonly Statement[] {
    const name = `race${write ? 'write' : 'read'}${range === undefined ? '' : 'range'}`;
    const code = [loadAddress(of), ...(range === undefined ? [] : [loadSize(range)]), call(name)];
    const where = of.symbol === undefined ? 'memory that a pointer leads to' : 'a global variable';
    const why = `${write ? 'a store to' : 'a load of'} ${where}${range === undefined ? '' : `, ${range} bytes as one value`}`;
    return this.#insert(at, around([...live], code), why);
  }

  #insert(at: SourcePosition, code: readonly InsertedCode[], why: string): readonly Statement[] {
    this.#decide(
      at,
      code.map(({ text }) => text),
      why,
    );
    return code.map(each => each.statement(at));
  }

  #decide(at: SourcePosition, inserted: readonly string[], why: string): void {
    this.decisions.push({ at, inserted, why });
  }
}

/** Leaves the function: by RET, or by a jump to another one. */
const leaves = ({ mnemonic, operands: [target] }: SourceInstruction): boolean =>
  mnemonic === 'RET' || (mnemonic === 'JMP' && target?.kind === 'memory' && target.symbol !== undefined);

/** Code with the registers saved around it that are still wanted. */
function around(live: readonly string[], code: readonly InsertedCode[]): readonly InsertedCode[] {
  const registers = live.filter(name => name !== FLAGS_REGISTER).sort();
  const flags = live.includes(FLAGS_REGISTER);
  return [
    ...(flags ? [alone('PUSHFQ')] : []),
    ...registers.map(name => onRegister('PUSHQ', name)),
    ...code,
    ...[...registers].reverse().map(name => onRegister('POPQ', name)),
    ...(flags ? [alone('POPFQ')] : []),
  ];
}
