/** An assembled program as an image: what the assembler knows, in the form that the debugger asks for. */

import type { Place } from '../abi/place.js';
import { dwarfNumber } from '../abi/registers.js';
import { placesOf } from '../asm/call.js';
import { TEXT_FLAGS } from '../asm/preprocess.js';
import type { Assembled, AssembledFunction, FrameRow } from '../asm/program.js';
import { alignmentOf, BASIC, fieldOffsets, type GoType, type Parameter, sizeOf, typeName } from '../asm/types.js';
import type {
  Field,
  Func,
  GoBuild,
  Image,
  ImageSymbol,
  InlineFrame,
  Location,
  ScopeKey,
  Segment,
  SourceLine,
  Type,
  UnwindRow,
  Variable,
} from './api.js';

import { smallMapType } from './assembled-map.js';

/** The release whose names and layouts the bundled runtime has. */
const GO_VERSION = 'go1.24';
/** Names that Go's linker gives a funcID, which the stack walker acts upon (Go's internal/abi, FuncID). */
const FUNC_IDS = new Set([
  'systemstack',
  'systemstack_switch',
  'mcall',
  'morestack',
  'gogo',
  'goexit',
  'mstart',
  'rt0_go',
  'asmcgocall',
  'cgocallback',
  'sigpanic',
]);
const DW_OP = { addr: 0x03, consts: 0x11, plus: 0x22, reg0: 0x50, piece: 0x93, callFrameCfa: 0x9c, regx: 0x90 } as const;
const DWARF_RBP = dwarfNumber('rbp');
const DWARF_RSP = dwarfNumber('rsp');
const DWARF_RETURN = dwarfNumber('rip');

export function assembledImage(program: Assembled, path: string): Image {
  return new AssembledImage(program, path);
}

class AssembledImage implements Image {
  readonly bias = 0n;
  readonly entry: bigint;
  readonly segments: readonly Segment[];
  readonly go?: GoBuild;
  readonly problems: readonly string[] = [];
  private readonly funcs: readonly Func[];
  private readonly symbolList: readonly ImageSymbol[];
  private readonly types = new Map<string, Type>();

  constructor(
    private readonly program: Assembled,
    readonly path: string,
  ) {
    this.entry = program.entry;
    this.segments = program.segments.map(segment => ({
      start: segment.start,
      memorySize: BigInt(segment.memorySize),
      fileOffset: 0,
      fileSize: segment.bytes.length,
      prot: segment.prot,
    }));
    this.funcs = program.functions.map(describe);
    this.symbolList = program.symbols
      .map(symbol => ({ name: symbol.linkName, linkName: symbol.linkName, address: symbol.address, size: symbol.size, kind: symbol.kind }))
      .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    if (program.declarations.types.has('runtime.g')) this.go = { version: GO_VERSION, path: 'main', settings: new Map(), bundled: true };
  }

  contains(address: bigint): boolean {
    return this.segments.some(segment => address >= segment.start && address < segment.start + segment.memorySize);
  }

  symbolAt(address: bigint) {
    const symbol = this.symbolList.find(
      candidate => address >= candidate.address && address < candidate.address + BigInt(Math.max(1, candidate.size)),
    );
    return symbol && { symbol, offset: Number(address - symbol.address) };
  }

  symbolsNamed(name: string): readonly ImageSymbol[] {
    const plain = this.program.symbols.filter(symbol => symbol.name === name).map(symbol => symbol.address);
    return this.symbolList.filter(symbol => symbol.linkName === name || plain.includes(symbol.address));
  }

  symbols(): Iterable<ImageSymbol> {
    return this.symbolList;
  }

  private assembledAt(pc: bigint): { readonly fn: AssembledFunction; readonly index: number } | undefined {
    const index = this.program.functions.findIndex(fn => pc >= fn.address && pc < fn.address + BigInt(fn.size));
    return index < 0 ? undefined : { fn: this.program.functions[index], index };
  }

  functionAt(pc: bigint): Func | undefined {
    const found = this.assembledAt(pc);
    return found && this.funcs[found.index];
  }

  functionsNamed(name: string): readonly Func[] {
    // The suffix is in a link name only where there are both conventions; it can always be said.
    const isAbi0 = (index: number): boolean => this.program.functions[index].convention === 'ABI0';
    return this.funcs.filter(
      (func, index) => func.name === name || func.linkName === name || (isAbi0(index) && `${func.name}.abi0` === name),
    );
  }

  functions(): Iterable<Func> {
    return this.funcs;
  }

  lineAt(pc: bigint): SourceLine | undefined {
    const row = this.assembledAt(pc)?.fn.lines.findLast(candidate => candidate.pc <= pc);
    return row && { file: row.file, line: row.line };
  }

  addressesOf(file: string, line: number): readonly bigint[] {
    const matches = (path: string): boolean => path === file || path.endsWith(`/${file}`);
    return this.program.functions.flatMap(fn => {
      const first = fn.lines.find(row => row.line === line && matches(row.file) && row.pc >= fn.body);
      return first === undefined ? [] : [first.pc];
    });
  }

  *statementsIn(start: bigint, end: bigint): Iterable<{ readonly pc: bigint } & SourceLine> {
    for (const fn of this.program.functions) for (const row of fn.lines) if (row.pc >= start && row.pc < end) yield row;
  }

  afterPrologue(func: Func): bigint {
    return this.assembledAt(func.entry)?.fn.body ?? func.entry;
  }

  inlineFrames(pc: bigint): readonly InlineFrame[] {
    const found = this.assembledAt(pc);
    if (found === undefined) return [];
    const { fn, index } = found;
    const own: InlineFrame = { name: fn.name, inlined: false, scope: { unit: 0, die: index }, ...this.lineAt(pc) };
    const body = fn.inlined.find(candidate => pc >= candidate.start && pc < candidate.end);
    // The innermost call first; it has no variables of its own here.
    return body === undefined ? [own] : [{ name: body.name, inlined: true, scope: undefined, file: fn.at.file, line: body.line }, own];
  }

  inlinedNames(): Iterable<string> {
    return new Set(this.program.functions.flatMap(fn => fn.inlined.map(body => body.name)));
  }

  inlinedCopies(name: string): readonly bigint[] {
    return this.program.functions.flatMap(fn => fn.inlined.filter(body => body.name === name).map(body => body.start));
  }

  files(): Iterable<string> {
    return this.program.sources.keys();
  }

  unwindAt(pc: bigint): UnwindRow | undefined {
    const row: FrameRow | undefined = this.assembledAt(pc)?.fn.rows.findLast(candidate => candidate.pc <= pc);
    if (row === undefined) return undefined;
    return {
      cfa: { register: DWARF_RSP, offset: row.cfa },
      registers: new Map<number, { readonly atCfa: number } | 'same'>([
        [DWARF_RETURN, { atCfa: -8 }],
        [DWARF_RBP, row.bp === undefined ? 'same' : { atCfa: row.bp }],
      ]),
      how: 'exact',
    };
  }

  // ---- types and variables -----------------------------------------------------------------------------------------------------------

  typeNamed(name: string): Type | undefined {
    if (name.startsWith('*')) {
      const elem = this.typeNamed(name.slice(1));
      return elem && { kind: 'pointer', name, size: 8, elem };
    }
    const declared = this.program.declarations.types.get(name);
    if (declared !== undefined) return this.type({ kind: 'named', name, underlying: () => declared });
    return Object.hasOwn(BASIC_TYPES, name) ? this.type(BASIC_TYPES[name]) : undefined;
  }

  typeOfRuntimeType(address: bigint): Type | undefined {
    const { descriptors } = this.program.declarations;
    const symbol = this.program.symbols.find(candidate => candidate.address === address && descriptors.has(candidate.name));
    return symbol && this.type(descriptors.get(symbol.name)!);
  }

  returnTypeOf(): undefined {
    return undefined;
  }

  tracedArguments(): undefined {
    return undefined;
  }

  openDefers(): undefined {
    return undefined;
  }

  interfaceMethods(): undefined {
    return undefined;
  }

  typeNames(): Iterable<string> {
    return this.program.declarations.types.keys();
  }

  globalNamed(name: string): Variable | undefined {
    const type = this.program.declarations.variables.get(name);
    const symbol = this.program.symbols.find(candidate => candidate.name === name && candidate.kind === 'object');
    if (type === undefined || symbol === undefined) return undefined;
    const expression = new Uint8Array(9);
    expression[0] = DW_OP.addr;
    new DataView(expression.buffer).setBigUint64(1, symbol.address, true);
    return { name, type: this.type(type), role: 'global', location: { expression, unit: 0, bias: 0n } };
  }

  *globals(): Iterable<Variable> {
    for (const name of this.program.declarations.variables.keys()) {
      const variable = this.globalNamed(name);
      if (variable !== undefined) yield variable;
    }
  }

  variables(scope: ScopeKey, pc: bigint): readonly Variable[] {
    const fn = scope && this.program.functions[scope.die];
    const places = fn && placesOf(fn);
    if (fn === undefined || places === undefined) return [];
    // Registers hold arguments until the body begins, and those that it spills until it has; what else the code does with them, no table
    // tells. Results are not there before.
    const atEntry = pc < fn.body || pc === fn.address;
    // Code that loads RSP by hand leaves the frame that stack arguments are counted from; the stack walker finds that of systemstack.
    const inFrame = !fn.spWrite || this.funcs[scope!.die]!.funcID === 'systemstack';
    const whereNow = (parameter: Parameter, place: Place, role: 'param' | 'result'): Location | undefined => {
      if (place.in !== 'registers') return inFrame ? locate(place) : undefined;
      if (role === 'result') return undefined;
      const since = fn.spilled.get(parameter.name);
      if (atEntry || (since !== undefined && pc < since)) return locate(place);
      return since !== undefined && place.spill !== undefined ? locate({ in: 'stack', offset: place.spill }) : undefined;
    };
    const variable = (parameter: Parameter, place: Place, role: 'param' | 'result', fallback: string): Variable => ({
      name: parameter.name || fallback,
      type: this.type(parameter.type),
      role,
      declaredAt: { file: fn.at.file, line: fn.at.line },
      location: whereNow(parameter, place, role),
    });
    return [
      ...places.params.map(({ parameter, place }, index) => variable(parameter, place, 'param', `arg${index}`)),
      ...places.results.map(({ parameter, place }, index) => variable(parameter, place, 'result', `~r${index}`)),
    ];
  }

  /** A declared type as debug information would have it. Elements resolve on first use: declarations may be recursive. */
  private type(go: GoType): Type {
    const name = typeName(go);
    const known = this.types.get(name);
    if (known !== undefined) return known;
    const made = this.make(go, name);
    this.types.set(name, made);
    return made;
  }

  private make(go: GoType, name: string): Type {
    const size = sizeOf(go);
    const later = (elem: GoType) => () => this.type(elem);
    switch (go.kind) {
      case 'bool':
        return { kind: 'bool', name, size };
      case 'int':
      case 'uint':
      case 'float':
      case 'complex':
        return { kind: go.kind, name, size };
      case 'unsafe-pointer':
        return { kind: 'unsafe-pointer', name, size };
      case 'string':
        return { kind: 'string', name, size };
      case 'pointer':
        return lazily({ kind: 'pointer', name, size }, { elem: later(go.elem) });
      case 'slice':
        return lazily({ kind: 'slice', name, size }, { elem: later(go.elem) });
      case 'array':
        return lazily({ kind: 'array', name, size, length: go.length }, { elem: later(go.elem) });
      case 'chan':
        return lazily({ kind: 'chan', name, size }, { elem: later(go.elem), hchan: () => this.typeNamed('runtime.hchan') ?? VOID });
      case 'map':
        return lazily(
          { kind: 'map', name, size },
          {
            key: later(go.key),
            elem: later(go.elem),
            hash: () => smallMapType(this.type(go.key), alignmentOf(go.key), this.type(go.elem), alignmentOf(go.elem)),
          },
        );
      case 'interface':
        return { kind: 'interface', name, size, empty: go.empty };
      case 'func':
        return { kind: 'func', name, size, params: go.params.map(p => this.type(p.type)), results: go.results.map(r => this.type(r.type)) };
      case 'struct': {
        const offsets = fieldOffsets(go.fields);
        const fields = go.fields.map(
          (field, index): Field =>
            Object.defineProperty({ name: field.name, offset: offsets[index], embedded: field.embedded } as Field, 'type', {
              get: later(field.type),
              enumerable: true,
            }),
        );
        return { kind: 'struct', name, size, fields };
      }
      case 'named':
        return lazily({ kind: 'named', name, size }, { underlying: later(go.underlying()) });
    }
  }
}

const VOID: Type = { kind: 'void', name: 'void', size: 0 };
const BASIC_TYPES: Readonly<Record<string, GoType>> = {
  ...BASIC,
  string: { kind: 'string' },
  'unsafe.Pointer': { kind: 'unsafe-pointer' },
};

function lazily(plain: object, getters: Readonly<Record<string, () => unknown>>): Type {
  for (const [key, get] of Object.entries(getters)) Object.defineProperty(plain, key, { get, enumerable: true });
  return plain as Type;
}

function describe(fn: AssembledFunction): Func {
  const bare = fn.name.replace(/^runtime\./, '');
  return {
    name: fn.name,
    linkName: fn.linkName,
    entry: fn.address,
    end: fn.address + BigInt(fn.size),
    language: fn.convention === 'C' ? 'c' : fn.convention === 'ABI0' ? 'asm' : 'go',
    source: 'dwarf',
    ...(fn.convention === 'C' ? {} : { abi: fn.convention }),
    wrapper: (fn.flags & (TEXT_FLAGS.WRAPPER | TEXT_FLAGS.ABIWRAPPER)) !== 0,
    topFrame: (fn.flags & TEXT_FLAGS.TOPFRAME) !== 0,
    spWrite: fn.spWrite,
    asm: fn.convention === 'ABI0',
    funcID: fn.name.startsWith('runtime.') && FUNC_IDS.has(bare) ? bare : '',
    file: fn.at.file,
    line: fn.at.line,
  };
}

function sleb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; ) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...out, byte];
    out.push(byte | 0x80);
  }
}

/** A place at a call edge as a DWARF location. Stack offsets count from RSP at entry, which is CFA - 8. */
function locate(place: Place): Location | undefined {
  if (place.in === 'stack') {
    const expression = Uint8Array.from([DW_OP.callFrameCfa, DW_OP.consts, ...sleb(place.offset - 8), DW_OP.plus]);
    return { expression, unit: 0, bias: 0n };
  }
  if (place.in !== 'registers') return undefined;
  const numbers = place.parts.map(part => dwarfNumber(part.register));
  const several = numbers.length > 1;
  const bytes = place.parts.flatMap((part, index) => {
    const number = numbers[index];
    const register = number < 32 ? [DW_OP.reg0 + number] : [DW_OP.regx, number];
    return several ? [...register, DW_OP.piece, part.size] : register;
  });
  return { expression: Uint8Array.from(bytes), unit: 0, bias: 0n };
}
