/**
 * The functions of an ELF file, put together from gopclntab, DWARF and the symbol table. Link addresses inside, loaded ones in `Func`.
 * For Go code, gopclntab and the symbol table say all that DWARF would of a function, and more, and need no index; so they are asked first.
 */
import type { Func, Language } from './api.js';
import { demangle, withoutParameters } from './demangle.js';
import type { Dwarf } from './dwarf/dwarf.js';
import type { Elf } from './elf/elf.js';
import type { RawSymbol, SymbolTable } from './elf/symbols.js';
import type { PclnFunc, Pclntab } from './go/pclntab.js';
import { ABI_INTERNAL_ASSEMBLY, funcIDNames } from './go/version.js';

/** cmd/link appends the ABI to a text symbol when both ABIs have one of that name. */
const ABI_SUFFIX = /\.abi(?:0|internal)$/;

export interface FunctionSources {
  readonly elf: Elf;
  readonly bias: bigint;
  readonly symbols: SymbolTable | undefined;
  readonly pclntab: Pclntab | undefined;
  readonly dwarf: Dwarf;
  readonly goMinor: number;
  /** Whether it is a Go program, whatever became of its gopclntab. */
  readonly isGo: boolean;
}

export class Functions {
  private readonly known = new Map<number, Func>();
  private readonly funcIDs: readonly string[];
  private readonly wrapperID: number;

  constructor(private readonly from: FunctionSources) {
    this.funcIDs = funcIDNames(from.goMinor);
    this.wrapperID = this.funcIDs.indexOf('wrapper');
  }

  /** The function whose code is at the address. */
  at(pc: number): Func | undefined {
    const { pclntab, symbols, elf } = this.from;
    const index = pclntab?.find(pc);
    if (pclntab && index !== undefined) {
      const func = this.fromPclntab(pclntab, pclntab.func(index));
      if (BigInt(pc) + this.from.bias < func.end) return func;
    }
    if (!elf.isExecutable(pc)) return undefined;
    const symbol = symbols?.at(pc, true);
    const described = this.from.dwarf.functionAt(BigInt(pc) + this.from.bias);
    if (described) return this.fromDwarf(described, symbol);
    return symbol && this.fromSymbol(symbol);
  }

  private fromDwarf(func: Func, symbol: RawSymbol | undefined): Func {
    const entry = Number(func.entry - this.from.bias);
    const known = this.known.get(entry);
    if (known) return known;
    const named = symbol?.address === entry ? { ...func, linkName: symbol.name } : func;
    this.known.set(entry, named);
    return named;
  }

  /** By source name, link name, or C++ name without its parameter list. */
  named(name: string): readonly Func[] {
    const found = new Map<bigint, Func>();
    const add = (func: Func | undefined) => func && found.set(func.entry, func);
    const { pclntab, symbols } = this.from;
    if (pclntab) for (const index of pclntab.named(name)) add(this.fromPclntab(pclntab, pclntab.func(index)));
    for (const linkName of [name, `${name}.abi0`])
      for (const symbol of symbols?.named(linkName) ?? []) if (this.from.elf.isExecutable(symbol.address)) add(this.at(symbol.address));
    if (found.size === 0) for (const func of this.from.dwarf.functionsNamed(name)) add(this.at(Number(func.entry - this.from.bias)));
    if (found.size === 0)
      for (const symbol of this.mangled())
        if (symbol.names.includes(name) && this.from.elf.isExecutable(symbol.address)) add(this.at(symbol.address));
    return [...found.values()].sort((a, b) => (a.entry < b.entry ? -1 : 1));
  }

  private mangledSymbols: readonly { readonly address: number; readonly names: readonly string[] }[] | undefined;

  /** C++ symbols with the names a user may type for them. Made once, on the first name that is no link name. */
  private mangled(): readonly { readonly address: number; readonly names: readonly string[] }[] {
    if (this.mangledSymbols) return this.mangledSymbols;
    const found: { address: number; names: readonly string[] }[] = [];
    for (const { name, address } of this.from.symbols?.all() ?? []) {
      if (!name.startsWith('_Z')) continue;
      const full = demangle(name);
      found.push({ address, names: [full, withoutParameters(full)] });
    }
    return (this.mangledSymbols = found);
  }

  /** Addresses of C++ symbols that a user's spelling names. */
  mangledNamed(name: string): number[] {
    return this.mangled()
      .filter(symbol => symbol.names.includes(name))
      .map(symbol => symbol.address);
  }

  /** In address order, each once. */
  *all(): Iterable<Func> {
    const { pclntab, symbols } = this.from;
    let next = 0;
    const count = pclntab?.count ?? 0;
    let last = -1;
    for (const symbol of symbols?.code() ?? []) {
      while (pclntab && next < count && pclntab.entryOf(next) <= symbol.address) {
        const func = pclntab.func(next++);
        last = func.entry;
        yield this.fromPclntab(pclntab, func);
      }
      if (symbol.address === last || (pclntab && this.isGoLabel(pclntab, symbol))) continue;
      last = symbol.address;
      const func = this.at(symbol.address);
      if (func && func.entry === BigInt(symbol.address) + this.from.bias) yield func;
    }
    while (pclntab && next < count) yield this.fromPclntab(pclntab, pclntab.func(next++));
  }

  /** Symbols of the linker's that mark a place in Go's text and name no function. */
  private isGoLabel(pclntab: Pclntab, symbol: RawSymbol): boolean {
    if (symbol.name === 'runtime.text' || symbol.name === 'runtime.etext') return true;
    return symbol.kind !== 'func' && symbol.address >= pclntab.text && symbol.address <= pclntab.end;
  }

  private fromPclntab(pclntab: Pclntab, raw: PclnFunc): Func {
    const known = this.known.get(raw.entry);
    if (known) return known;
    const symbol = this.from.symbols?.at(raw.entry, true);
    const own = symbol?.address === raw.entry ? symbol : undefined;
    const linkName = own?.name ?? raw.name;
    // C code that was linked in has a name and nothing else.
    const isC = raw.pcsp === 0 && raw.pcfile === 0 && raw.pcln === 0;
    const language: Language = isC ? 'c' : raw.asm ? 'asm' : 'go';
    const wrapper = raw.funcID === this.wrapperID;
    const position = this.declaration(pclntab, raw);
    const func: Func = {
      name: isC ? demangle(linkName) : linkName.replace(ABI_SUFFIX, ''),
      linkName,
      entry: BigInt(raw.entry) + this.from.bias,
      end: BigInt(own?.size ? raw.entry + own.size : pclntab.funcEnd(raw)) + this.from.bias,
      language,
      source: 'pclntab',
      ...(isC ? {} : { abi: this.abiOf(pclntab, raw, linkName, wrapper) }),
      wrapper,
      topFrame: raw.topFrame,
      spWrite: raw.spWrite,
      asm: raw.asm,
      funcID: this.funcIDs[raw.funcID] ?? '',
      ...position,
    };
    this.known.set(raw.entry, func);
    return func;
  }

  /** File and line of the `func` keyword; before Go 1.20 the position of the entry stands for it. */
  private declaration(pclntab: Pclntab, raw: PclnFunc): { file: string; line: number } | undefined {
    const outermost = pclntab.inlinedAt(raw, raw.entry).at(-1)?.call ?? pclntab.lineAt(raw, raw.entry);
    return outermost && { file: outermost.file, line: raw.startLine || outermost.line };
  }

  private abiOf(pclntab: Pclntab, raw: PclnFunc, linkName: string, wrapper: boolean): 'ABI0' | 'ABIInternal' {
    if (linkName.endsWith('.abi0')) return 'ABI0';
    if (raw.asm) return ABI_INTERNAL_ASSEMBLY.test(raw.name) ? 'ABIInternal' : 'ABI0';
    if (!wrapper || linkName !== raw.name || this.from.symbols) return 'ABIInternal';
    // Stripped: a wrapper beside a function of the same name has the other's convention turned round.
    const twin = pclntab.named(raw.name).find(index => index !== raw.index);
    if (twin === undefined) return 'ABIInternal';
    const other = pclntab.func(twin);
    return other.asm && !ABI_INTERNAL_ASSEMBLY.test(other.name) ? 'ABIInternal' : 'ABI0';
  }

  private fromSymbol(symbol: RawSymbol): Func {
    const known = this.known.get(symbol.address);
    if (known) return known;
    const { elf, bias, symbols, isGo } = this.from;
    const func: Func = {
      name: demangle(symbol.name),
      linkName: symbol.name,
      entry: BigInt(symbol.address) + bias,
      end: BigInt(symbols!.endOf(symbol)) + bias,
      // In a Go program whose gopclntab is lost, a dot tells Go's own functions from C's.
      language: isGo && symbol.name.includes('.') && !elf.sectionAt(symbol.address)?.name.startsWith('.plt') ? 'go' : 'c',
      source: 'symtab',
      wrapper: false,
      topFrame: false,
      spWrite: false,
      asm: false,
      funcID: '',
    };
    this.known.set(symbol.address, func);
    return func;
  }
}
