/**
 * The interpreter: one WebAssembly function generated from the op table, a loop around a branch table over micro-op records in linear
 * memory.
 */

import { aesTables } from '../ir/aes-tables.js';
import { type BranchWay, LOCALS, type Load, type Node, type Operand, type Store } from '../ir/emit.js';
import { carryFunction, flagsFunction } from '../ir/flags.js';
import { c32, load, local, op, setState, state } from '../ir/op.js';
import { rows } from '../ir/rows.js';
import { AES, ENTRY, EXIT, RECORD, REGION_LEFT, REGION_MISSED, REGION_TYPE } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { MEMORY_HELPERS, type ModuleFunctions, WasmEmit } from '../wasm/emit.js';
import { ModuleBuilder } from '../wasm/module.js';
import { CALL_FUNCTIONS } from './call-record.js';
import { EDGE_TESTS } from './edge-tests.js';

class InterpreterEmit extends WasmEmit {
  constructor(
    code: Code,
    functions: ModuleFunctions,
    private readonly regionType: number,
  ) {
    super(code, functions);
  }

  read(operand: Operand, how: Load, offset: number): void {
    this.place(operand);
    this.code.memory(how, offset);
  }

  write(operand: Operand, how: Store, value: Node, offset: number): void {
    this.place(operand);
    value(this);
    this.code.memory(how, offset);
  }

  protected place(operand: Operand): void {
    this.code.get('pc').memory('i32.load', RECORD[operand]);
  }

  imm(): void {
    this.code.get('pc').memory('i64.load', RECORD.imm);
  }

  aux(): void {
    this.code.get('pc').memory('i32.load', RECORD.aux);
  }

  /** Its halves stand in the fields a and b. */
  callee(): void {
    this.code.get('pc').memory('i64.load', RECORD.a);
  }

  /** The records' addresses stand in the fields d and aux. */
  goTo(way: BranchWay, hot: boolean): void {
    const record: Node = () => this.place(way === 'taken' ? 'd' : 'aux');
    if (!hot) this.enter(record);
    else {
      record(this);
      this.code.set('h');
      this.enterBlock();
      this.code.br('next');
    }
  }

  protected enter(record: Node): void {
    record(this);
    this.code.set('h').br('enter');
  }

  /** The region asks for the budget itself: its first block's instructions are given back. */
  enterRegion(): void {
    const { code } = this;
    const header: Node = () => code.get('pc').i32(RECORD.size).op('i32.sub');
    header(this);
    code.tee('h').memory('i32.load', ENTRY.entry);
    code.get('budget').get('h').memory('i32.load', RECORD.blockLength).op('i32.add').tee('n');
    code.get('h').memory('i32.load', ENTRY.region).callIndirect(this.regionType);
    code.tee('x').i64(32n).op('i64.shr_u').op('i32.wrap_i64').set('budget');
    setState(
      'inRegions',
      op(
        'i64.add',
        state('inRegions'),
        op(
          'i64.extend_i32_s',
          op('i32.sub', local('n'), () => code.get('budget')),
        ),
      ),
    )(this);
    code.get('x').op('i32.wrap_i64').tee('h').i32(REGION_LEFT).op('i32.and').if();
    code.get('h').i32(REGION_LEFT).op('i32.xor').set('pc').br(this.fail).end();
    code.get('h').i32(REGION_MISSED).op('i32.and').if();
    code.get('h').i32(REGION_MISSED).op('i32.xor').set('pc').br('next').end();
    code.br('enter');
  }

  again(): void {
    this.code.br('next');
  }

  left(): void {
    this.code.get('budget').op('i64.extend_i32_u');
  }

  repeats(): void {
    this.code.get('budget');
    this.blockLength();
    this.code.op('i32.div_u').op('i64.extend_i32_u');
  }

  repeat(times: Node): void {
    this.code.get('budget');
    times(this);
    this.code.op('i32.wrap_i64');
    this.blockLength();
    this.code.op('i32.mul').op('i32.sub').set('budget');
  }

  private blockLength(): void {
    this.code.get('pc').i32(RECORD.size).op('i32.sub').memory('i32.load', RECORD.blockLength);
  }

  /** Enters the block whose first record is at `h`, or leaves when the budget does not cover it. */
  enterBlock(): void {
    const { code } = this;
    code.get('h').i32(RECORD.size).op('i32.sub').tee('h').memory('i32.load', RECORD.blockLength).tee('n');
    code.get('budget').op('i32.gt_s').if();
    setState('rip', load('i64.load', local('h'), RECORD.blockPc))(this);
    setState('exit', c32(EXIT.budget), 'i32.store')(this);
    code.br(this.fail).end();
    code.get('budget').get('n').op('i32.sub').set('budget');
    code.get('h').i32(RECORD.size).op('i32.add').set('pc');
  }
}

const isOfMemory = (name: string): boolean => MEMORY_HELPERS.some(each => each === name);

/** The module's bytes, made from the rows; the same for every machine. */
export function generateInterpreter(): Uint8Array {
  // A dry run finds out which helpers the rows call: imports must be numbered before functions.
  const wanted = new Set<string>([...MEMORY_HELPERS, 'spillCalls']);
  const internal: ReadonlySet<string> = new Set(['flags', 'carry', ...Object.keys(CALL_FUNCTIONS), ...Object.keys(EDGE_TESTS)]);
  const note = (name: string): number => {
    if (!internal.has(name)) wanted.add(name);
    return 0;
  };
  const dry = new ModuleBuilder();
  writeRun(dry, note, writeApart(dry, note));

  const builder = new ModuleBuilder();
  builder.importTable('regions');
  const regionType = builder.type(REGION_TYPE);
  const indices = new Map<string, number>();
  for (const name of wanted) {
    indices.set(name, builder.importFunction(name, isOfMemory(name) ? ['i32', 'i32', 'i32'] : [], ['i32']));
  }
  for (const [name, body] of [
    ['carry', carryFunction],
    ['flags', flagsFunction],
  ] as const) {
    const write = (code: Code): void => body(new InterpreterEmit(code, helper => indices.get(helper)!, regionType));
    indices.set(name, builder.function({}, ['i32'], {}, write, name));
  }
  const helpers = (name: string): number => indices.get(name)!;
  for (const [name, { params, results, locals, body }] of Object.entries({ ...CALL_FUNCTIONS, ...EDGE_TESTS })) {
    indices.set(
      name,
      builder.function(params, results, locals, code => body(new InterpreterEmit(code, helpers, regionType)), name),
    );
  }
  writeRun(builder, helpers, writeApart(builder, helpers));
  builder.put(AES.base, aesTables());
  return builder.build();
}

/** The functions of the rows that are to be apart, by the row's name. They return 1 when the op has left. */
function writeApart(builder: ModuleBuilder, helpers: (name: string) => number): ReadonlyMap<string, number> {
  const functions = new Map<string, number>();
  for (const row of rows) {
    if (!row.apart) continue;
    const index = builder.function({ pc: 'i32' }, ['i32'], LOCALS, code => {
      code.block('fail').loop('next');
      row.emit(new InterpreterEmit(code, helpers, builder.type(REGION_TYPE)));
      code.i32(0).op('return').end().op('unreachable').end().i32(1);
    });
    functions.set(row.name, index);
  }
  return functions;
}

function writeRun(builder: ModuleBuilder, helpers: (name: string) => number, apart: ReadonlyMap<string, number>): void {
  builder.function(
    { start: 'i32', budget: 'i32' },
    ['i32'],
    { pc: 'i32', ...LOCALS },
    code => {
      const emit = new InterpreterEmit(code, helpers, builder.type(REGION_TYPE));
      code.block('fail');
      code.get('start').set('h');
      emit.enterBlock();
      code.loop('next').block('enter');
      const labels = rows.map((_, index) => `op${index}`);
      for (let index = rows.length - 1; index >= 0; index--) code.block(labels[index]);
      code.get('pc').memory('i32.load16_u', RECORD.op);
      code.brTable(labels.slice(0, -1), labels[labels.length - 1]);
      for (const row of rows) {
        code.end();
        const index = apart.get(row.name);
        if (index === undefined) row.emit(emit);
        else code.get('pc').call(index).brIf('fail');
        if (row.flow === 'next') code.get('pc').i32(RECORD.size).op('i32.add').set('pc').br('next');
      }
      // Most jumps come here: were it written in each row, V8 would need half as long again to optimise the function.
      code.end();
      emit.enterBlock();
      code.br('next').end().op('unreachable').end();
      for (const node of [
        setState('exitRecord', () => code.get('pc'), 'i32.store'),
        setState('exitBudget', () => code.get('budget'), 'i32.store'),
        state('exit', 'i32.load'),
      ]) {
        node(emit);
      }
    },
    'run',
  );
}
