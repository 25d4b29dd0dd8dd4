import type { Settings } from './settings.js';

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

/** Paths that a file may have below a folder: its own, and ever shorter ends of it. */
function below(folder: string, file: string): string[] {
  const parts = file.split('/').filter(part => part !== '');
  return parts.map((_, index) => [folder.replace(/\/+$/, ''), ...parts.slice(index)].join('/'));
}

/** Source files on this host, found through the substitution rules and read once. */
export class SourceFiles {
  readonly #files = new Map<string, Source | undefined>();

  constructor(
    private readonly read: (path: string) => string | undefined,
    private readonly settings: Settings,
  ) {}

  /** Reads each anew when it is asked for. */
  forget(): void {
    this.#files.clear();
  }

  /** The lines of a file named as debug information names it; nothing when it is not on this host. */
  lines(file: string): readonly string[] | undefined {
    return this.#found(file)?.lines;
  }

  /** Where a file was found on this host. */
  path(file: string): string | undefined {
    return this.#found(file)?.path;
  }

  #found(file: string): Source | undefined {
    if (!this.#files.has(file)) this.#files.set(file, this.#find(file));
    return this.#files.get(file);
  }

  #find(file: string): Source | undefined {
    if (file === '' || file.startsWith('<')) return undefined;
    const { settings } = this;
    for (const path of [settings.substitute(file), ...settings.directories.flatMap(folder => below(folder, file))]) {
      const source = this.read(path);
      // The last line's end begins no further line.
      if (source !== undefined) return { path, lines: source.replace(/\r?\n$/, '').split(/\r?\n/) };
    }
    return undefined;
  }

  /** One line, from 1. */
  line(file: string, line: number): string | undefined {
    return this.lines(file)?.[line - 1];
  }
}
