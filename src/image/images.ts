/** The images of a process: program, loader and libraries, looked up by address or over all of them by name. */
import type {
  Func,
  GoBuild,
  Image,
  ImageSymbol,
  InlineFrame,
  OpenDefers,
  ScopeKey,
  SourceLine,
  TracedArguments,
  Type,
  UnwindRow,
  Variable,
} from './api.js';

export class Images {
  private list: readonly Image[] = [];

  /** In the order they were loaded: the program first. */
  get all(): readonly Image[] {
    return this.list;
  }

  add(image: Image): void {
    this.list = [...this.list, image];
  }

  /** Files that are mapped and cannot be read as images: they have no names. */
  readonly unreadable: { readonly path: string; readonly bias: bigint; readonly problem: string }[] = [];

  /** The Go program among them, when there is one. */
  get goImage(): Image | undefined {
    return this.list.find(image => image.go !== undefined);
  }

  get go(): GoBuild | undefined {
    return this.goImage?.go;
  }

  at(address: bigint): Image | undefined {
    return this.list.find(image => image.contains(address));
  }

  private first<T>(look: (image: Image) => T | undefined): T | undefined {
    for (const image of this.list) {
      const found = look(image);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  symbolAt(address: bigint): { readonly symbol: ImageSymbol; readonly offset: number } | undefined {
    return this.at(address)?.symbolAt(address);
  }

  symbolsNamed(name: string): readonly ImageSymbol[] {
    return this.list.flatMap(image => image.symbolsNamed(name));
  }

  functionAt(pc: bigint): Func | undefined {
    return this.at(pc)?.functionAt(pc);
  }

  functionsNamed(name: string): readonly Func[] {
    return this.list.flatMap(image => image.functionsNamed(name));
  }

  *functions(): Iterable<Func> {
    for (const image of this.list) yield* image.functions();
  }

  lineAt(pc: bigint): SourceLine | undefined {
    return this.at(pc)?.lineAt(pc);
  }

  addressesOf(file: string, line: number): readonly bigint[] {
    return this.list.flatMap(image => image.addressesOf(file, line));
  }

  statementsIn(start: bigint, end: bigint): Iterable<{ readonly pc: bigint } & SourceLine> {
    return this.at(start)?.statementsIn(start, end) ?? [];
  }

  afterPrologue(func: Func): bigint {
    return this.at(func.entry)?.afterPrologue(func) ?? func.entry;
  }

  inlineFrames(pc: bigint): readonly InlineFrame[] {
    return this.at(pc)?.inlineFrames(pc) ?? [];
  }

  tracedArguments(pc: bigint): TracedArguments | undefined {
    return this.at(pc)?.tracedArguments(pc);
  }

  openDefers(func: Func): OpenDefers | undefined {
    return this.at(func.entry)?.openDefers(func);
  }

  *inlinedNames(): Iterable<string> {
    for (const image of this.list) yield* image.inlinedNames();
  }

  /** Of functions in the code, and of those that were inlined somewhere. */
  *functionNames(): Iterable<string> {
    for (const func of this.functions()) yield func.name;
    yield* this.inlinedNames();
  }

  inlinedCopies(name: string): readonly bigint[] {
    return this.list.flatMap(image => image.inlinedCopies(name));
  }

  unwindAt(pc: bigint): UnwindRow | undefined {
    return this.at(pc)?.unwindAt(pc);
  }

  typeNamed(name: string): Type | undefined {
    return this.first(image => image.typeNamed(name));
  }

  typeOfRuntimeType(address: bigint): Type | undefined {
    return this.at(address)?.typeOfRuntimeType(address);
  }

  globalNamed(name: string): Variable | undefined {
    return this.first(image => image.globalNamed(name));
  }

  /** Variables that a function has at its entry; undefined: debug information does not describe it. */
  variablesOf(func: Func): readonly Variable[] | undefined {
    const scope = this.inlineFrames(func.entry).at(-1)?.scope;
    return scope === undefined ? undefined : this.variables(scope, func.entry);
  }

  returnTypeOf(func: Func): Type | undefined {
    return this.at(func.entry)?.returnTypeOf(func);
  }

  /** Variables of a scope that `inlineFrames(pc)` of the same pc gave. */
  variables(scope: ScopeKey, pc: bigint): readonly Variable[] {
    return this.at(pc)?.variables(scope, pc) ?? [];
  }
}
