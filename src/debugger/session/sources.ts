import type { Settings } from './settings.js';

/** Source files on this host, found through the substitution rules and read once. */
export class SourceFiles {
  readonly #lines = new Map<string, readonly string[] | undefined>();

  constructor(
    private readonly read: (path: string) => string | undefined,
    private readonly settings: Settings,
  ) {}

  /** Reads each anew when it is asked for. */
  forget(): void {
    this.#lines.clear();
  }

  /** The lines of a file named as debug information names it; nothing when it is not on this host. */
  lines(file: string): readonly string[] | undefined {
    const path = this.settings.substitute(file);
    if (!this.#lines.has(path)) {
      const source = path === '' || path.startsWith('<') ? undefined : this.read(path);
      // The last line's end begins no further line.
      this.#lines.set(path, source?.replace(/\r?\n$/, '').split(/\r?\n/));
    }
    return this.#lines.get(path);
  }

  /** One line, from 1. */
  line(file: string, line: number): string | undefined {
    return this.lines(file)?.[line - 1];
  }
}
