import type { Func, InlineFrame, Location, ScopeKey, SourceLine, Type, UnwindRow, Variable } from '../api.js';
import { CallSites } from './call-sites.js';
import { DW_AT } from './constants.js';
import { FrameTable } from './frame.js';
import { type DwarfFunction, DwarfFunctions, toFunc } from './functions.js';
import { Indexes, origins, sourceName } from './index.js';
import { InlinedCopies } from './inlined.js';
import { Lines } from './line-lookup.js';
import { inlineChain, type Scope, Scopes } from './scopes.js';
import { type DwarfSource, Sections } from './source.js';
import { Types } from './types.js';
import { DebugInfo, type Unit } from './unit.js';
import { Variables } from './variables.js';

/** DWARF number of RBP. */
const RBP = 6;

/**
 * Debug information of one ELF file, DWARF 2 to 5. Nothing is read before it is asked for, and corruption costs only what it described: it
 * becomes a line through `DwarfSource.problem`. Addresses in and out are as loaded.
 */
export class Dwarf {
  private readonly info: DebugInfo;
  private readonly functionTable: DwarfFunctions;
  private readonly lines: Lines;
  private readonly scopes: Scopes;
  private readonly inlined: InlinedCopies;
  private readonly types: Types;
  private readonly variableTable: Variables;
  private readonly frames: readonly FrameTable[];
  private readonly callSites: CallSites;
  private readonly bias: bigint;

  constructor(source: DwarfSource) {
    const sections = new Sections(source);
    this.bias = source.bias;
    this.info = new DebugInfo(sections);
    const indexes = new Indexes(this.info);
    this.functionTable = new DwarfFunctions(this.info, indexes);
    this.lines = new Lines(this.info, this.functionTable);
    this.scopes = new Scopes(this.info);
    this.inlined = new InlinedCopies(this.info);
    this.callSites = new CallSites(this.info);
    this.types = new Types(this.info, indexes);
    this.variableTable = new Variables(this.info, indexes, this.types, (unit, file) => this.lines.fileOf(unit, file));
    this.frames = [new FrameTable(sections, '.debug_frame'), new FrameTable(sections, '.eh_frame')];
  }

  functionAt(pc: bigint): Func | undefined {
    const f = this.functionTable.at(this.linked(pc));
    return f && this.func(f);
  }

  /** By source or linkage name, exact. */
  functionsNamed(name: string): readonly Func[] {
    return this.functionTable.named(name).map(f => this.func(f));
  }

  *functions(): Generator<Func> {
    for (const f of this.functionTable.all()) yield this.func(f);
  }

  lineAt(pc: bigint): SourceLine | undefined {
    return this.lines.at(this.linked(pc));
  }

  /** Lowest statement of the line in each function and inlined copy; where that is a function's entry, the end of its prologue. */
  addressesOf(file: string, line: number): readonly bigint[] {
    const lowest = new Map<number, number>();
    for (const pc of this.lines.addressesOf(file, line)) {
      const f = this.functionTable.at(pc);
      const key = f ? inlineChain(this.scopes.of(f), pc)[0]!.die : -1;
      const known = lowest.get(key);
      if (known === undefined || pc < known) lowest.set(key, pc);
    }
    const addresses = [...lowest.values()].map(pc => {
      const f = this.functionTable.at(pc);
      return f?.entry === pc ? this.prologueEnd(f) : pc;
    });
    return [...new Set(addresses)].sort((a, b) => a - b).map(pc => this.loaded(pc));
  }

  *statementsIn(start: bigint, end: bigint): Generator<{ readonly pc: bigint } & SourceLine> {
    for (const { pc, file, line } of this.lines.statementsIn(this.linked(start), this.linked(end)))
      yield { pc: this.loaded(pc), file, line };
  }

  /** Behind the prologue of the function that has `entry`; undefined: DWARF does not know the function. */
  afterPrologue(entry: bigint): bigint | undefined {
    const f = this.functionTable.at(this.linked(entry));
    return f && this.loaded(this.prologueEnd(f));
  }

  /** Logical frames at pc, innermost first; none when DWARF does not know the function. */
  inlineFrames(pc: bigint): readonly InlineFrame[] {
    const address = this.linked(pc);
    const f = this.functionTable.at(address);
    if (!f) return [];
    let position = this.lines.at(address);
    return inlineChain(this.scopes.of(f), address).map(scope => {
      const frame: InlineFrame = {
        name: this.scopeName(f, scope),
        inlined: scope.kind === 'inlined',
        scope: { unit: f.unit.index, die: scope.die },
        ...position,
      };
      if (scope.kind === 'inlined') position = this.callSite(f.unit, scope);
      return frame;
    });
  }

  /** Names of functions that were inlined somewhere. */
  inlinedNames(): Iterable<string> {
    return this.inlined.names();
  }

  /** Where inlined copies of a function are entered; one that starts within its caller's prologue, behind that. */
  inlinedCopies(name: string): readonly bigint[] {
    return this.inlined.entries(name).map(entry => {
      const f = this.functionTable.at(entry);
      const start = f !== undefined && entry >= f.entry && entry < f.end ? this.prologueEnd(f) : entry;
      return this.loaded(Math.max(entry, start));
    });
  }

  *files(): Generator<string> {
    yield* this.lines.files();
  }

  unwindAt(pc: bigint): UnwindRow | undefined {
    const address = this.linked(pc);
    for (const table of this.frames) {
      const row = table.rowAt(address);
      if (row) return row;
    }
    return undefined;
  }

  typeNamed(name: string): Type | undefined {
    return this.types.named(name);
  }

  /** The Go type whose runtime._type lies at the (loaded) address. */
  typeOfRuntimeType(address: bigint): Type | undefined {
    return this.types.ofRuntimeType(this.linked(address));
  }

  typeNames(): Iterable<string> {
    return this.types.namesInOrder();
  }

  globalNamed(name: string): Variable | undefined {
    return this.variableTable.globalNamed(name);
  }

  globals(): Iterable<Variable> {
    return this.variableTable.globals();
  }

  /** See `Image.variables`. For an outer frame pass the address of the call, not the one behind it. */
  variables(key: ScopeKey, pc: bigint): readonly Variable[] {
    const address = this.linked(pc);
    const f = this.functionTable.at(address);
    if (!key || !f) return [];
    let line = this.lines.at(address)?.line;
    for (const scope of inlineChain(this.scopes.of(f), address)) {
      if (scope.die === key.die) return this.variableTable.inScope(f, scope, { pc: address, line });
      if (scope.kind === 'inlined') line = this.callSite(f.unit, scope)?.line;
    }
    return [];
  }

  /** See `Image.returnTypeOf`. */
  returnTypeAt(entry: bigint): Type | undefined {
    const f = this.functionTable.at(this.linked(entry));
    if (f === undefined || f.unit.isGo) return undefined;
    return this.info.sections.guard('what a function returns is not known', undefined, () => {
      const typed = origins(this.info.die(f.unit, f.die)).find(die => die.has(DW_AT.type));
      return typed === undefined ? this.types.at(undefined) : this.types.of(typed);
    });
  }

  /** See `Image.valueAtCall`. */
  valueAtCall(returnAddress: bigint, place: Uint8Array): Location | undefined {
    const behind = this.linked(returnAddress);
    const f = this.functionTable.at(behind - 1);
    const expression = f && this.callSites.valueAt(f, behind, place);
    return expression && this.variableTable.location(f.unit, expression, undefined);
  }

  private linked(address: bigint): number {
    return Number(address - this.bias);
  }

  private loaded(address: number): bigint {
    return BigInt(address) + this.bias;
  }

  private func(f: DwarfFunction): Func {
    return toFunc(f, this.bias, f.declFile === undefined ? this.lines.at(f.entry)?.file : this.lines.fileOf(f.unit, f.declFile));
  }

  private scopeName(f: DwarfFunction, scope: Scope): string {
    if (scope.kind === 'function') return f.name;
    return this.info.sections.guard('an inlined call has no name', '?', () => sourceName(origins(this.info.die(f.unit, scope.die))) ?? '?');
  }

  /** Where an inlined copy was called from, in the frame outside it. */
  private callSite(unit: Unit, scope: Scope): SourceLine | undefined {
    return this.info.sections.guard('an inlined call has no call site', undefined, () => {
      const die = this.info.die(unit, scope.die);
      const file = die.number(DW_AT.call_file);
      const line = die.number(DW_AT.call_line);
      const path = file === undefined ? undefined : this.lines.fileOf(unit, file);
      return path === undefined || line === undefined ? undefined : { file: path, line };
    });
  }

  /**
   * The row that the compiler marked as the prologue's end. Without one (gcc), as gdb has it: where locations hold from the entry on, as in
   * optimised code, the entry; else, when the frame pointer is set up within the first line, the end of that line.
   */
  private prologueEnd(f: DwarfFunction): number {
    const marked = this.lines.prologueEnd(f.entry, f.end);
    if (marked !== undefined) return marked;
    if (f.unit.abbrevs.hasLocationLists) return f.entry;
    const second = this.lines.secondRow(f.entry, f.end);
    if (second === undefined) return f.entry;
    const row = this.unwindAt(this.loaded(second));
    return row && 'register' in row.cfa && row.cfa.register === RBP ? second : f.entry;
  }
}
