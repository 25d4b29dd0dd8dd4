/** The functions and static data of a program, and which of them a reference means. */
import type { DataEntry } from './data.js';
import type { FunctionEntry } from './function-entry.js';
import type { SymbolReference } from './syntax.js';
import type { DeclaredConvention } from './types.js';

export class SymbolTable {
  /** In the order of the text. */
  readonly functions: FunctionEntry[] = [];
  readonly data = new Map<string, DataEntry>();
  private readonly byKey = new Map<string, FunctionEntry>();

  addFunction(entry: FunctionEntry): void {
    this.functions.push(entry);
    this.byKey.set(functionKey(entry.source.symbol, entry.source.convention, entry.file), entry);
  }

  /** The function of exactly that name and convention. */
  functionOf(symbol: SymbolReference, convention: DeclaredConvention, file: string): FunctionEntry | undefined {
    return this.byKey.get(functionKey(symbol, convention, file));
  }

  dataOf(symbol: SymbolReference, file: string): DataEntry | undefined {
    return this.data.get(dataKey(symbol, file));
  }

  addData(entry: DataEntry): void {
    this.data.set(dataKey(entry.symbol, entry.file), entry);
  }

  /** The function or datum that a reference in a file means, for a caller of a convention. */
  find(reference: SymbolReference, file: string, caller: DeclaredConvention): FunctionEntry | DataEntry | undefined {
    const datum = this.dataOf(reference, file);
    if (datum !== undefined) return datum;
    const of = (convention: DeclaredConvention) => this.functionOf(reference, convention, file);
    if (reference.abi !== undefined) return of(reference.abi as DeclaredConvention) ?? of('C');
    // Without a suffix: the assembly text of that name; a caller in the register convention may mean its register version.
    return of('ABI0') ?? of('C') ?? (caller === 'ABIInternal' || reference.local ? of('ABIInternal') : undefined);
  }

  /** Names of all that is defined. */
  get names(): string[] {
    return [...this.functions.map(entry => entry.source.symbol.name), ...[...this.data.values()].map(entry => entry.symbol.name)];
  }
}

const functionKey = (symbol: SymbolReference, convention: DeclaredConvention, file: string): string =>
  `${symbol.name} ${convention}${symbol.local ? ` ${file}` : ''}`;
const dataKey = (symbol: SymbolReference, file: string): string => (symbol.local ? `${symbol.name}<>${file}` : symbol.name);
