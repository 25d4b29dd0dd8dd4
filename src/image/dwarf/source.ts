import { FormatError } from '../bytes.js';

/** Where debug information comes from. Addresses are numbers as linked: amd64 user addresses fit in 47 bits. */
export interface DwarfSource {
  /** Contents of a section (`.debug_info`), decompressed and relocated; undefined: the file has none. */
  section(name: string): Uint8Array | undefined;
  /** Its address as linked; only `.eh_frame` needs one. */
  sectionAddress(name: string): number | undefined;
  /** Load address minus link address. */
  readonly bias: bigint;
  /** Link address of `runtime.types`, which DW_AT_go_runtime_type counts from; undefined: not a Go program, or unknown. */
  goTypes(): number | undefined;
  /** As many of `length` bytes of code at a link address as the file has. */
  code(address: number, length: number): Uint8Array;
  /** Bytes of an executable's thread-local block, which ends at the thread pointer; undefined: a library, or it has none. */
  threadBlock(): number | undefined;
  /** Takes one line about something that was wrong and what it costs. */
  problem(text: string): void;
}

/** A corrupt section can have as many problems as bytes; nobody reads more than some. */
const MOST_PROBLEMS = 100;

/** The sections, empty when absent, and the problems, each told once. */
export class Sections {
  private readonly cache = new Map<string, Uint8Array>();
  private readonly told = new Set<string>();

  constructor(readonly source: DwarfSource) {}

  get(name: string): Uint8Array {
    let bytes = this.cache.get(name);
    if (!bytes) this.cache.set(name, (bytes = this.source.section(name) ?? new Uint8Array(0)));
    return bytes;
  }

  problem(text: string): void {
    if (this.told.has(text) || this.told.size > MOST_PROBLEMS) return;
    this.told.add(text);
    this.source.problem(this.told.size > MOST_PROBLEMS ? 'more problems of the debug information are not listed' : text);
  }

  /** The result of `read`; when the bytes are corrupt, `fallback`, and a problem entry that says what is lost. */
  guard<T>(cost: string, fallback: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.problem(`${error.message}: ${cost}`);
      return fallback;
    }
  }
}
