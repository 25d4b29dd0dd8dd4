/** The files that come with r14. */
export interface Assets {
  /**
   * A file by its path in the package (`programs/closures/main.s`); a name without a folder is of something that the build makes
   * (`interpreter.wasm`). Undefined: there is none.
   */
  read(path: string): Uint8Array | undefined;
  /** Names in a folder of the package, in any order. */
  list(folder: string): readonly string[];
}
