/** What a program of assembly is made of, before anything is assembled. */

/** What a program of assembly has around itself: nothing, r14's small Go runtime, or that one's -race build. */
export const ASSEMBLY_RUNTIMES = ['none', 'plain', 'race'] as const;
export type AssemblyRuntime = (typeof ASSEMBLY_RUNTIMES)[number];

/** A program of one file, as it is typed and shared: Go assembly, declarations in Go, and calls as Go writes them. */
export interface AssemblyText {
  readonly source: string;
  readonly types: string;
  readonly calls: readonly string[];
  readonly runtime: AssemblyRuntime;
}

/** The same as a wish of how files are assembled. */
export const wishesOf = (runtime: AssemblyRuntime): { readonly runtime?: { readonly race: boolean } } =>
  runtime === 'none' ? {} : { runtime: { race: runtime === 'race' } };

/** What `·` stands for in a file: the package that its declarations are of. */
export const declaredPackage = (declarations: string): string =>
  /^\s*package\s+([\p{L}_][\p{L}\p{N}_]*)/mu.exec(declarations)?.[1] ?? 'main';
