/** An ELF file as the rest of r14 sees it: DWARF, gopclntab and symbol table put together. */
import type { Unpack } from '../host/unpack.js';
import type {
  Func,
  GoBuild,
  Image,
  ImageSymbol,
  InlineFrame,
  Location,
  OpenDefers,
  ScopeKey,
  Segment,
  SourceLine,
  TracedArguments,
  Type,
  UnwindRow,
  Variable,
} from './api.js';
import { FormatError } from './bytes.js';
import { demangle } from './demangle/demangle.js';
import { Dwarf } from './dwarf/dwarf.js';
import { Elf } from './elf/elf.js';
import { PF } from './elf/headers.js';
import { pltSymbols } from './elf/plt.js';
import { ElfSymbolTable, type RawSymbol } from './elf/symbols.js';
import { Functions } from './functions.js';
import { readBuildInfo } from './go/buildinfo.js';
import { findPrologue, unwindRow } from './go/frame.js';
import { GoLines } from './go/lines.js';
import { type PclnFunc, Pclntab } from './go/pclntab.js';
import { RuntimeTypes } from './go/runtime-types.js';
import { goMinor } from './go/version.js';

/** DWARF's number on amd64. */
const RBP = 6;

/** A value that is made on first use; `undefined` is a value too. */
function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * Opens an ELF program or library as loaded at `bias`. Throws FormatError, one line that begins with `path`, when it cannot be loaded;
 * everything else that is wrong with it becomes an entry of `problems`.
 */
export function openImage(bytes: Uint8Array, path: string, bias: bigint, unpack: Unpack): Image {
  return new ElfImage(new Elf(bytes, path, unpack), bias);
}

class ElfImage implements Image {
  readonly path: string;
  readonly segments: readonly Segment[];
  private readonly symbolTable = lazy(() => this.guard('the symbol table', () => ElfSymbolTable.of(this.elf)));
  private readonly pclntab = lazy(() => this.guard('gopclntab', () => Pclntab.of(this.elf, this.symbolTable)));
  private readonly build = lazy(() => this.guard('Go build information', () => readBuildInfo(this.elf)));
  /** Made late: it decompresses sections at once. */
  private readonly dwarf = lazy(
    () =>
      new Dwarf({
        section: name => this.elf.debugSection(name),
        sectionAddress: name => this.elf.sectionNamed(name)?.address,
        bias: this.bias,
        goTypes: () => this.pclntab()?.module?.types ?? this.linkAddressOf('runtime.types'),
        code: (address, length) => this.guard('code', () => this.elf.memory.slice(address, length)) ?? new Uint8Array(0),
        threadBlock: () => this.elf.threadBlock,
        problem: text => this.problem(text),
      }),
  );
  private readonly functionIndex = lazy(
    () =>
      new Functions({
        elf: this.elf,
        bias: this.bias,
        symbols: this.symbolTable(),
        plt: this.guard('the procedure linkage table', () => pltSymbols(this.elf)) ?? [],
        pclntab: this.pclntab(),
        dwarf: this.dwarf,
        goMinor: this.goMinor(),
        isGo: this.build() !== undefined,
      }),
  );
  private readonly runtimeTypes = lazy(() => {
    const table = this.pclntab();
    return table?.module && new RuntimeTypes(this.elf.memory, table.module, this.bias, this.goMinor(), read => this.guard('types', read));
  });
  private readonly goLines = lazy(() => {
    const table = this.pclntab();
    return table && new GoLines(table);
  });

  constructor(
    private readonly elf: Elf,
    readonly bias: bigint,
  ) {
    this.path = elf.path;
    this.segments = elf.loads.map(load => ({
      start: BigInt(load.address) + bias,
      memorySize: BigInt(load.memorySize),
      fileOffset: load.offset,
      fileSize: load.fileSize,
      prot: (load.flags & PF.r ? 1 : 0) | (load.flags & PF.w ? 2 : 0) | (load.flags & PF.x ? 4 : 0),
    }));
  }

  get entry(): bigint {
    return BigInt(this.elf.header.entry) + this.bias;
  }

  get go(): GoBuild | undefined {
    return this.build();
  }

  /** Of the Go that built the program; when it does not say, what its gopclntab is like. */
  private goMinor(): number {
    return goMinor(this.build()?.version ?? '') ?? (this.pclntab()?.go120 ? 26 : 19);
  }

  get problems(): readonly string[] {
    return this.elf.problems;
  }

  private problem(text: string): void {
    if (!this.elf.problems.includes(text)) this.elf.problems.push(text);
  }

  private linkAddressOf(symbol: string): number | undefined {
    for (const raw of this.symbolTable()?.named(symbol) ?? []) return raw.address;
    return undefined;
  }

  /** What `read` gives; corrupt bytes cost only that, and are told once. */
  private guard<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.problem(`${what}: ${error.message}`);
      return undefined;
    }
  }

  /** The link address; undefined outside the image. */
  private link(address: bigint): number | undefined {
    const link = Number(address - this.bias);
    return link >= this.elf.low && link < this.elf.high ? link : undefined;
  }

  private loaded(address: number): bigint {
    return BigInt(address) + this.bias;
  }

  contains(address: bigint): boolean {
    const link = this.link(address);
    return link !== undefined && this.elf.loads.some(load => link >= load.address && link < load.address + load.memorySize);
  }

  // ---- symbols and functions ---------------------------------------------------------------------------------------------------------

  private imageSymbol(raw: RawSymbol): ImageSymbol {
    const { name: linkName, address, size, kind, indirect } = raw;
    return { name: demangle(linkName), linkName, address: this.loaded(address), size, kind, ...(indirect && { indirect }) };
  }

  private functionSymbol(func: Func): ImageSymbol {
    return { name: func.name, linkName: func.linkName, address: func.entry, size: Number(func.end - func.entry), kind: 'func' };
  }

  symbolAt(address: bigint): { readonly symbol: ImageSymbol; readonly offset: number } | undefined {
    const link = this.link(address);
    if (link === undefined) return undefined;
    const raw = this.symbolTable()?.at(link);
    if (raw) return { symbol: this.imageSymbol(raw), offset: link - raw.address };
    // A stripped Go program: its functions are its symbols. So are the stubs of the linkage table, which have none.
    const func = this.functionAt(address);
    return func && { symbol: this.functionSymbol(func), offset: Number(address - func.entry) };
  }

  symbolsNamed(name: string): readonly ImageSymbol[] {
    const symbols = this.symbolTable();
    const found = symbols ? [...symbols.named(name)].filter(raw => !raw.threadLocal) : [];
    if (found.length > 0) return found.map(raw => this.imageSymbol(raw));
    const byCppName = this.guard('the symbol table', () => this.functionIndex().mangledNamed(name)) ?? [];
    const mangled = byCppName.map(address => symbols!.at(address)).filter(raw => raw !== undefined);
    if (mangled.length > 0) return mangled.map(raw => this.imageSymbol(raw));
    return this.functionsNamed(name).map(func => this.functionSymbol(func));
  }

  *symbols(): Iterable<ImageSymbol> {
    const symbols = this.symbolTable();
    if (symbols) for (const raw of symbols.all()) yield this.imageSymbol(raw);
    else for (const func of this.functions()) yield this.functionSymbol(func);
  }

  functionAt(pc: bigint): Func | undefined {
    const link = this.link(pc);
    return link === undefined ? undefined : this.guard('functions', () => this.functionIndex().at(link));
  }

  functionsNamed(name: string): readonly Func[] {
    return this.guard('functions', () => this.functionIndex().named(name)) ?? [];
  }

  *functions(): Iterable<Func> {
    const all = this.functionIndex().all()[Symbol.iterator]();
    for (;;) {
      const next = this.guard('functions', () => all.next());
      if (!next || next.done) return;
      yield next.value;
    }
  }

  /** The gopclntab record of Go code at a link address. */
  private goFunc(link: number): { table: Pclntab; func: PclnFunc } | undefined {
    const table = this.pclntab();
    const index = table?.find(link);
    if (!table || index === undefined) return undefined;
    const func = table.func(index);
    return link < table.funcEnd(func) ? { table, func } : undefined;
  }

  openDefers(func: Func): OpenDefers | undefined {
    const link = this.link(func.entry);
    const go = link === undefined ? undefined : this.goFunc(link);
    return go && this.guard('defers', () => go.table.openDefers(go.func, this.goMinor()));
  }

  tracedArguments(pc: bigint): TracedArguments | undefined {
    const link = this.link(pc);
    const go = link === undefined ? undefined : this.goFunc(link);
    return go && this.guard('arguments', () => go.table.tracedArguments(go.func, link!));
  }

  // ---- lines ---------------------------------------------------------------------------------------------------------------------------

  lineAt(pc: bigint): SourceLine | undefined {
    const link = this.link(pc);
    if (link === undefined) return undefined;
    const fromGo = this.guard('lines', () => {
      const go = this.goFunc(link);
      return go?.table.lineAt(go.func, link);
    });
    return fromGo ?? this.dwarf().lineAt(pc);
  }

  addressesOf(file: string, line: number): readonly bigint[] {
    const described = this.dwarf().addressesOf(file, line);
    if (described.length > 0) return described;
    const found = this.guard('lines', () => this.goLines()?.addressesOf(file, line)) ?? [];
    return found.map(link => {
      const address = this.loaded(link);
      const func = this.functionAt(address);
      return func?.entry === address ? this.afterPrologue(func) : address;
    });
  }

  statementsIn(start: bigint, end: bigint): Iterable<{ readonly pc: bigint } & SourceLine> {
    const [low, high] = [this.link(start), this.link(end - 1n)];
    if (low === undefined || high === undefined) return [];
    const described = [...this.dwarf().statementsIn(start, end)];
    if (described.length > 0) return described;
    const found = this.guard('lines', () => this.goLines()?.statementsIn(low, high + 1)) ?? [];
    return found.map(({ pc, file, line }) => ({ pc: this.loaded(pc), file, line }));
  }

  afterPrologue(func: Func): bigint {
    const entry = this.link(func.entry);
    if (entry === undefined) return func.entry;
    const described = this.dwarf().afterPrologue(func.entry);
    // Generated wrappers have no line table, but a prologue.
    if (described !== undefined && described > func.entry) return described;
    if (func.language !== 'go') return func.entry;
    const prologue = this.guard('code', () => findPrologue(this.elf.memory, { entry }, Number(func.end - this.bias)));
    return prologue ? func.entry + BigInt(prologue.end) : func.entry;
  }

  inlineFrames(pc: bigint): readonly InlineFrame[] {
    const link = this.link(pc);
    if (link === undefined) return [];
    const described = this.dwarf().inlineFrames(pc);
    const fromGo = this.guard('inlined calls', () => this.goFrames(link));
    if (!fromGo) {
      if (described.length > 0) return described;
      const func = this.functionAt(pc);
      return func ? [{ name: func.name, inlined: false, scope: undefined }] : [];
    }
    // Without module data, gopclntab does not say what was inlined. With it, it is exact to the instruction, where DWARF's ranges of
    // inlined bodies have gaps; DWARF has the scopes.
    if (!this.pclntab()?.module && described.length > 0) return described;
    const matching = described.length === fromGo.length;
    return fromGo.map((frame, i) => ({ ...frame, scope: (matching ? described[i] : frame.inlined ? undefined : described.at(-1))?.scope }));
  }

  private readonly goInlined = lazy(
    () => this.guard('inlined calls', () => this.pclntab()?.inlinedCopies()) ?? new Map<string, number[]>(),
  );

  *inlinedNames(): Iterable<string> {
    let any = false;
    for (const name of this.dwarf().inlinedNames()) {
      any = true;
      yield name;
    }
    if (!any) yield* this.goInlined().keys();
  }

  inlinedCopies(name: string): readonly bigint[] {
    for (const _ of this.dwarf().inlinedNames()) return this.dwarf().inlinedCopies(name);
    return (this.goInlined().get(name) ?? []).map(link => {
      const address = this.loaded(link);
      const func = this.functionAt(address);
      const start = func === undefined ? address : this.afterPrologue(func);
      return start > address ? start : address;
    });
  }

  private goFrames(link: number): InlineFrame[] | undefined {
    const go = this.goFunc(link);
    if (!go) return undefined;
    const frames: InlineFrame[] = [];
    let position = go.table.lineAt(go.func, link);
    if (!position) return undefined;
    for (const call of go.table.inlinedAt(go.func, link)) {
      frames.push({ name: call.name, inlined: true, scope: undefined, ...position });
      position = call.call;
    }
    const name = this.functionIndex().at(link)?.name ?? go.func.name;
    frames.push({ name, inlined: false, scope: undefined, ...position });
    return frames;
  }

  *files(): Iterable<string> {
    const names = new Set(this.guard('file names', () => [...(this.pclntab()?.files() ?? [])]));
    for (const name of this.dwarf().files()) names.add(name);
    yield* names;
  }

  unwindAt(pc: bigint): UnwindRow | undefined {
    const link = this.link(pc);
    if (link === undefined) return undefined;
    const described = this.dwarf().unwindAt(pc);
    const fromGo = this.guard('frames', () => {
      const go = this.goFunc(link);
      return go && unwindRow(go.table, this.elf.memory, go.func, link);
    });
    if (!described || !fromGo || described.registers.has(RBP)) return described ?? fromGo;
    // Go's call frame information leaves out where RBP is.
    return { ...described, registers: new Map([...described.registers, [RBP, fromGo.registers.get(RBP)!]]) };
  }

  // ---- types and variables -----------------------------------------------------------------------------------------------------------

  typeNamed(name: string): Type | undefined {
    return this.dwarf().typeNamed(name) ?? this.guard('types', () => this.runtimeTypes()?.named(name));
  }

  typeOfRuntimeType(address: bigint): Type | undefined {
    const link = this.link(address);
    if (link === undefined) return undefined;
    return this.dwarf().typeOfRuntimeType(address) ?? this.guard('types', () => this.runtimeTypes()?.at(link));
  }

  interfaceMethods(type: Type): readonly string[] | undefined {
    const link = type.runtimeType === undefined ? undefined : this.link(type.runtimeType);
    return link === undefined ? undefined : this.guard('types', () => this.runtimeTypes()?.methods(link));
  }

  *typeNames(): Iterable<string> {
    let any = false;
    for (const name of this.dwarf().typeNames()) {
      any = true;
      yield name;
    }
    if (!any) yield* this.guard('types', () => this.runtimeTypes()?.allNames()) ?? [];
  }

  globalNamed(name: string): Variable | undefined {
    return this.dwarf().globalNamed(name);
  }

  *globals(): Iterable<Variable> {
    yield* this.dwarf().globals();
  }

  variables(scope: ScopeKey, pc: bigint): readonly Variable[] {
    return this.dwarf().variables(scope, pc);
  }

  returnTypeOf(func: Func): Type | undefined {
    return this.dwarf().returnTypeAt(func.entry);
  }

  valueAtCall(returnAddress: bigint, place: Uint8Array): Location | undefined {
    return this.dwarf().valueAtCall(returnAddress, place);
  }
}
