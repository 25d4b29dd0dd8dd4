/** An ELF file as the rest of r14 sees it: DWARF, gopclntab and symbol table put together, the richest answer first. */
import type { Func, GoBuild, Image, ImageSymbol, InlineFrame, ScopeKey, Segment, SourceLine, Type, UnwindRow, Variable } from './api.js';
import { FormatError } from './bytes.js';
import { demangle } from './demangle.js';
import { Elf } from './elf/elf.js';
import { PF } from './elf/headers.js';
import { type RawSymbol, SymbolTable } from './elf/symbols.js';
import { Functions } from './functions.js';
import { readBuildInfo } from './go/buildinfo.js';
import { findPrologue, unwindRow } from './go/frame.js';
import { GoLines } from './go/lines.js';
import { type PclnFunc, Pclntab } from './go/pclntab.js';

/** A value that is made on first use; `undefined` is a value too. */
function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * Opens an ELF program or library as loaded at `bias`. Throws FormatError, one line that begins with `path`, when it cannot be loaded;
 * everything else that is wrong with it becomes an entry of `problems`.
 */
export function openImage(bytes: Uint8Array, path: string, bias: bigint): Image {
  return new ElfImage(new Elf(bytes, path), bias);
}

class ElfImage implements Image {
  readonly path: string;
  readonly segments: readonly Segment[];
  private readonly symbolTable = lazy(() => this.guard('the symbol table', () => SymbolTable.of(this.elf)));
  private readonly pclntab = lazy(() => this.guard('gopclntab', () => Pclntab.of(this.elf, this.symbolTable)));
  private readonly build = lazy(() => this.guard('Go build information', () => readBuildInfo(this.elf)));
  private readonly functionIndex = lazy(
    () =>
      new Functions({
        elf: this.elf,
        bias: this.bias,
        symbols: this.symbolTable(),
        pclntab: this.pclntab(),
        goVersion: this.build()?.version,
      }),
  );
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

  get problems(): readonly string[] {
    return this.elf.problems;
  }

  /** What `read` gives; corrupt bytes cost only that, and are told once. */
  private guard<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const problem = `${what}: ${error.message}`;
      if (!this.elf.problems.includes(problem)) this.elf.problems.push(problem);
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
    return { name: demangle(raw.name), linkName: raw.name, address: this.loaded(raw.address), size: raw.size, kind: raw.kind };
  }

  private functionSymbol(func: Func): ImageSymbol {
    return { name: func.name, linkName: func.linkName, address: func.entry, size: Number(func.end - func.entry), kind: 'func' };
  }

  symbolAt(address: bigint): { readonly symbol: ImageSymbol; readonly offset: number } | undefined {
    const link = this.link(address);
    if (link === undefined) return undefined;
    const raw = this.symbolTable()?.at(link);
    if (raw) return { symbol: this.imageSymbol(raw), offset: link - raw.address };
    // A stripped Go program: its functions are its symbols.
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

  // ---- lines ---------------------------------------------------------------------------------------------------------------------------

  lineAt(pc: bigint): SourceLine | undefined {
    const link = this.link(pc);
    if (link === undefined) return undefined;
    return this.guard('lines', () => {
      const go = this.goFunc(link);
      return go?.table.lineAt(go.func, link);
    });
  }

  addressesOf(file: string, line: number): readonly bigint[] {
    const found = this.guard('lines', () => this.goLines()?.addressesOf(file, line)) ?? [];
    return found.map(address => this.loaded(address));
  }

  statementsIn(start: bigint, end: bigint): Iterable<{ readonly pc: bigint } & SourceLine> {
    const [low, high] = [this.link(start), this.link(end - 1n)];
    if (low === undefined || high === undefined) return [];
    const found = this.guard('lines', () => this.goLines()?.statementsIn(low, high + 1)) ?? [];
    return found.map(({ pc, file, line }) => ({ pc: this.loaded(pc), file, line }));
  }

  afterPrologue(func: Func): bigint {
    const entry = this.link(func.entry);
    if (entry === undefined || func.asm || func.language !== 'go') return func.entry;
    const prologue = this.guard('code', () => findPrologue(this.elf.memory, { entry }, Number(func.end - this.bias)));
    return prologue ? func.entry + BigInt(prologue.end) : func.entry;
  }

  inlineFrames(pc: bigint): readonly InlineFrame[] {
    const link = this.link(pc);
    if (link === undefined) return [];
    const fromGo = this.guard('inlined calls', () => {
      const go = this.goFunc(link);
      if (!go) return undefined;
      const frames: InlineFrame[] = [];
      let position = go.table.lineAt(go.func, link);
      for (const call of go.table.inlinedAt(go.func, link)) {
        frames.push({ name: call.name, inlined: true, scope: undefined, ...position });
        position = call.call;
      }
      const name = this.functionAt(pc)?.name ?? go.func.name;
      frames.push({ name, inlined: false, scope: undefined, ...position });
      return frames;
    });
    if (fromGo) return fromGo;
    const func = this.functionAt(pc);
    return func ? [{ name: func.name, inlined: false, scope: undefined }] : [];
  }

  *files(): Iterable<string> {
    yield* this.guard('file names', () => [...(this.pclntab()?.files() ?? [])]) ?? [];
  }

  unwindAt(pc: bigint): UnwindRow | undefined {
    const link = this.link(pc);
    if (link === undefined) return undefined;
    return this.guard('frames', () => {
      const go = this.goFunc(link);
      return go && unwindRow(go.table, this.elf.memory, go.func, link);
    });
  }

  // ---- types and variables -----------------------------------------------------------------------------------------------------------

  typeNamed(_name: string): Type | undefined {
    return undefined;
  }

  typeOfRuntimeType(_address: bigint): Type | undefined {
    return undefined;
  }

  *typeNames(): Iterable<string> {}

  globalNamed(_name: string): Variable | undefined {
    return undefined;
  }

  *globals(): Iterable<Variable> {}

  variables(_scope: ScopeKey, _pc: bigint): readonly Variable[] {
    return [];
  }
}
