import type { PageSource } from '../cpu/api.js';
import type { LoadedObject } from './api.js';

/** What the kernel was asked to load, and how. */
export interface Program {
  /** Guest path of the program, absolute. */
  readonly path: string;
  /** Host path with all symbolic links followed. */
  readonly real: string;
  /** Host path of its interpreter, in the same way. */
  readonly interpreter: string | undefined;
  /** Host paths of the libraries that it has brought along. */
  readonly libraries: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly auxv: Uint8Array;
}

/** A file mapped as program or library. */
export interface MappedObject extends Pick<LoadedObject, 'path' | 'bias' | 'role'> {
  readonly source: PageSource;
  /** Bytes of the file when it was mapped. */
  readonly size: number;
}
